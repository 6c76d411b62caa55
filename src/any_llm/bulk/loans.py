"""Which shard pays for a text that stands in several that are under way? The first; others wait for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Loans:
    """Texts that are being paid for, by digest, and the shards that wait for them."""

    def __init__(self) -> None:
        """Nothing is."""
        self._payers: dict[bytes, int] = {}
        self._lenders: dict[int, set[int]] = {}
        self.waiting: dict[int, None] = {}
        """Shards that have done all else."""

    def share(self, number: int, wanted: Iterable[tuple[int, bytes]]) -> list[int]:
        """Let this shard pay for those texts of which nobody does yet; the others, by position, it leaves."""
        leave, lenders = [], self._lenders.setdefault(number, set())
        for slot, key in wanted:
            payer = self._payers.setdefault(key, number)
            if payer != number:
                leave.append(slot)
                lenders.add(payer)
        return leave

    def back(self, number: int, *, waits: bool) -> None:
        """A shard has come back: what it has paid for is there. `waits`: it has left some texts."""
        self._payers = {key: payer for key, payer in self._payers.items() if payer != number}
        for lenders in self._lenders.values():
            lenders.discard(number)
        if waits:
            self.waiting[number] = None

    def ready(self) -> int | None:
        """Take a shard all of whose lenders are back."""
        number = next((each for each in self.waiting if not self._lenders[each]), None)
        if number is not None:
            del self.waiting[number]
        return number
