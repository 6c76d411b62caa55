"""Servers that keep a client waiting, each at another step of a request."""

from __future__ import annotations

import socket
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from loopback import Loopback, Raw
from numbered import vectors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from loopback import Answer, Connection, Request

NOWHERE = "https://127.0.0.1:9"
"""A host behind a proxy that never gets that far."""
TUNNEL = b"HTTP/1.1 200 OK\r\n\r\n"
"""A proxy's yes to CONNECT."""


class Hold:
    """An answer that never comes. It knows how many wait for it, and how many of them have hung up.

    `first`: so many are held, the others answered. `tunnel`: say yes to CONNECT, and hold the handshake.
    """

    def __init__(self, *, first: int = sys.maxsize, tunnel: bool = False) -> None:
        """Hold nobody yet."""
        self._changed = threading.Condition()
        self._first = first
        self._tunnel = tunnel
        self._taken = self.asked = self.left = 0

    def __call__(self, request: Request) -> Answer | Raw:
        """Hold this one, or answer it."""
        with self._changed:
            self._taken += 1
            return Raw(self._wait) if self._taken <= self._first else vectors(request)

    def _wait(self, connection: Connection) -> None:
        if self._tunnel:
            connection.send(TUNNEL)
            connection.socket.recv(65536)  # what a client says first in TLS
        self._count("asked")
        try:
            while connection.socket.recv(65536):
                pass
        finally:
            self._count("left")

    def _count(self, name: str) -> None:
        with self._changed:
            setattr(self, name, getattr(self, name) + 1)
            self._changed.notify_all()

    def until(self, **counts: int) -> bool:
        """Wait for `asked` or `left` to reach these; False when they don't."""
        with self._changed:
            return self._changed.wait_for(lambda: all(getattr(self, name) >= counts[name] for name in counts), 10)


def drip(head: bytes) -> Callable[[Request], Raw]:
    """Send the head whole, then a byte every 50 ms for ever."""

    def write(connection: Connection) -> None:
        connection.send(head)
        while not connection.wait(0.05):
            connection.send(b"x")

    return lambda _: Raw(write)


def hint(_request: Request) -> Raw:
    """Send an interim reply, and nothing after it."""

    def write(connection: Connection) -> None:
        connection.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
        while not connection.wait(0.05):
            pass

    return Raw(write)


class Sated(Loopback):
    """It reads a little of what it is sent, and then no more."""

    def _serve(self, connection: Connection) -> None:
        with suppress(OSError), connection.socket:
            connection.socket.recv(1 << 16)
            while not connection.wait(0.05):
                pass


@contextmanager
def sated() -> Iterator[tuple[str, None]]:
    """Give its address."""
    with Sated(vectors) as server:
        yield server.url, None


class Sipping(Loopback):
    """It reads what it is sent in sips, every 50 ms one, and never answers."""

    def _serve(self, connection: Connection) -> None:
        with suppress(OSError), connection.socket:
            while not connection.wait(0.05) and connection.socket.recv(1 << 19):
                pass


@contextmanager
def sipping() -> Iterator[tuple[str, None]]:
    """Give its address."""
    with Sipping(vectors) as server:
        yield server.url, None


@contextmanager
def serving(answer: Callable[[Request], Answer | Raw], *, proxy: bool = False) -> Iterator[tuple[str, str | None]]:
    """Give the address to call, and that of the proxy on the way, if it is one."""
    with Loopback(answer) as server:
        yield (NOWHERE, server.url) if proxy else (server.url, None)


@contextmanager
def listening(scheme: str = "http", *, backlog: int = 8, full: bool = False) -> Iterator[tuple[str, None]]:
    """Accept nothing: the system opens connections by itself, as long as the backlog is not full."""
    with socket.create_server(("127.0.0.1", 0), backlog=backlog) as listener:
        waiting = socket.create_connection(listener.getsockname()) if full else None
        yield f"{scheme}://127.0.0.1:{listener.getsockname()[1]}", None
        if waiting is not None:
            waiting.close()


SERVERS = {
    "drips its status": lambda: serving(drip(b"HTTP/1.1 200 ")),
    "drips headers": lambda: serving(drip(b"HTTP/1.1 200 OK\r\nname: ")),
    "drips a body": lambda: serving(drip(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n")),
    "never answers": lambda: serving(Hold()),
    "says wait, and no more": lambda: serving(hint),
    "never reads": listening,
    "reads a little": sated,
    "reads in sips": sipping,
    "never shakes hands": lambda: listening("https"),
    "is a proxy that drips": lambda: serving(drip(b"HTTP/1.1 200 OK\r\nname: "), proxy=True),
    "is a proxy that never answers": lambda: serving(Hold(), proxy=True),
    "is a proxy to a host that never shakes hands": lambda: serving(Hold(tunnel=True), proxy=True),
}
if sys.platform == "linux":  # elsewhere a full backlog refuses, which is no wait
    SERVERS["never opens"] = lambda: listening(backlog=0, full=True)
