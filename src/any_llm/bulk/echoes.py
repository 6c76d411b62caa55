"""Which vectors will be wanted again? Those of texts that stand in several shards: kept aside, by digest."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Self

from any_llm.bulk.journal import Facts
from any_llm.bulk.shards import digest, short

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from any_llm.bulk.kept import Kept


class Echoes:
    """A file of vectors that earlier shards have paid for."""

    def __init__(self, path: Path, repeated: frozenset[int]) -> None:
        """`repeated`: short digests of the texts that stand in more than one shard; without any, nothing is opened."""
        self._repeated = repeated
        self._file: sqlite3.Connection | None = None
        if repeated:
            self._file = sqlite3.connect(path)
            self._file.execute("CREATE TABLE IF NOT EXISTS echo (key BLOB PRIMARY KEY, dtype TEXT, vector BLOB)")

    def fill(self, texts: Sequence[str], kept: Kept) -> int:
        """Give a shard those it needs; how many that were."""
        found: dict[tuple[str, int], list[tuple[int, bytes]]] = {}
        for slot, key in self._among(texts, kept.missing().tolist()):
            assert self._file is not None
            row = self._file.execute("SELECT dtype, vector FROM echo WHERE key = ?", (key,)).fetchone()
            if row is not None:
                found.setdefault((row[0], len(row[1])), []).append((slot, row[1]))
        for (dtype, size), rows in found.items():
            width = size // 4 if dtype == "float32" else size
            kept.add(
                Facts([slot for slot, _ in rows], width, dtype, usd=0.0), memoryview(b"".join(row for _, row in rows))
            )
        return sum(map(len, found.values()))

    def take(self, texts: Sequence[str], kept: Kept) -> None:
        """Keep those of a shard that a later one will need."""
        if self._file is None:
            return
        with self._file:
            for slot, key in self._among(texts, (kept.places >= 0).nonzero()[0].tolist()):
                row = key, kept.dtype, kept.vectors([slot]).tobytes()
                self._file.execute("INSERT OR IGNORE INTO echo VALUES (?, ?, ?)", row)

    def _among(self, texts: Sequence[str], slots: Sequence[int]) -> list[tuple[int, bytes]]:
        keys = ((slot, digest(texts[slot])) for slot in slots) if self._repeated else ()
        return [(slot, key) for slot, key in keys if short(key) in self._repeated]

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def __enter__(self) -> Self:
        """Use as a context."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()
