"""A socket whose every wait is bounded by the call's scope.

urllib3's own timeouts bound a read, not a reply: a server that drips headers holds such a call for ever.
"""

from __future__ import annotations

import io
import socket
import threading
from http.client import BadStatusLine
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from any_llm.transport.exchange import Exchange
    from any_llm.transport.scope import Scope


class Current(threading.local):
    """What this thread is sending: urllib3 hands nothing through to its connections."""

    scope: Scope
    exchange: Exchange


CURRENT = Current()


class BoundedReader(io.RawIOBase):
    """A socket's reading side; each read may take what the scope has left."""

    def __init__(self, owner: BoundedSocket, scope: Scope, exchange: Exchange) -> None:
        """Read from `owner` for `scope`."""
        self._owner = owner
        self._sock = owner.real
        self._raw = self._sock.makefile("rb", buffering=0)
        self._scope = scope
        self._exchange = exchange
        self._quiet = False
        self.ended = False
        """True once the other side has said that nothing more will come."""

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read once."""
        if self._quiet:
            return None
        if self._scope.bounded:
            self._sock.settimeout(self._scope.left())
        count: int = self._raw.readinto(buffer) or 0
        self._exchange.heard += count
        if self._exchange.flooded:
            raise BadStatusLine("nothing but interim replies")
        self.ended = not count
        return count

    def finish(self, buffered: io.BufferedReader) -> None:
        """Look for bytes that came and were not read: they answer no request, and would be taken for the next reply."""
        self._quiet = True
        pending = getattr(self._sock, "pending", None)
        self._owner.spoilt = bool(buffered.peek(1)) or bool(pending and pending())

    def close(self) -> None:
        """Give the socket up."""
        if not self.closed:
            self._scope.forget(plug(self._sock))
            self._raw.close()
        super().close()


class BoundedSocket:
    """A connected socket that answers to the scope in force; everything else it leaves to the real one."""

    def __init__(self, sock: Any) -> None:
        """Stand in front of `sock`, which may be a socket, TLS on one, or TLS in TLS."""
        self.real = sock
        self.spoilt = False
        """True when it holds bytes that belong to no request: it must not serve another."""

    def __getattr__(self, name: str) -> Any:
        """Ask the real one."""
        return getattr(self.real, name)

    def sendall(self, data: Any) -> None:
        """Send all, within what is left. TLS sends a record at a time, each of which may take its time."""
        scope = CURRENT.scope
        scope.watch(plug(self.real))
        CURRENT.exchange.written = True
        rest = memoryview(data).cast("B")
        while rest:
            self.real.settimeout(scope.left())
            rest = rest[self.real.send(rest) :]

    def makefile(self, *_: Any, **__: Any) -> io.BufferedReader:
        """Open the reading side, as http.client does for each reply."""
        return io.BufferedReader(BoundedReader(self, CURRENT.scope, CURRENT.exchange))


def plug(sock: Any) -> socket.socket:
    """Find the socket that is shut down to end a wait: TLS in TLS hides it."""
    while not isinstance(sock, socket.socket):
        sock = sock.socket
    return sock
