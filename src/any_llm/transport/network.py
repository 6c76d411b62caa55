"""How to reach a host: timeouts, proxy and TLS, read once a client and used by both transports alike."""

from __future__ import annotations

import os
import threading
from os import PathLike  # msgspec reads the annotations
from typing import TYPE_CHECKING, Any

import msgspec

from any_llm.exceptions import InvalidRequestError

if TYPE_CHECKING:
    import ssl

CONNECT = 10.0
"""Seconds to open a connection, at most."""
SHARE = 0.25
"""Seconds each address of a name gets at least: one that never answers must not use up the time of the next."""

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
    import ssl  # noqa: PLC0415  # 10 ms, for those who speak TLS

    if isinstance(network.verify, bool):
        context = ssl.create_default_context()
    else:
        folder = os.path.isdir(network.verify)  # noqa: PTH112  # pathlib costs 5 ms
        context = ssl.create_default_context(
            cafile=None if folder else network.verify, capath=network.verify if folder else None
        )
    if network.verify is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if network.cert is not None:
        context.load_cert_chain(*((network.cert,) if isinstance(network.cert, str) else network.cert))
    return context
