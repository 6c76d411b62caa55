"""Which connections serve the running loop, and who closes them: the loop's own end does."""

from __future__ import annotations

import asyncio
import os
import weakref
from typing import TYPE_CHECKING, Any

from any_llm.transport.aconnecting import opened
from any_llm.transport.idle import Idle

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from any_llm.transport.network import TLS
    from any_llm.transport.protocol import Connection
    from any_llm.transport.route import Route


class Lines:
    """One loop's connections."""

    def __init__(self) -> None:
        """Open nothing yet."""
        self.idle: Idle[Connection] = Idle()
        self._open: set[Connection] = set()

    async def opened(self, route: Route, tls: TLS, seconds: float) -> Connection:
        """Open one."""
        line = await opened(route, tls, seconds)
        self._open.add(line)
        line.gone.add_done_callback(lambda _: self._open.discard(line))
        return line

    async def retire(self) -> None:
        """Close what is idle, and wait for it; what is in use is closed when it is through."""
        self.idle.retire()
        if going := [line.gone for line in self._open if line.closed]:
            await asyncio.wait(going)


class Loops:
    """A client's connections, by the loop that they belong to."""

    def __init__(self) -> None:
        """Open nothing yet."""
        self._held: dict[asyncio.AbstractEventLoop, tuple[Lines, AsyncGenerator[None]]] = {}
        _ALIVE.add(self)

    async def here(self) -> Lines:
        """Find or make this loop's; the loop's shutdown closes them, as it ends the generators begun on it."""
        loop = asyncio.get_running_loop()
        held = self._held.get(loop)
        if held is None:
            # Connections know their loop, so weak keys would never go; those of loops that ended go here.
            for other in [each for each in list(self._held) if each.is_closed()]:
                self._held.pop(other, None)
            lines = Lines()
            held = self._held[loop] = (lines, _until_the_loop_ends(lines))
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


async def _until_the_loop_ends(lines: Lines) -> AsyncGenerator[None]:
    try:
        yield
    finally:
        await lines.retire()


_ALIVE: weakref.WeakSet[Loops] = weakref.WeakSet()
_BURIED: list[Any] = []


def _forget_all() -> None:
    for loops in list(_ALIVE):
        loops.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
