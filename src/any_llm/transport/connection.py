"""urllib3 connections whose every wait is bounded by the call's scope.

urllib3's own timeouts bound a read, not a reply: a server that drips headers holds such a call for ever.
"""

from __future__ import annotations

import io
import socket
import threading
from typing import TYPE_CHECKING, Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

if TYPE_CHECKING:
    from any_llm.transport.scope import Scope


class Current(threading.local):
    """The scope of the request this thread is sending: urllib3 hands nothing through to its connections."""

    scope: Scope


CURRENT = Current()


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
        """Send all, within what is left."""
        scope = CURRENT.scope
        scope.watch(self.real)
        self.real.settimeout(scope.left())
        self.real.sendall(data)

    def makefile(self, *_: Any, **__: Any) -> io.BufferedReader:
        """Open the reading side, as http.client does for each reply."""
        return io.BufferedReader(BoundedReader(self.real, CURRENT.scope))


def _connect(address: tuple[str, int], connection: HTTPConnection) -> socket.socket:
    """Try each address of a name; an abort reaches the attempt under way."""
    scope = CURRENT.scope
    problem: OSError = OSError(f"{address[0]} has no address")
    for family, kind, protocol, _, target in socket.getaddrinfo(*address, type=socket.SOCK_STREAM):
        sock = socket.socket(family, kind, protocol)
        try:
            for option in connection.socket_options or ():
                sock.setsockopt(*option)
            scope.watch(sock)
            sock.settimeout(scope.left(float(connection.timeout or scope.timeout)))
            sock.connect(target)
        except OSError as error:
            sock.close()
            problem = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
        finally:
            scope.forget(sock)
    raise problem


class BoundedHTTPConnection(HTTPConnection):
    """Plain HTTP."""

    def _new_conn(self) -> socket.socket:
        return _connect((self._dns_host, self.port), self)

    def connect(self) -> None:
        """Connect, then answer to the scope."""
        super().connect()
        self.sock = BoundedSocket(self.sock)


class BoundedHTTPSConnection(HTTPSConnection):
    """TLS; the handshake is one wait, bounded by the connect timeout."""

    def _new_conn(self) -> socket.socket:
        return _connect((self._dns_host, self.port), self)

    def connect(self) -> None:
        """Connect, then answer to the scope."""
        super().connect()
        self.sock = BoundedSocket(self.sock)


class BoundedHTTPPool(HTTPConnectionPool):
    """Connections kept for the next call."""

    ConnectionCls = BoundedHTTPConnection


class BoundedHTTPSPool(HTTPSConnectionPool):
    """Connections kept for the next call, with TLS."""

    ConnectionCls = BoundedHTTPSConnection
