"""Which connections serve the running loop, and who closes them: the loop's own end does."""

from __future__ import annotations

import asyncio
import os
import weakref
from typing import TYPE_CHECKING, Any

from any_llm.transport.connector import Connector

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator


class Connectors:
    """A client's connections: a connector for each loop it is used in."""

    def __init__(self, most: int) -> None:
        """Open nothing yet; `most` connections are in use at once."""
        self._most = most
        self._held: dict[asyncio.AbstractEventLoop, tuple[Connector, AsyncGenerator[None]]] = {}
        _ALIVE.add(self)

    async def connector(self) -> Connector:
        """Find or make this loop's; the loop's shutdown closes it, as it ends the generators begun on it."""
        loop = asyncio.get_running_loop()
        held = self._held.get(loop)
        if held is None or held[0].closed:
            # A connector knows its loop, so weak keys would never go; those of loops that ended go here.
            for other in [each for each in list(self._held) if each.is_closed()]:
                self._held.pop(other, None)
            connector = Connector(self._most)
            held = self._held[loop] = (connector, _until_the_loop_ends(connector))
            await anext(held[1])
        return held[0]

    async def close(self) -> None:
        """Close this loop's; a call in flight ends undisturbed, and a later one opens anew."""
        held = self._held.pop(asyncio.get_running_loop(), None)
        if held is not None:
            await held[1].aclose()

    def forget(self) -> None:
        """In a forked child: these belong to the parent. Kept, lest their finalisers speak to its loop."""
        _BURIED.append(self._held)
        self._held = {}


async def _until_the_loop_ends(connector: Connector) -> AsyncGenerator[None]:
    try:
        yield
    finally:
        await connector.retire()


_ALIVE: weakref.WeakSet[Connectors] = weakref.WeakSet()
_BURIED: list[Any] = []


def _forget_all() -> None:
    for connectors in list(_ALIVE):
        connectors.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
