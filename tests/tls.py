"""A host behind TLS, with certificates made for the test."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import trustme

from loopback import Loopback

if TYPE_CHECKING:
    from collections.abc import Callable

    from loopback import Answer, Connection, Raw, Request

AUTHORITY = trustme.CA()


def context_for(*names: str, client_ca: trustme.CA | None = None) -> ssl.SSLContext:
    """Make a server's context with a certificate for these names; `client_ca`: clients must show one, too."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert(*names).configure_cert(context)
    if client_ca is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        client_ca.configure_trust(context)
    return context


class SecureLoopback(Loopback):
    """Loopback behind TLS. `hang_up`: so many connections are ended before the handshake."""

    def __init__(
        self, answer: Callable[[Request], Answer | Raw], context: ssl.SSLContext | None = None, *, hang_up: int = 0
    ) -> None:
        """Bind to a free port."""
        super().__init__(answer)
        self.url = self.url.replace("http:", "https:")
        self._context = context or context_for("127.0.0.1")
        self._hang_up = hang_up

    def _serve(self, connection: Connection) -> None:
        if connection.number < self._hang_up:
            connection.socket.recv(65536)
            connection.socket.close()
            return
        try:
            connection.socket = self._context.wrap_socket(connection.socket, server_side=True)
        except OSError:  # the client would not have it, or hung up
            return
        with self._lock:
            self._open.add(connection.socket)
        super()._serve(connection)
