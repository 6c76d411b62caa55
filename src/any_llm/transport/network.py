"""How to reach a host: timeouts, proxy and TLS, read once a client and used by both transports alike."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import msgspec

CONNECT = 10.0
"""Seconds to open a connection, at most."""
USER_AGENT = "omniembed"

Certificate = str | tuple[str, str] | tuple[str, str, str]
"""A PEM file with certificate and key, or (certificate, key), or (certificate, key, password)."""


class Network(msgspec.Struct, frozen=True, kw_only=True):
    """A client's options for the wire."""

    timeout: float = 60.0
    """Seconds a read may take."""
    proxy: str | None = None
    verify: bool | str = True
    """False trusts anybody; a path names a CA file or folder."""
    cert: Certificate | None = None
    ssl_context: Any = None
    """An ssl.SSLContext to use as it is."""
    connections: int = 16
    """Kept open for the next call, at most."""


def tls(network: Network) -> ssl.SSLContext:
    """Build the context: the system's trust store (and SSL_CERT_FILE), unless told otherwise."""
    if network.ssl_context is not None:
        context: ssl.SSLContext = network.ssl_context
        return context
    if isinstance(network.verify, str):
        folder = Path(network.verify).is_dir()
        context = ssl.create_default_context(
            cafile=None if folder else network.verify, capath=network.verify if folder else None
        )
    else:
        context = ssl.create_default_context()
    if network.verify is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if network.cert is not None:
        context.load_cert_chain(*((network.cert,) if isinstance(network.cert, str) else network.cert))
    return context


def proxy_for(network: Network, url: str) -> str | None:
    """Name the proxy for an address: the one given, else HTTP(S)_PROXY unless NO_PROXY names the host."""
    if network.proxy is not None:
        return network.proxy
    parts = urlsplit(url)
    proxy = getproxies().get(parts.scheme)
    return proxy if proxy and not proxy_bypass(parts.hostname or "") else None
