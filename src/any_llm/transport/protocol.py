"""A task's connection: sends a request and reads its reply, and ends one on which nothing moves for too long."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from any_llm.transport.http1 import TOGETHER, GarbledError
from any_llm.wire import TransportError

if TYPE_CHECKING:
    import ssl

    from any_llm.transport.exchange import Exchange
    from any_llm.transport.http1 import Reader

STRAY = 1 << 12
"""Bytes that are taken of what nobody asked for, before the connection is given up."""
LOOKS = 8
"""How often in its time one who sends is looked at: nothing tells of the bytes that go."""


class Connection(asyncio.BufferedProtocol):
    """One request at a time."""

    transport: asyncio.Transport
    """What is spoken by: TLS, or the socket's own."""
    _lowest: asyncio.Transport

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Belong to this loop."""
        self._loop = loop
        self._reader: Reader | None = None
        self._answer: asyncio.Future[None] | None = None
        self.gone: asyncio.Future[None] = loop.create_future()
        """Done when the system has it back."""
        self._timer: asyncio.TimerHandle | None = None
        self._seconds = self._moved = 0.0
        self._unsent = 0

    async def exchange(self, head: bytes, body: bytes, reader: Reader, seconds: float, exchange: Exchange) -> None:
        """Send a request and read its reply. Raises TimeoutError when nothing moves for so many seconds."""
        self._reader, self._answer, self._seconds = reader, self._loop.create_future(), seconds
        exchange.written = True
        self.transport.write(head + body if len(body) <= TOGETHER else head)
        if len(body) > TOGETHER:
            self.transport.write(body)
        self._moved, self._unsent = self._loop.time(), self._left()
        self._look_at(self._moved + seconds / (LOOKS if self._unsent else 1))
        try:
            await self._answer
            exchange.unsent = self._left() > 0
        except BaseException:
            self.transport.abort()
            raise
        finally:
            self._reader = self._answer = None

    def _settle(self, error: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            if error is None:
                self._answer.set_result(None)
            else:
                self._answer.set_exception(error)

    def _look_at(self, due: float) -> None:
        """Have a look then. A timer is left for the next request: most end long before."""
        if self._timer is not None:
            if self._timer.when() <= due:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(due, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._answer is None:
            return
        now, unsent = self._loop.time(), self._left()
        if unsent < self._unsent:
            self._moved, self._unsent = now, unsent
        due = self._moved + self._seconds
        if due <= now:
            self._settle(TimeoutError())
        else:
            self._look_at(min(due, now + self._seconds / LOOKS) if unsent else due)

    def _left(self) -> int:
        """Bytes that the system has not taken. TLS tells nothing of those it has passed on."""
        return self.transport.get_write_buffer_size() + self._lowest.get_write_buffer_size()

    def connection_made(self, transport: Any) -> None:
        """Speak by this."""
        self.transport = self._lowest = transport

    async def secure(self, context: ssl.SSLContext, host: str) -> None:
        """Shake hands, and speak in TLS from now on. Raises ssl.SSLError, OSError."""
        through = await self._loop.start_tls(self.transport, self, context, server_hostname=host.rstrip("."))
        assert through is not None  # only a server's end may be lost in the handshake without an error
        self.transport = through

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where to put what comes."""
        return memoryview(bytearray(STRAY)) if self._reader is None else self._reader.room()

    def buffer_updated(self, nbytes: int) -> None:
        """Read what has come. What nobody asked for would be taken for the reply to the next request."""
        if self._reader is None or self._reader.done:
            self.transport.abort()
        else:
            self._moved = self._loop.time()
            self._read(nbytes)

    def eof_received(self) -> None:
        """Nothing more will come."""
        if self._reader is not None and not self._reader.done:
            self._read(0)

    def _read(self, count: int) -> None:
        assert self._reader is not None
        try:
            self._reader.took(count)
        except (GarbledError, TransportError) as error:
            self._settle(error)
        else:
            if self._reader.done:
                self._settle(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        if self._timer is not None:
            self._timer.cancel()
        self._settle(exc or GarbledError("it ends too soon"))
        if not self.gone.done():
            self.gone.set_result(None)

    @property
    def closed(self) -> bool:
        """Whether it is, or will be soon."""
        return self.transport.is_closing()

    @property
    def descriptor(self) -> int:
        """The system's number of its socket; -1: it is closed."""
        sock: Any = None if self.closed else self.transport.get_extra_info("socket")
        return -1 if sock is None else sock.fileno()

    def close(self) -> None:
        """End it, and wait for nothing: `gone` is done soon after."""
        self.transport.abort()
