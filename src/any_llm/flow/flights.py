"""Who fetches what, of all calls of the process that miss the same text at once: one does, and the others wait."""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from any_llm.types.entry import Entry
    from any_llm.wire import Waiter

PATIENCE = 30.0
"""Seconds after which one who waits fetches by itself: nobody is held up by a call that was left, or waits for him."""


class Flight:
    """What one call fetches."""

    __slots__ = ("entry", "over", "waiters")

    def __init__(self) -> None:
        """It is under way."""
        self.over = False
        self.entry: Entry | None = None
        """None when it is over: the one who fetched it failed."""
        self.waiters: list[Waiter] = []


class Flights:
    """All that are under way to one store."""

    def __init__(self) -> None:
        """Nothing is."""
        self.lock = threading.Lock()
        self.under_way: dict[bytes, Flight] = {}

    def forget(self) -> None:
        """In a forked child: whoever fetches is not here."""
        self.lock = threading.Lock()
        self.under_way = {}


class Claims:
    """One call's own flights. From any thread."""

    def __init__(self, flights: Flights) -> None:
        """None yet."""
        self._flights = flights
        self._mine: dict[bytes, Flight] = {}
        self._closed = False

    def claim(self, keys: Iterable[bytes]) -> dict[bytes, Flight]:
        """Take those that nobody fetches; give the flights of those that another call does."""
        others: dict[bytes, Flight] = {}
        with self._flights.lock:
            for key in keys:
                flight = self._flights.under_way.get(key)
                if flight is not None and flight is not self._mine.get(key):
                    others[key] = flight
                elif flight is None and not self._closed:
                    self._mine[key] = self._flights.under_way[key] = Flight()
        return others

    def land(self, entries: Mapping[bytes, Entry]) -> None:
        """These are here, and whoever looks for them from now on finds them in the store."""
        self._end(entries.keys(), entries)

    def close(self, *, for_good: bool = True) -> None:
        """Give up what has not landed: who waits for it takes over. `for_good`: claim nothing from now on."""
        with self._flights.lock:
            self._closed = self._closed or for_good
            left = list(self._mine)
        self._end(left, {})

    def _end(self, keys: Collection[bytes], entries: Mapping[bytes, Entry]) -> None:
        waiters: list[Waiter] = []
        with self._flights.lock:
            for key in keys:
                flight = self._mine.pop(key, None)
                if flight is not None:
                    flight.entry, flight.over = entries.get(key), True
                    waiters += flight.waiters
                    if self._flights.under_way.get(key) is flight:
                        del self._flights.under_way[key]
        for waiter in waiters:
            waiter.wake()


class Wait:
    """Waiting until one of some flights is over."""

    def __init__(self, flights: Collection[Flight]) -> None:
        """Know which."""
        self._flights = flights
        self._until: float | None = None
        self.in_vain = False
        """Whether it waited too long, or may not wait: a loop that stands still could be the one that fetches."""

    def ask(self, now: float, waiter: Waiter) -> float:
        """0: go on; infinity: until `waiter` is woken."""
        if self._until is None:
            self._until = now + PATIENCE
            for flight in self._flights:
                flight.waiters.append(waiter)
        if any(flight.over for flight in self._flights):
            return 0.0
        self.in_vain = waiter.holds is not None or now >= self._until
        return 0.0 if self.in_vain else math.inf
