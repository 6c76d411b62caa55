"""urllib3's connections and pools, with sockets that answer to the call's scope."""

from __future__ import annotations

import queue
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from any_llm.transport.connecting import connect
from any_llm.transport.stream import CURRENT, BoundedSocket
from any_llm.transport.strict import StrictResponse

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator


@contextmanager
def _connecting(connection: Any) -> Iterator[None]:
    """Bound all it takes to connect - name, addresses, the proxy's yes, the handshake - by one timeout."""
    scope = CURRENT.scope
    CURRENT.scope = scope.within(float(connection.timeout or scope.timeout))
    try:
        with ExitStack() as connection.waiting:
            yield
    finally:
        CURRENT.scope = scope
        CURRENT.exchange.written = False  # what a proxy was told is no request
    connection.sock = BoundedSocket(connection.sock)


class BoundedHTTPConnection(HTTPConnection):
    """Plain HTTP."""

    response_class = StrictResponse
    waiting: ExitStack

    def _new_conn(self) -> socket.socket:
        return connect((self._dns_host, self.port), self, CURRENT.scope, self.waiting)

    def connect(self) -> None:
        """Connect, then answer to the scope."""
        with _connecting(self):
            super().connect()


class BoundedHTTPSConnection(HTTPSConnection):
    """TLS, to the host or to a proxy before it."""

    response_class = StrictResponse
    waiting: ExitStack

    def _new_conn(self) -> socket.socket:
        return connect((self._dns_host, self.port), self, CURRENT.scope, self.waiting)

    def connect(self) -> None:
        """Connect, shake hands, then answer to the scope."""
        with _connecting(self):
            super().connect()
        self.is_verified = True  # or verify=False was asked for: urllib3 would warn of it at every request

    def _tunnel(self) -> None:
        """Ask the proxy for a way through: its answer is a reply like any other, and as slow as it likes."""
        sock = self.sock
        self.sock = BoundedSocket(sock)
        super()._tunnel()
        self.sock = sock
        sock.settimeout(CURRENT.scope.left())


class Idle(queue.LifoQueue[Any]):
    """Connections kept for the next call. One too many is closed in silence; urllib3 would write a warning."""

    retired = False
    """True once the client was closed: what still comes back is closed."""

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:  # noqa: FBT001, FBT002  # as urllib3 calls it
        """Keep it, or close it."""
        if item is not None and (self.retired or getattr(item.sock, "spoilt", False)):
            item.close()
        try:
            super().put(None if self.retired else item, block=False)
        except queue.Full:
            if item is not None:
                item.close()

    def retire(self) -> None:
        """Close what is idle, and later what is still in use: a call in flight ends undisturbed."""
        self.retired = True
        with suppress(queue.Empty):
            while True:
                if (item := self.get(block=False)) is not None:
                    item.close()


def _noted(connection: Any) -> Any:
    """Note whether the connection is a new one; make it new where that is asked for."""
    if CURRENT.exchange.fresh:
        connection.close()
    CURRENT.exchange.reused = connection.sock is not None
    return connection


class BoundedHTTPPool(HTTPConnectionPool):
    """A host's connections."""

    ConnectionCls = BoundedHTTPConnection
    QueueCls = Idle

    def _get_conn(self, timeout: float | None = None) -> Any:
        return _noted(super()._get_conn(timeout))


class BoundedHTTPSPool(HTTPSConnectionPool):
    """A host's connections, with TLS."""

    ConnectionCls = BoundedHTTPSConnection
    QueueCls = Idle

    def _get_conn(self, timeout: float | None = None) -> Any:
        return _noted(super()._get_conn(timeout))
