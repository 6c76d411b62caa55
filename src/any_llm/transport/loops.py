"""Which connections serve the running loop, and who closes them: the loop's own end does."""

from __future__ import annotations

import asyncio
import contextlib
import os
import weakref
from typing import TYPE_CHECKING, Any

import aiohttp

from any_llm.transport.network import CONNECTIONS, TLS, Network

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncGenerator


class Connector(aiohttp.TCPConnector):
    """One loop's connections, of which tasks use a bounded number at once."""

    def __init__(self, context: ssl.SSLContext | None, most: int) -> None:
        """Open nothing yet."""
        super().__init__(limit=0, ssl=context or True)
        self._gate = asyncio.Semaphore(most)
        self._used: dict[asyncio.Task[Any] | None, asyncio.Transport | None] = {}

    async def connect(self, *request: Any, **options: Any) -> aiohttp.connector.Connection:
        """Remember whose connection it is."""
        connection = await super().connect(*request, **options)
        self._used[asyncio.current_task()] = connection.transport
        return connection

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncGenerator[None]:
        """Wait for room. A request that ends badly has its connection cut: closing would wait for what is unsent."""
        async with self._gate:
            try:
                yield
            except BaseException:
                if (transport := self._used.get(asyncio.current_task())) is not None:
                    transport.abort()
                raise
            finally:
                self._used.pop(asyncio.current_task(), None)

    def __del__(self, *_: Any) -> None:
        """Be quiet: a loop closed by hand, not by asyncio.run, takes its connections along before they can end."""


class Connectors:
    """A client's connections: a connector for each loop it is used in."""

    def __init__(self, network: Network) -> None:
        """Open nothing yet."""
        self._network = network
        self._tls = TLS(network)
        self._held: dict[asyncio.AbstractEventLoop, tuple[Connector, AsyncGenerator[None]]] = {}
        _ALIVE.add(self)

    async def connector(self, url: str) -> Connector:
        """Find or make this loop's; the loop's shutdown closes it, as it ends the generators begun on it."""
        loop = asyncio.get_running_loop()
        held = self._held.get(loop)
        if held is None or held[0].closed:
            context = await asyncio.to_thread(self._tls.context) if url.startswith("https:") else None
            held = self._held.get(loop)  # another task may have been here meanwhile
        if held is None or held[0].closed:
            # A connector knows its loop, so weak keys would never go; those of loops that ended go here.
            for other in [each for each in list(self._held) if each.is_closed()]:
                self._held.pop(other, None)
            connector = Connector(context, max(CONNECTIONS, self._network.connections))
            held = self._held[loop] = (connector, _until_the_loop_ends(connector))
            await anext(held[1])
        return held[0]

    async def close(self) -> None:
        """Close this loop's."""
        held = self._held.pop(asyncio.get_running_loop(), None)
        if held is not None:
            await held[1].aclose()

    def forget(self) -> None:
        """In a forked child: these belong to the parent. Kept, lest their finalisers speak to its loop."""
        _BURIED.append(self._held)
        self._held = {}
        self._tls.unlock()


async def _until_the_loop_ends(connector: Connector) -> AsyncGenerator[None]:
    try:
        yield
    finally:
        await connector.close()


_ALIVE: weakref.WeakSet[Connectors] = weakref.WeakSet()
_BURIED: list[Any] = []


def _forget_all() -> None:
    for connectors in list(_ALIVE):
        connectors.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
