"""A thread's connection: sends a request and reads its reply, each wait no longer than the call's scope allows."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from any_llm.transport.exchange import Exchange
    from any_llm.transport.http1 import Reader
    from any_llm.transport.scope import Scope
    from any_llm.transport.tls import Channel

TOGETHER = 1 << 16
"""Bytes of a body that are copied, to go with their head in one packet."""


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
            with suppress(BrokenPipeError, ConnectionResetError):  # it may have answered before it hung up
                exchange.written = True
                self._send(head, body, scope)
            self._receive(reader, scope)
        finally:
            scope.forget(plug)

    def _send(self, head: bytes, body: bytes, scope: Scope) -> None:
        """Send all. TLS sends a record at a time, each of which may take its time."""
        channel = self._channel
        for data in (head, body) if len(body) > TOGETHER else (head + body,):
            rest = memoryview(data)
            while rest:
                channel.settimeout(scope.left())
                rest = rest[channel.send(rest) :]

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
