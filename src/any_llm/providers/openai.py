"""POST {base}/embeddings: the shape most providers copied.

Source: https://platform.openai.com/docs/api-reference/embeddings/create
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from any_llm.providers.counted import counted
from any_llm.providers.fields import address, fields, refusal
from any_llm.wire import Part, Send

if TYPE_CHECKING:
    from any_llm.wire import Batch, Call, Refusal, Reply

OWNED = frozenset({"model", "input"})


class Item(msgspec.Struct):
    """One vector: a base64 string or a list of numbers, read later."""

    embedding: msgspec.Raw
    index: int | None = None


class Body(msgspec.Struct):
    """A 200 reply."""

    data: list[Item]
    model: str | None = None
    usage: Any = None
    """Some send one of its counts, some neither, some what is no count."""


class OpenAIAdapter:
    """The OpenAI shape; what differs by provider stands in its row."""

    def encode(self, call: Call, batch: Batch) -> Send:
        """Always a list: a bare string is the one form some servers lack."""
        return Send(url=address(call, call.row.path), body=body(call, batch))

    def decode(self, call: Call, reply: Reply) -> Part:
        """Read vectors by `index`; usage may be missing."""
        return part(reply)

    def explain(self, reply: Reply) -> Refusal:
        """Read {"error": {...}} and its relatives."""
        return refusal(reply)


def body(call: Call, batch: Batch) -> bytes:
    """Write the request body."""
    content: dict[str, Any] = {"input": batch.texts, "model": call.model}
    if call.row.base64 and call.base64 and call.options.dtype in (None, "float32"):
        content["encoding_format"] = call.options.encoding_format or "base64"
    content.update(fields(call, owned=OWNED))
    return msgspec.json.encode(content)


_decoder = msgspec.json.Decoder(Body)


def part(reply: Reply) -> Part:
    """Read a reply of this shape."""
    read = _decoder.decode(reply.body)
    indexes = [item.index for item in read.data]
    return Part(
        vectors=[item.embedding for item in read.data],
        # One index missing among others cannot be placed: -1 fails the permutation check.
        indexes=None if all(index is None for index in indexes) else [-1 if i is None else i for i in indexes],
        prompt_tokens=counted(read.usage, "prompt_tokens", "total_tokens"),
        total_tokens=counted(read.usage, "total_tokens", "prompt_tokens"),
        model=read.model,
    )


adapter = OpenAIAdapter()
