"""urllib3 connections whose every wait is bounded by the call's scope.

urllib3's own timeouts bound a read, not a reply: a server that drips headers holds such a call for ever.
"""

from __future__ import annotations

import io
import queue
import socket
import threading
from contextlib import ExitStack
from http.client import BadStatusLine, HTTPResponse, parse_headers
from typing import TYPE_CHECKING, Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

if TYPE_CHECKING:
    from any_llm.transport.scope import Scope


class Current(threading.local):
    """The scope of the request this thread is sending: urllib3 hands nothing through to its connections."""

    scope: Scope


CURRENT = Current()
INTERIM = 16
"""Interim replies a server may send before its reply."""


class BoundedReader(io.RawIOBase):
    """A socket's reading side; each read may take what the scope has left."""

    def __init__(self, sock: socket.socket, scope: Scope) -> None:
        """Read from `sock` for `scope`."""
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._scope = scope

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read once."""
        if self._scope.deadline is not None:
            self._sock.settimeout(self._scope.left())
        return self._raw.readinto(buffer) or 0

    def close(self) -> None:
        """Give the socket up."""
        if not self.closed:
            self._scope.forget(self._sock)
            self._raw.close()
        super().close()


class BoundedSocket:
    """A connected socket that answers to the scope in force; everything else it leaves to the real one."""

    def __init__(self, sock: socket.socket) -> None:
        """Stand in front of `sock`."""
        self.real = sock

    def __getattr__(self, name: str) -> Any:
        """Ask the real one."""
        return getattr(self.real, name)

    def sendall(self, data: Any) -> None:
        """Send all, within what is left. TLS sends a record at a time, each of which may take its time."""
        scope = CURRENT.scope
        scope.watch(self.real)
        rest = memoryview(data).cast("B")
        while rest:
            self.real.settimeout(scope.left())
            rest = rest[self.real.send(rest) :]

    def makefile(self, *_: Any, **__: Any) -> io.BufferedReader:
        """Open the reading side, as http.client does for each reply."""
        return io.BufferedReader(BoundedReader(self.real, CURRENT.scope))


def _connect(address: tuple[str, int], connection: HTTPConnection, waiting: ExitStack) -> socket.socket:
    """Try each address of the name. An abort reaches the attempt under way, and what is done until `waiting` ends."""
    scope = CURRENT.scope
    most = float(connection.timeout or scope.timeout)
    problem: OSError = OSError(f"{address[0]} has no address")
    for family, kind, protocol, _, target in socket.getaddrinfo(*address, type=socket.SOCK_STREAM):
        sock = socket.socket(family, kind, protocol)
        try:
            for option in connection.socket_options or ():
                sock.setsockopt(*option)
            # TLS will take the socket over before it shakes hands; shutting down its twin ends that wait too.
            twin = waiting.enter_context(sock.dup())
            waiting.callback(scope.forget, twin)
            scope.watch(twin)
            sock.settimeout(scope.left(most))
            sock.connect(target)
            sock.settimeout(scope.left(most))
        except OSError as error:
            sock.close()
            problem = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise problem


class FinalResponse(HTTPResponse):
    """Skip every interim reply (1xx): http.client skips 100 alone, and after a 103 the next request read our reply."""

    def _read_status(self) -> tuple[str, int, str]:
        for _ in range(INTERIM):
            version, status, reason = super()._read_status()  # type: ignore[misc]  # http.client's own step
            if status >= 200:  # noqa: PLR2004
                return version, status, reason
            parse_headers(self.fp)
        raise BadStatusLine("nothing but interim replies")


class BoundedHTTPConnection(HTTPConnection):
    """Plain HTTP."""

    response_class = FinalResponse

    def _new_conn(self) -> socket.socket:
        return _connect((self._dns_host, self.port), self, self._waiting)

    def connect(self) -> None:
        """Connect, then answer to the scope."""
        with ExitStack() as self._waiting:
            super().connect()
        self.sock = BoundedSocket(self.sock)


class BoundedHTTPSConnection(HTTPSConnection):
    """TLS; the handshake is one wait, bounded by the connect timeout."""

    response_class = FinalResponse

    def _new_conn(self) -> socket.socket:
        return _connect((self._dns_host, self.port), self, self._waiting)

    def connect(self) -> None:
        """Connect, shake hands, then answer to the scope."""
        with ExitStack() as self._waiting:
            super().connect()
        self.is_verified = True  # or verify=False was asked for: urllib3 would warn of it at every request
        self.sock = BoundedSocket(self.sock)

    def _tunnel(self) -> None:
        """Ask the proxy for a way through: its answer is a reply like any other, and as slow as it likes."""
        sock = self.sock
        self.sock = BoundedSocket(sock)
        super()._tunnel()
        self.sock = sock
        sock.settimeout(CURRENT.scope.left(float(self.timeout or CURRENT.scope.timeout)))


class Idle(queue.LifoQueue[Any]):
    """Connections kept for the next call. One too many is closed in silence; urllib3 would write a warning."""

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:  # noqa: FBT001, FBT002  # as urllib3 calls it
        """Keep it, or close it."""
        try:
            super().put(item, block=False)
        except queue.Full:
            if item is not None:
                item.close()


class BoundedHTTPPool(HTTPConnectionPool):
    """A host's connections."""

    ConnectionCls = BoundedHTTPConnection
    QueueCls = Idle


class BoundedHTTPSPool(HTTPSConnectionPool):
    """A host's connections, with TLS."""

    ConnectionCls = BoundedHTTPSConnection
    QueueCls = Idle
