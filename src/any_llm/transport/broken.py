"""What a broken exchange is called, and whether the same again may end better."""

from __future__ import annotations

import os
import re
import socket
import ssl

from any_llm.wire import TransportError

PROXY = re.compile(r"^Tunnel connection failed: (\d{3})\b")
TRUST = dict.fromkeys(
    (18, 19, 20, 21),  # OpenSSL's codes for: signed by itself, or by nobody who is known here
    "; if this host is yours, name its authority by verify= or SSL_CERT_FILE",
)


def lost(error: Exception, *, begun: bool) -> TransportError:
    """Use the words of the innermost cause: those of urllib3 name objects, those of aiohttp whole addresses.

    `begun`: its head had been read.
    """
    cause = error
    while (inner := _inner(cause)) is not None:
        cause = inner
    timed_out = isinstance(cause, TimeoutError)
    words = "no answer in time" if timed_out else _words(cause)
    if begun and not timed_out:
        words = f"the reply was cut off ({words})"
    return TransportError(words, timed_out=timed_out, retryable=not _permanent(cause), begun=begun and not timed_out)


def _words(cause: Exception) -> str:
    """What the system says of a socket, or TLS of a certificate. Other words may repeat a reply, with a key in it."""
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"{type(cause).__name__}: {cause.reason} {cause.verify_message}{TRUST.get(cause.verify_code, '')}"
    if isinstance(cause, ssl.SSLError):
        return f"{type(cause).__name__}: {cause.reason or ''}".strip()
    if isinstance(cause, OSError) and cause.errno:
        words = cause.strerror if isinstance(cause, socket.gaierror) else os.strerror(cause.errno)
        return f"{type(cause).__name__}: {words}"
    # The one number that tells why a proxy refused, whatever words it has around it.
    status = getattr(cause, "status", None) or next(iter(PROXY.findall(str(cause))), None)
    return f"the reply could not be read ({type(cause).__name__}{f', status {status}' if status else ''})"


def _inner(error: Exception) -> Exception | None:
    """Find the cause: urllib3 hands it over as the last argument, aiohttp raises from it."""
    last = error.args[-1] if error.args else None
    inner = last if isinstance(last, Exception) else error.__cause__
    return inner if isinstance(inner, Exception) else None  # a timeout is raised from a cancellation


def _permanent(cause: Exception) -> bool:
    """A certificate that is refused stays so; a host that hung up in the handshake may not do it again."""
    return isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError)
