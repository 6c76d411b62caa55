"""POST {host}/api/v1/services/embeddings/text-embedding/text-embedding: Alibaba Model Studio's own shape.

Its OpenAI-compatible address knows no role of a text; this one stands beside it on the same host.
Source: https://www.alibabacloud.com/help/en/model-studio/text-embedding-synchronous-api
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from any_llm.exceptions import UnsupportedParameterError
from any_llm.providers.counted import counted
from any_llm.providers.fields import address, fields, refusal
from any_llm.providers.model_in_request import limited
from any_llm.providers.row import Limits
from any_llm.wire import Part, Send

if TYPE_CHECKING:
    from any_llm.wire import Batch, Call, Refusal, Reply

OWNED = frozenset({"model", "input", "texts"})
LIMITS = {
    "qwen3.7-text-embedding": Limits(items=20, input_tokens=128_000),
    "text-embedding-v1": Limits(items=25, input_tokens=2048),
    "text-embedding-v2": Limits(items=25, input_tokens=2048),
}
"""Where they are not those of the row, text-embedding-v3's and v4's."""


class Item(msgspec.Struct):
    """One text's vector; sparse ones beside it are not read."""

    embedding: msgspec.Raw
    text_index: int


class Output(msgspec.Struct):
    """What stands in the envelope."""

    embeddings: list[Item]


class Body(msgspec.Struct):
    """A 200 reply: no model name."""

    output: Output
    usage: Any = None


_decoder = msgspec.json.Decoder(Body)


class DashScopeAdapter:
    """Everything but the model and the texts is a parameter."""

    def for_model(self, call: Call) -> Call:
        """The call with the limits of its model."""
        return limited(call, LIMITS)

    def encode(self, call: Call, batch: Batch) -> Send:
        """Speak to the native address of the host, whichever of its two addresses is given."""
        parameters = fields(call, owned=OWNED)
        if "sparse" in str(parameters.get("output_type", "")):
            raise UnsupportedParameterError("output_type", call.row.name, "Only dense vectors are read here.")
        content: dict[str, Any] = {"model": call.model, "input": {"texts": batch.texts}, "parameters": parameters}
        return Send(url=address(_at_host(call), call.row.path), body=msgspec.json.encode(content))

    def decode(self, call: Call, reply: Reply) -> Part:
        """Read the vectors by `text_index`."""
        read = _decoder.decode(reply.body)
        tokens = counted(read.usage, "total_tokens")
        return Part(
            vectors=[item.embedding for item in read.output.embeddings],
            indexes=[item.text_index for item in read.output.embeddings],
            prompt_tokens=tokens,
            total_tokens=tokens,
        )

    def explain(self, reply: Reply) -> Refusal:
        """Read {"code", "message", "request_id"}."""
        return refusal(reply)

    def models(self, call: Call, after: str | None) -> Send:
        """Ask at its OpenAI-compatible address, which lists all at once."""
        return Send(method="GET", url=address(_at_host(call), "/compatible-mode/v1/models"))


def _at_host(call: Call) -> Call:
    host = call.base.rstrip("/").removesuffix("/compatible-mode/v1").removesuffix("/api/v1")
    return msgspec.structs.replace(call, base=host)


adapter = DashScopeAdapter()
