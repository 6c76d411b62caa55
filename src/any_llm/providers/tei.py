"""POST {base}/embed: Hugging Face's Text Embeddings Inference, by its own endpoint.

Its OpenAI endpoint has neither `truncate` nor `prompt_name`, and cuts long texts in silence.
Source: https://github.com/huggingface/text-embeddings-inference/blob/0d124dc/router/src/http/server.rs
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from any_llm.providers.catalogue import named
from any_llm.providers.fields import address, fields, refusal
from any_llm.wire import Page, Part, Send

if TYPE_CHECKING:
    from any_llm.wire import Batch, Call, Refusal, Reply

OWNED = frozenset({"model", "inputs"})
TOKENS = "x-compute-tokens"
"""The header that holds what a body of bare vectors has no room for."""


class Info(msgspec.Struct):
    """A 200 reply to GET /info.

    Source: https://huggingface.github.io/text-embeddings-inference
    """

    model_id: str


_decoder = msgspec.json.Decoder(list[msgspec.Raw])
_info_decoder = msgspec.json.Decoder(Info)


class TEIAdapter:
    """A server holds one model, so the request names none."""

    def encode(self, call: Call, batch: Batch) -> Send:
        """Take a base that ends in /embed, as the SDK's does, or in /v1, as OpenAI's does."""
        return Send(url=address(_at_host(call), call.row.path), body=body(call, batch))

    def decode(self, call: Call, reply: Reply) -> Part:
        """Read the vectors by order, and the count of tokens from a header."""
        return part(reply)

    def explain(self, reply: Reply) -> Refusal:
        """Read {"error": str, "error_type": str}."""
        return refusal(reply)

    def models(self, call: Call, after: str | None) -> Send:
        """Ask which model it serves."""
        return Send(method="GET", url=address(_at_host(call), "/info"))

    def listed(self, call: Call, reply: Reply) -> Page:
        """Read the only one."""
        return Page([named(call, _info_decoder.decode(reply.body).model_id)])


def _at_host(call: Call) -> Call:
    return msgspec.structs.replace(call, base=call.base.rstrip("/").removesuffix("/embed").removesuffix("/v1"))


def body(call: Call, batch: Batch) -> bytes:
    """Write the request body. `normalize=False` is sent, for there it is on unless somebody says so."""
    content: dict[str, Any] = {"inputs": batch.texts}
    if call.options.normalize is False:
        content["normalize"] = False
    content.update(fields(call, owned=OWNED))
    return msgspec.json.encode(content)


def part(reply: Reply) -> Part:
    """Read a reply that is a bare list of vectors."""
    vectors = _decoder.decode(reply.body)
    if vectors and bytes(memoryview(vectors[0])[:8]).translate(None, b" \n")[:2] == b"[[":
        raise msgspec.ValidationError("the model gives a vector a token, not a text: choose one that pools them")
    count = reply.headers.get(TOKENS, "")
    tokens = int(count) if count.isdecimal() else None
    return Part(vectors=vectors, prompt_tokens=tokens, total_tokens=tokens)


adapter = TEIAdapter()
