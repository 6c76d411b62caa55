"""POST {base}/api/v2/cortex/inference:embed of a Snowflake account.

Source: https://docs.snowflake.com/developer-guide/snowflake-rest-api/cortex-embed/cortex-embed-introduction
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from any_llm.providers.counted import counted
from any_llm.providers.fields import address, fields, refusal
from any_llm.wire import Part, Send

if TYPE_CHECKING:
    from any_llm.wire import Batch, Call, Refusal, Reply

OWNED = frozenset({"model", "text"})


class Item(msgspec.Struct):
    """One text's vector, in a list of its own."""

    embedding: list[msgspec.Raw]
    index: int


class Body(msgspec.Struct):
    """A 200 reply."""

    data: list[Item]
    model: str | None = None
    usage: Any = None


_decoder = msgspec.json.Decoder(Body)


class SnowflakeAdapter:
    """Texts always as an array; each vector comes back as [[...]]."""

    def encode(self, call: Call, batch: Batch) -> Send:
        """Write model and texts; the kind of token is a header of the client's."""
        content: dict[str, Any] = {"model": call.model, "text": batch.texts, **fields(call, owned=OWNED)}
        return Send(url=address(call, call.row.path), body=msgspec.json.encode(content))

    def decode(self, call: Call, reply: Reply) -> Part:
        """Read the one vector of each item, by `index`."""
        read = _decoder.decode(reply.body)
        if any(len(item.embedding) != 1 for item in read.data):
            raise msgspec.ValidationError("an embedding is not one vector in a list")
        tokens = counted(read.usage, "total_tokens")
        return Part(
            vectors=[item.embedding[0] for item in read.data],
            indexes=[item.index for item in read.data],
            prompt_tokens=tokens,
            total_tokens=tokens,
            model=read.model,
        )

    def explain(self, reply: Reply) -> Refusal:
        """Read {"message", "code", "error_code", "request_id"}."""
        return refusal(reply)


adapter = SnowflakeAdapter()
