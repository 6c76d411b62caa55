"""One flow for all tasks that ask under a key: the first runs it, the rest wait for what it gives."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable


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
