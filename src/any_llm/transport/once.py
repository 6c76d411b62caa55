"""One flow for all who ask under a key: the first runs it, the rest wait for what it gives."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable

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


class Tasks:
    """The flows under way in the tasks of each loop."""

    def __init__(self) -> None:
        """Run none yet."""
        self._flights: dict[Hashable, asyncio.Future[Any]] = {}

    async def run(self, key: Hashable, flow: Callable[[], Awaitable[Any]]) -> Any:
        """Run the flow, or wait for who runs it. When that one fails or is cancelled, one who waits takes over."""
        loop = asyncio.get_running_loop()
        while (under_way := self._flights.get((loop, key))) is not None:
            await asyncio.wait([under_way])
            if not under_way.cancelled():
                return under_way.result()
        flight = self._flights[loop, key] = loop.create_future()
        try:
            value = await flow()
            flight.set_result(value)
            return value
        finally:
            flight.cancel()  # no effect on one that has its result
            del self._flights[loop, key]

    def forget(self) -> None:
        """In a forked child: the parent's loop is not here."""
        self._flights = {}
