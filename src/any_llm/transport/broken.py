"""What a broken exchange is called, and whether the same again may end better."""

from __future__ import annotations

import ssl

from any_llm.wire import TransportError


def lost(error: Exception) -> TransportError:
    """Use the words of the innermost cause: those of urllib3 name objects, those of aiohttp whole addresses."""
    cause = error
    while (inner := _inner(cause)) is not None:
        cause = inner
    timed_out = isinstance(cause, TimeoutError)
    words = "no answer in time" if timed_out else f"{type(cause).__name__}: {cause}"
    return TransportError(words, timed_out=timed_out, retryable=not _permanent(cause))


def _inner(error: Exception) -> Exception | None:
    """Find the cause: urllib3 hands it over as the last argument, aiohttp raises from it."""
    last = error.args[-1] if error.args else None
    inner = last if isinstance(last, Exception) else error.__cause__
    return inner if isinstance(inner, Exception) else None  # a timeout is raised from a cancellation


def _permanent(cause: Exception) -> bool:
    """A certificate that is refused stays so; a host that hung up in the handshake may not do it again."""
    return isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError)
