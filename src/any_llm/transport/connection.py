"""A thread's connection: sends a request and reads its reply, each wait no longer than the call's scope allows."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from any_llm.transport.http1 import TOGETHER
from any_llm.transport.idle import stirs

if TYPE_CHECKING:
    from any_llm.transport.exchange import Exchange
    from any_llm.transport.http1 import Reader
    from any_llm.transport.scope import Scope
    from any_llm.transport.tls import Channel

PIECE = 1 << 14
"""Bytes of a large body that go at once: a record of TLS."""


class Connection:
    """One request at a time."""

    def __init__(self, channel: Channel) -> None:
        """Send and receive by this socket, or TLS on one."""
        self._channel = channel

    @property
    def descriptor(self) -> int:
        """The system's number of its socket; -1: it is closed."""
        return self._channel.fileno()

    @property
    def pending(self) -> bool:
        """Whether TLS holds back bytes that came with those that were read."""
        return bool(getattr(self._channel, "pending", int)())

    def exchange(self, head: bytes, body: bytes, reader: Reader, scope: Scope, exchange: Exchange) -> None:
        """Send a request and read its reply. An abort of the scope ends either."""
        plug = plugged(self._channel)
        scope.watch(plug)
        try:
            exchange.written = True
            try:
                self._send(head, body, reader, scope, exchange)
            except OSError as error:
                if not _hung_up(error):
                    raise
            self._receive(reader, scope)
        finally:
            scope.forget(plug)

    def _send(self, head: bytes, body: bytes, reader: Reader, scope: Scope, exchange: Exchange) -> None:
        """Send all, or of a large body so much as is sent when its reply begins."""
        channel, much = self._channel, len(body) > TOGETHER
        rest = memoryview(head if much else head + body)
        while rest:
            channel.settimeout(scope.left())
            rest = rest[channel.send(rest) :]
        if much:
            exchange.unsent, rest = True, memoryview(body)
            while rest and reader.body is None:
                if stirs(channel.fileno(), scope.left()):
                    self._hear(reader)
                else:
                    channel.settimeout(scope.left())
                    rest = rest[channel.send(rest[:PIECE]) :]
            exchange.unsent = bool(rest)

    def _hear(self, reader: Reader) -> None:
        """Read what came while there is still something to send."""
        import ssl  # noqa: PLC0415  # for those who send much

        self._channel.settimeout(0)
        with suppress(BlockingIOError, ssl.SSLWantReadError):  # a ticket, or a part of a record
            reader.took(self._channel.recv_into(reader.room()))

    def _receive(self, reader: Reader, scope: Scope) -> None:
        channel = self._channel
        while not reader.done:
            channel.settimeout(scope.left())
            reader.took(channel.recv_into(reader.room()))

    def close(self) -> None:
        """End it."""
        self._channel.close()


def plugged(channel: Channel) -> socket.socket:
    """Find the socket that is shut down to end a wait: TLS in TLS hides it."""
    while not isinstance(channel, socket.socket):
        channel = channel.outer
    return channel


def _hung_up(error: OSError) -> bool:
    """Whether the other side reads no more. It may have answered before."""
    import ssl  # noqa: PLC0415  # when something broke

    return isinstance(error, BrokenPipeError | ConnectionResetError | ssl.SSLEOFError)
