"""One loop's connections, and how long a request on one may stand still.

aiohttp's own timeouts bound neither a body that nobody reads nor the silence after an interim reply.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import select
from functools import partial
from typing import TYPE_CHECKING, Any, Self

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.payload import Payload

from any_llm.transport.resolver import Resolver

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from types import TracebackType

    from any_llm.transport.exchange import Exchange

PIECE = 1 << 16
"""Bytes of a body that are handed over at once."""


class Patience:
    """Ends a request on which nothing has moved for `seconds`, in either direction."""

    def __init__(self, seconds: float, exchange: Exchange) -> None:
        """Begin at `async with`. Raises TimeoutError there."""
        self.exchange = exchange
        self._protocol: Answering | None = None
        self._transport: asyncio.Transport | None = None
        self._seconds = seconds
        self._limit = asyncio.timeout(None)

    async def __aenter__(self) -> Self:
        """Begin."""
        await self._limit.__aenter__()
        self._loop = asyncio.get_running_loop()
        self._token = PATIENCE.set(self)
        self.moved()
        self._timer = self._loop.call_at(self._last + self._seconds, self._look)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End. A connection whose request ended badly is cut: closing would wait for what is unsent."""
        self._timer.cancel()
        PATIENCE.reset(self._token)
        if self._protocol is not None and self._protocol.patience is self:
            self._protocol.patience = None
            if error is not None and self._transport is not None:
                self._transport.abort()
        await self._limit.__aexit__(kind, error, trace)

    def follow(self, protocol: Answering) -> None:
        """Watch this connection from now on."""
        self.exchange.reused, protocol.served, protocol.patience = protocol.served, True, self
        self.exchange.written = True
        self._protocol, self._transport = protocol, protocol.transport
        self.moved()

    def moved(self) -> None:
        """Something has."""
        self._last = self._loop.time()

    def hear(self, count: int) -> None:
        """So many bytes have come."""
        self.exchange.heard += count
        self.moved()
        if self.exchange.flooded and self._transport is not None:
            self._transport.abort()

    def _look(self) -> None:
        due = self._last + self._seconds
        if due <= self._loop.time():
            self._limit.reschedule(due)
        else:
            self._timer = self._loop.call_at(due, self._look)


PATIENCE: contextvars.ContextVar[Patience] = contextvars.ContextVar("PATIENCE")


class Answering(ResponseHandler):
    """aiohttp's end of a connection; it tells whoever waits of each sign of life."""

    patience: Patience | None = None
    served = False
    """True once it has been used for a request."""

    def data_received(self, data: bytes) -> None:
        """Take what has come. What nobody asked for would be taken for the reply to the next request."""
        if self.patience is not None:
            self.patience.hear(len(data))
        elif self.served and data:
            self.force_close()
        super().data_received(data)


class Connector(aiohttp.TCPConnector):
    """One loop's connections, of which tasks use a bounded number at once."""

    def __init__(self, most: int) -> None:
        """Open nothing yet."""
        super().__init__(limit=0, resolver=Resolver())
        self._factory: partial[Any] = partial(Answering, loop=asyncio.get_running_loop())
        self._gate = asyncio.Semaphore(most)
        self._turns = 0
        self._retired = False

    async def connect(self, *request: Any, **options: Any) -> aiohttp.connector.Connection:
        """Find an idle connection on which nothing has come meanwhile, or open one."""
        patience = PATIENCE.get()
        while True:
            connection = await super().connect(*request, **options)
            protocol: Any = connection.protocol
            if not protocol.served or not (patience.exchange.fresh or protocol.should_close or _stirs(protocol)):
                patience.follow(protocol)
                return connection
            protocol.transport.abort()
            connection.close()

    @contextlib.asynccontextmanager
    async def turn(self, exchange: Exchange, seconds: float) -> AsyncGenerator[Patience]:
        """Wait for room, then for a reply. Raises TimeoutError when nothing has moved for so many seconds."""
        self._turns += 1
        try:
            async with self._gate, Patience(seconds, exchange) as patience:
                yield patience
        finally:
            self._turns -= 1
            if self._retired and not self._turns:
                await self.close()

    async def retire(self) -> None:
        """Close, as soon as no request is under way."""
        self._retired = True
        if not self._turns:
            await self.close()

    def __del__(self, *_: Any) -> None:
        """Be quiet: a loop closed by hand, not by asyncio.run, takes its connections along before they can end."""


class Pieces(Payload):
    """A request's body, handed over in pieces: whole, it would hold the loop, and nobody would know it is taken."""

    def __init__(self, data: bytes, patience: Patience) -> None:
        """Tell `patience` of each piece."""
        super().__init__(data, content_type="application/json")
        self._size = len(data)
        self._patience = patience

    async def write(self, writer: Any) -> None:
        """Write all of it."""
        data = memoryview(self._value)
        for start in range(0, len(data), PIECE):
            self._patience.moved()
            await writer.write(data[start : start + PIECE])
        self._patience.moved()

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """Its text."""
        return str(self._value, encoding, errors)


def _stirs(protocol: ResponseHandler) -> bool:
    """Whether the system holds something for an idle connection that the loop has not seen: an end, or stray bytes."""
    sock: Any = protocol.transport and protocol.transport.get_extra_info("socket")
    if sock is None or sock.fileno() < 0:
        return True
    if not hasattr(select, "poll"):
        return bool(select.select([sock], [], [], 0)[0])
    waiting = select.poll()
    waiting.register(sock.fileno(), select.POLLIN)
    return bool(waiting.poll(0))
