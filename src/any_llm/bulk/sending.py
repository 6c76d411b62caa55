"""How do texts become vectors? Through the client's stream, each reply kept the moment it is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from any_llm.bulk.journal import FRAME, Facts
from any_llm.bulk.kept import SIZES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from any_llm import AnyLLM, CreateEmbeddingResponse
    from any_llm.bulk.kept import Kept

WIDEST = 4096
"""Numbers of a vector of which nothing is known yet."""
WORDS = 512
"""Bytes that the facts of a text, its error among them, may take."""
LONGEST_ERROR = 300
"""Letters of an error that are kept."""


class Ask(msgspec.Struct, frozen=True):
    """What is asked of the model, for every text alike."""

    client: AnyLLM
    model: str
    options: dict[str, Any]
    """Those of embed_iter(), but for those that are the job's own."""
    batch: int
    """Texts that come back together, and then are kept: those of a request, unless it may hold fewer."""
    collect: bool
    """Whether a bad text gets its own error, or ends the job."""


class Feed:
    """Gives the stream its texts, while nobody asks to stop and there is room for what they will bring."""

    def __init__(self, ask: Ask, kept: Kept, texts: Sequence[str], stopped: Callable[[], bool]) -> None:
        """Give those of the texts that have no vector."""
        self.kept, self.texts, self.batch, self.stopped = kept, texts, ask.batch, stopped
        self._widest = (ask.options.get("dimensions") or WIDEST) * SIZES["float32"]
        self.wanted: list[int] = kept.missing().tolist()
        self.given = self.taken = self.most = 0
        """Texts that the stream has been given, that came back from it, and that were under way at most."""
        self.waiting: dict[int, list[int]] = {}
        """Place in the stream of a chunk's first text -> its texts; what of it has not come back."""

    def __iter__(self) -> Iterator[str]:
        """Give them, setting room aside for a chunk before its first."""
        for begin in range(0, len(self.wanted), self.batch):
            if self.stopped():
                return
            chunk = self.wanted[begin : begin + self.batch]
            under_way = self.given - self.taken + len(chunk)
            each = (self.kept.size or self._widest) + WORDS
            self.kept.journal.reserve(under_way * each + FRAME)
            self.waiting[begin] = chunk
            self.given += len(chunk)
            self.most = max(self.most, under_way)
            for slot in chunk:
                yield self.texts[slot]

    def back(self, start: int) -> list[int]:
        """Take the texts of a chunk that has come back."""
        slots = self.waiting.pop(start)
        self.taken += len(slots)
        return slots

    def left(self) -> list[int]:
        """Take the texts of all chunks that have not."""
        return [slot for start in sorted(self.waiting) for slot in self.waiting[start]]


def send(ask: Ask, feed: Feed, came: Callable[[list[int], CreateEmbeddingResponse], None]) -> None:
    """Embed all that the feed gives. What was paid for is kept however it ends; `came` is told of it."""
    chunks: Any = ask.client.embed_iter(
        iter(feed), ask.model, chunk_size=feed.batch, ordered=False, on_error="collect" if ask.collect else "raise",
        dedupe=False, **ask.options,
    )  # fmt: skip
    try:
        for chunk in chunks:
            slots = feed.back(chunk.start)
            keep(feed.kept, slots, chunk.result)
            came(slots, chunk.result)
    except BaseException as error:
        partial = getattr(error, "partial", None)
        if partial is not None:
            keep(feed.kept, feed.left(), partial)
        chunks.close()
        raise


def keep(kept: Kept, slots: list[int], result: CreateEmbeddingResponse) -> None:
    """Put a result into the journal: its vectors, and why some are missing."""
    vectors, missing = result.vectors, result.missing
    good = [place for place in range(len(vectors)) if place not in missing]
    data: bytes | bytearray = vectors.buffer
    if len(good) < len(slots):
        data = b"".join(vectors.row(place) for place in good)
    facts = Facts(
        slots=[slots[place] for place in good],
        width=vectors.width if good else 0,
        dtype=vectors.dtype,
        errors={slots[place]: f"{type(why).__name__}: {why}"[:LONGEST_ERROR] for place, why in result.errors.items()},
        tokens=result.usage.total_tokens,
        usd=result.cost_usd,
        requests=result.requests.sent,
    )
    kept.add(facts, memoryview(data))
