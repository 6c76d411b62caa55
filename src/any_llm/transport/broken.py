"""What a broken exchange is called, and whether the same again may end better."""

from __future__ import annotations

import os
import socket

from any_llm.transport.http1 import GarbledError
from any_llm.transport.tunnel import RefusedError
from any_llm.wire import TransportError

TRUST = dict.fromkeys(
    (18, 19, 20, 21),  # OpenSSL's codes for: signed by itself, or by nobody who is known here
    "; if this host is yours, name its authority by verify= or SSL_CERT_FILE",
)
LOGIN = 407
"""A proxy wants one, or another."""


def lost(error: Exception, *, begun: bool) -> TransportError:
    """Say what broke. `begun`: the head of a reply had been read."""
    timed_out = isinstance(error, TimeoutError)
    words = "no answer in time" if timed_out else _words(error)
    if begun and not timed_out:
        words = f"the reply was cut off ({words})"
    return TransportError(words, timed_out=timed_out, retryable=not _permanent(error), begun=begun and not timed_out)


def _words(cause: Exception) -> str:
    """What we say of a reply, the system of a socket, or TLS of a certificate. Others may repeat what was sent."""
    import ssl  # noqa: PLC0415  # when something broke

    if isinstance(cause, GarbledError):
        return f"the reply could not be read: {cause}"
    if isinstance(cause, RefusedError):
        return f"the proxy refused, status {cause.status}"
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"{type(cause).__name__}: {cause.reason} {cause.verify_message}{TRUST.get(cause.verify_code, '')}"
    if isinstance(cause, ssl.SSLError):
        return f"{type(cause).__name__}: {cause.reason or ''}".strip()
    if isinstance(cause, OSError) and cause.errno:
        words = cause.strerror if isinstance(cause, socket.gaierror) else os.strerror(cause.errno)
        return f"{type(cause).__name__}: {words}"
    return f"no connection ({type(cause).__name__})"


def _permanent(cause: Exception) -> bool:
    """A certificate or a login that is refused stays so; a host that hung up in the handshake may not do it again."""
    import ssl  # noqa: PLC0415  # when something broke

    if isinstance(cause, RefusedError):
        return cause.status == LOGIN
    return isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError)
