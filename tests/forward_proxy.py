"""A proxy on this machine: it forwards what it is asked to, and keeps what it was told."""

from __future__ import annotations

import socket
import threading
from base64 import b64encode
from contextlib import suppress
from typing import TYPE_CHECKING

from loopback import Answer, Raw
from numbered import vectors

if TYPE_CHECKING:
    from loopback import Connection, Request


def forward(request: Request) -> Answer | Raw:
    """Open a tunnel for CONNECT; answer in the host's place what comes with a whole address."""
    if request.method != "CONNECT":
        assert request.path.startswith("http://")
        return vectors(request)
    return tunnel(request.path)


def tunnel(target: str) -> Raw:
    """Open a tunnel to this host and port."""
    return Raw(lambda connection: _tunnel(connection, target))


def basic(credentials: str) -> str:
    """Write them as a header does."""
    return "Basic " + b64encode(credentials.encode()).decode()


def _tunnel(connection: Connection, target: str) -> None:
    host, _, port = target.rpartition(":")
    with socket.create_connection((host, int(port))) as upstream:
        connection.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        back = threading.Thread(target=_copy, args=(upstream, connection.socket))
        back.start()
        _copy(connection.socket, upstream)
        back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):  # either side may be first to go
        while data := source.recv(65536):
            target.sendall(data)
    for each in (source, target):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
