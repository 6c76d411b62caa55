"""POST {base}/embeddings: Isaacus, models for legal text.

Source: https://docs.isaacus.com/api-reference/embeddings/embedding
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from any_llm.exceptions import InvalidRequestError
from any_llm.providers.counted import counted
from any_llm.providers.fields import address, fields, refusal
from any_llm.wire import Part, Refusal, Send

if TYPE_CHECKING:
    from any_llm.wire import Batch, Call, Reply

OWNED = frozenset({"model", "texts"})


class Item(msgspec.Struct):
    """One vector and the position of its text."""

    embedding: msgspec.Raw
    index: int


class Body(msgspec.Struct):
    """A 200 reply: no model name."""

    embeddings: list[Item]
    usage: Any = None


class Problem(msgspec.Struct):
    """A refusal, as RFC 7807 has it. `detail` may be missing."""

    title: str | None = None
    detail: str | None = None
    type: str | None = None


_decoder = msgspec.json.Decoder(Body)
_problem = msgspec.json.Decoder(Problem)


class IsaacusAdapter:
    """Long texts are cut unless `overflow_strategy` is null: the one null we send, for it is this API's word."""

    def encode(self, call: Call, batch: Batch) -> Send:
        """Refuse a blank text here, where its index is known: there, the whole request would be refused."""
        for index, text in zip(batch.indexes, batch.texts, strict=True):
            if not text.strip():
                reason = f"inputs[{index}] is blank, which {call.row.title} does not take: leave it out."
                raise InvalidRequestError(reason, provider_name=call.row.name, index=index)
        content: dict[str, Any] = {"model": call.model, "texts": batch.texts, **fields(call, owned=OWNED)}
        return Send(url=address(call, call.row.path), body=msgspec.json.encode(content))

    def decode(self, call: Call, reply: Reply) -> Part:
        """Read the vectors by `index`."""
        read = _decoder.decode(reply.body)
        tokens = counted(read.usage, "input_tokens")
        return Part(
            vectors=[item.embedding for item in read.embeddings],
            indexes=[item.index for item in read.embeddings],
            prompt_tokens=tokens,
            total_tokens=tokens,
        )

    def explain(self, reply: Reply) -> Refusal:
        """Read {"type", "title", "status", "detail"}; a gateway before it answers otherwise."""
        try:
            read = _problem.decode(reply.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return refusal(reply)
        message = read.detail or read.title
        return refusal(reply) if message is None else Refusal(message=message, error_type=read.type)


adapter = IsaacusAdapter()
