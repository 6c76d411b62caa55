"""How to reach a host: timeouts, proxy and TLS, read once a client and used by both transports alike."""

from __future__ import annotations

import ssl
import threading
import time
from os import PathLike  # noqa: TC003  # msgspec reads the annotations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from any_llm.exceptions import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from any_llm.wire import Send

CONNECT = 10.0
"""Seconds to open a connection, at most."""
CONNECTIONS = 100
"""A client's connections to a host: what threads leave open for the next call, and what tasks use at once."""

Certificate = str | tuple[str, str] | tuple[str, str, str]
"""A PEM file with certificate and key, or (certificate, key), or (certificate, key, password)."""


class Network(msgspec.Struct, frozen=True, kw_only=True):
    """A client's options for the wire."""

    timeout: float = 60.0
    """Seconds a read may take."""
    proxy: str | None = None
    verify: bool | str | PathLike[str] = True
    """False trusts anybody; a path names a CA file or folder."""
    cert: Certificate | None = None
    ssl_context: Any = None
    """An ssl.SSLContext to use as it is."""
    connections: int = CONNECTIONS


class TLS:
    """The context for a client's connections, built when the first is opened, by one thread for all."""

    def __init__(self, network: Network) -> None:
        """Read nothing yet."""
        self._network = network
        self._lock = threading.Lock()
        self.built: ssl.SSLContext | None = network.ssl_context
        """None until the first is."""

    def context(self) -> ssl.SSLContext:
        """Trust the system's store (and SSL_CERT_FILE), unless told otherwise. Reads files.

        Raises InvalidRequestError when one that `verify` or `cert` names cannot be used.
        """
        with self._lock:
            if self.built is None:
                try:
                    self.built = _context(self._network)
                except (OSError, TypeError) as error:  # ssl.SSLError is an OSError
                    raise InvalidRequestError(f"verify= or cert= names a file that cannot be used: {error}.") from error
            return self.built

    def unlock(self) -> None:
        """Take a new lock: in a forked child the old one may be held by a thread that is not there."""
        self._lock = threading.Lock()


def _context(network: Network) -> ssl.SSLContext:
    if isinstance(network.verify, bool):
        context = ssl.create_default_context()
    else:
        folder = Path(network.verify).is_dir()
        context = ssl.create_default_context(
            cafile=None if folder else network.verify, capath=network.verify if folder else None
        )
    if network.verify is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if network.cert is not None:
        context.load_cert_chain(*((network.cert,) if isinstance(network.cert, str) else network.cert))
    return context


def signed(send: Send) -> Mapping[str, str]:
    """The headers of a request about to go, signed now."""
    return {**send.headers, **send.sign(send, time.time())} if send.sign else send.headers
