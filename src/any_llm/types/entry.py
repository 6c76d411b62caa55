"""What is kept of a vector, so that a call which finds it returns what the one that paid for it did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from any_llm.providers.row import Applied
    from any_llm.types.beside import Overflow


class Entry(msgspec.Struct, frozen=True):
    """A vector as a result holds it, and what that result said of it."""

    vector: bytes
    """Little-endian numbers of the identity's dtype."""
    model: str | None = None
    """As the provider reported it."""
    applied: Applied | None = None
    """As the model's own files had it; None: they had no say."""
    overflow: Overflow = "unknown"
    truncated: bool = False
    """The model read only the beginning of the text, or it was read in pieces and averaged."""
    was_cut: bool = False
    """We cut the vector."""


class Store(Protocol):
    """Where entries are kept. It blocks, and never raises: what it cannot read is not there."""

    def get(self, keys: Collection[bytes]) -> Mapping[bytes, Entry]:
        """Give what is there of these."""

    def put(self, entries: Mapping[bytes, Entry]) -> None:
        """Keep these."""
