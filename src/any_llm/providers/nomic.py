"""POST {base}/v1/embedding/text: Nomic Atlas.

Source: https://docs.nomic.ai/atlas/models/text-embedding, and nomic 3.9.0, embed.py
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from any_llm.providers.counted import counted
from any_llm.providers.fields import address, fields, refusal
from any_llm.wire import Part, Send

if TYPE_CHECKING:
    from any_llm.wire import Batch, Call, Refusal, Reply

OWNED = frozenset({"model", "texts"})


class Body(msgspec.Struct):
    """A 200 reply: vectors in the order of the texts."""

    embeddings: list[msgspec.Raw]
    model: str | None = None
    usage: Any = None
    """`prompt_tokens` may be missing."""


_decoder = msgspec.json.Decoder(Body)


class NomicAdapter:
    """A long text is cut or averaged there; the API has no word for refusing it."""

    def encode(self, call: Call, batch: Batch) -> Send:
        """Name the task always, as Nomic's SDK does: without a word it is search_document."""
        content: dict[str, Any] = {"model": call.model, "texts": batch.texts, **fields(call, owned=OWNED)}
        return Send(url=address(call, call.row.path), body=msgspec.json.encode(content))

    def decode(self, call: Call, reply: Reply) -> Part:
        """Read the vectors by order."""
        read = _decoder.decode(reply.body)
        return Part(
            vectors=read.embeddings,
            prompt_tokens=counted(read.usage, "prompt_tokens", "total_tokens"),
            total_tokens=counted(read.usage, "total_tokens", "prompt_tokens"),
            model=read.model,
        )

    def explain(self, reply: Reply) -> Refusal:
        """Read {"detail": ...}."""
        return refusal(reply)


adapter = NomicAdapter()
