"""One flow for all threads that ask under a key: the first runs it, the rest wait for what it gives."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from any_llm.transport.scope import Scope

TURN = 0.05
"""Seconds after which a waiting thread looks whether its own call was ended."""


class Flight:
    """A flow under way."""

    def __init__(self) -> None:
        """Know no result yet."""
        self.landed = threading.Event()
        self.good = False
        self.value: Any = None


class Threads:
    """The flows under way in threads."""

    def __init__(self) -> None:
        """Run none yet."""
        self._lock = threading.Lock()
        self._flights: dict[Hashable, Flight] = {}

    def run(self, key: Hashable, flow: Callable[[], Any], scope: Scope) -> Any:
        """Run the flow, or wait for who runs it. When that one fails, one who waits takes over."""
        while True:
            with self._lock:
                mine = key not in self._flights
                flight = self._flights.setdefault(key, Flight())
            if mine:
                try:
                    flight.value = flow()
                    flight.good = True
                    return flight.value
                finally:
                    with self._lock:
                        del self._flights[key]
                    flight.landed.set()
            while not flight.landed.wait(scope.left(TURN)):
                pass
            if flight.good:
                return flight.value

    def forget(self) -> None:
        """In a forked child: who ran a flow is not here."""
        self._lock = threading.Lock()
        self._flights = {}
