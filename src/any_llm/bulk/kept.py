"""What is already paid for of a shard? The vectors its journal holds, and where each lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from any_llm.bulk.journal import Journal
    from any_llm.bulk.replay import Facts
    from any_llm.bulk.shards import Numbers

SIZES = {"float32": 4}
"""Bytes a number; one, where it is not named."""


class Kept:
    """The texts of a shard, by position: which have a vector, which an error, which nothing yet."""

    def __init__(self, journal: Journal, count: int) -> None:
        """Take what the journal holds; a text that had an error has another chance."""
        import numpy as np  # noqa: PLC0415  # only a job needs it

        self.journal = journal
        self.places: Numbers = np.full(count, -1, np.int64)
        """Text -> byte of the journal at which its vector begins; -1: it has none."""
        self.errors: dict[int, str] = {}
        """Text -> why it has no vector; of this run alone."""
        found = journal.found
        self.width, self.dtype = found.width, found.dtype
        self.tokens, self.requests, self.usd = found.tokens, found.requests, found.usd
        counts = np.array(found.counts, np.int64)
        within = np.arange(len(found.slots)) - np.repeat(counts.cumsum() - counts, counts)
        self.places[np.array(found.slots, np.int64)] = (
            np.repeat(np.array(found.begins, np.int64), counts) + within * self.size
        )

    @property
    def size(self) -> int:
        """Bytes a vector; 0 while none is known."""
        return self.width * SIZES.get(self.dtype, 1)

    def missing(self) -> Numbers:
        """Texts that have no vector, ascending."""
        return (self.places < 0).nonzero()[0]

    def add(self, facts: Facts, vectors: memoryview) -> None:
        """Keep the vectors of these texts, for good."""
        import numpy as np  # noqa: PLC0415  # loaded already

        at = self.journal.append(facts, vectors)
        self.tokens += facts.tokens
        self.requests += facts.requests
        self.usd = None if self.usd is None or facts.usd is None else self.usd + facts.usd
        if facts.slots:
            self.width, self.dtype = facts.width, facts.dtype
            self.places[facts.slots] = at + self.size * np.arange(len(facts.slots))
        self.errors.update(facts.errors)

    def vectors(self, slots: Sequence[int] | Numbers) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
        """Read the vectors of these texts, which all have one: (n, bytes a vector)."""
        import numpy as np  # noqa: PLC0415  # only a job needs it

        places = self.places[slots]
        made = np.empty((len(places), self.size), np.uint8)
        breaks = np.flatnonzero(np.diff(places) != self.size) + 1
        for begin, end in zip([0, *breaks.tolist()], [*breaks.tolist(), len(places)], strict=True):
            if end > begin:
                data = self.journal.read(int(places[begin]), (end - begin) * self.size)
                made[begin:end] = np.frombuffer(data, np.uint8).reshape(-1, self.size)
        return made
