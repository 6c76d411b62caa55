"""What servers do wrong below and in HTTP, by name: one table for whoever must stand it.

A fault answers each request with the right reply to it, spoilt in one way. `FAULTS[name].answer` is for Loopback.
"""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING, Any

import msgspec

from loopback import Answer, Raw
from numbered import vectors

if TYPE_CHECKING:
    from collections.abc import Callable

    from loopback import Connection, Request

PAUSE = 0.02
"""Seconds between the bytes of a server that drips."""
HUGE = 8 << 20
"""Bytes a bomb has: far more than three short texts can need."""


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One way to be wrong, and what a call makes of it."""

    answer: Callable[[Request], Answer | Raw]
    error: str | None = None
    """Which error the call ends in; None: its vectors are right all the same."""
    words: str = ""
    """What the error says, among other things."""
    index: int | None = None
    """Which input it names."""
    sends: int = 1
    """Requests when no retry is allowed: a broken 200 is looked at once more."""
    probed: bool = False
    """Whether it may be an input's fault, so that one of them, and then a plain word, is sent alone."""
    again: bool = True
    """Whether a retry may do better."""
    waits: bool = False
    """It ends by `timeout` alone."""
    drips: bool = False
    """It ends by `deadline` alone."""


def body_of(request: Request) -> bytes:
    """The body of the right reply."""
    return vectors(request).encode().partition(b"\r\n\r\n")[2]


def sends(*pieces: bytes | Callable[[bytes], bytes], end: str = "close") -> Callable[[Request], Raw]:
    """Write these, of which a callable is given the right body; then close, reset, or hold still."""

    def answer(request: Request) -> Raw:
        body = body_of(request)

        def write(connection: Connection) -> None:
            connection.send(b"".join(piece if isinstance(piece, bytes) else piece(body) for piece in pieces))
            if end == "reset":
                connection.reset()
            elif end == "hold":
                connection.wait(60)

        return Raw(write)

    return answer


def keeps(*pieces: bytes | Callable[[bytes], bytes]) -> Callable[[Request], Answer]:
    """Write these, and keep the connection."""
    return lambda request: Verbatim(
        body=b"".join(piece if isinstance(piece, bytes) else piece(body_of(request)) for piece in pieces)
    )


class Verbatim(Answer, frozen=True):
    """All that is sent, its head too."""

    def encode(self) -> bytes:
        """As it stands."""
        return self.body


def endlessly(head: bytes, piece: bytes, *, pause: float = 0.0) -> Callable[[Request], Raw]:
    """Write a head, then the same piece again and again until nobody listens."""

    def write(connection: Connection) -> None:
        connection.send(head)
        while not connection.wait(pause):
            connection.send(piece)

    return lambda _: Raw(write)


def coded(name: str, code: Callable[[bytes], bytes], status: int = 200) -> Callable[[Request], Answer]:
    """Compress the body, though nobody asked for it."""
    return lambda request: Answer(status, body=code(body_of(request)), headers={"content-encoding": name})


def chunked(body: bytes, size: int = 20, extra: bytes = b"") -> bytes:
    """Write a body in chunks, without the last."""
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x%s\r\n%s\r\n" % (len(piece), extra, piece) for piece in pieces)


def half(body: bytes) -> bytes:
    """The first half."""
    return body[: len(body) // 2]


def whole(body: bytes) -> bytes:
    """All of it."""
    return body


def length(change: int = 0) -> Callable[[bytes], bytes]:
    """A head that tells the body's length, or lies about it."""
    return lambda body: b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (len(body) + change)


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
UNTIL_CLOSED = b"HTTP/1.1 200 OK\r\n\r\n"
LOST, LATE, BROKEN = "ProviderConnectionError", "ProviderTimeoutError", "InvalidResponseError"


def lost(answer: Callable[[Request], Any], **more: Any) -> Fault:
    """No reply: a connection error, and worth a retry."""
    return Fault(answer=answer, error=LOST, **more)


def broken(answer: Callable[[Request], Any], **more: Any) -> Fault:
    """A 200 that cannot be right: looked at once more."""
    return Fault(answer=answer, **{"error": BROKEN, "sends": 2, "probed": "index" not in more, **more})


def right(answer: Callable[[Request], Any], **more: Any) -> Fault:
    """Odd, and the vectors are right all the same."""
    return Fault(answer=answer, **more)


def late(answer: Callable[[Request], Any]) -> Fault:
    """Silence."""
    return Fault(answer=answer, error=LATE, words="no answer in time", waits=True)


def drips(head: bytes) -> Fault:
    """A byte now and then."""
    return Fault(answer=endlessly(head, b"x", pause=PAUSE), error=LATE, words="the deadline has passed", drips=True)


def with_length(*lines: bytes, version: bytes = b"1.1") -> Callable[[bytes], bytes]:
    """A head of these lines, in which %d is the body's length."""
    head = b"\r\n".join([b"HTTP/" + version + b" 200 OK", *lines, b"", b""])
    return lambda body: head.replace(b"%d", b"%d" % len(body))


WIRE: dict[str, Fault] = {
    "hangs up before its reply": lost(sends()),
    "resets before its reply": lost(sends(end="reset")),
    "hangs up in its status": lost(sends(b"HTTP/1.1 2")),
    "hangs up in its headers": lost(sends(b"HTTP/1.1 200 OK\r\nContent-Le")),
    "hangs up between two headers": lost(sends(b"HTTP/1.1 200 OK\r\nname: value\r\n")),
    "resets in its headers": lost(sends(b"HTTP/1.1 200 OK\r\n", end="reset")),
    "hangs up in its body": lost(sends(length(), half), sends=2, words="cut off"),
    "resets in its body": lost(sends(length(), half, end="reset"), sends=2, words="cut off"),
    "hangs up in a chunk": lost(sends(CHUNKED, lambda body: chunked(body)[:-9]), sends=2, words="cut off"),
    "hangs up between chunks": lost(sends(CHUNKED, chunked), sends=2, words="cut off"),
    "hangs up in a body without a length": broken(sends(UNTIL_CLOSED, half)),
    "speaks something else": lost(sends(b"220 ready\r\n")),
    "speaks binary": lost(sends(b"\x16\x03\x01\x00\xff\x00\r\n\r\n")),
    "says rubbish before its status": lost(sends(b"rubbish\r\n", length(), whole)),
    "sends a body without a head": lost(sends(whole)),
    "has a status that is no number": lost(sends(b"HTTP/1.1 abc OK\r\n\r\n")),
    "has a header without a colon": lost(sends(with_length(b"no colon", b"Content-Length: %d"), whole)),
    "tells less than its length": broken(keeps(length(-9), whole)),
    "tells two lengths": lost(keeps(with_length(b"Content-Length: 9", b"Content-Length: %d"), whole)),
    "tells a length that is no number": lost(keeps(with_length(b"Content-Length: %dx"), whole)),
    "tells a length below zero": lost(keeps(with_length(b"Content-Length: -%d"), whole)),
    "tells a length and chunks": lost(
        keeps(with_length(b"Content-Length: %d", b"Transfer-Encoding: chunked"), chunked, b"0\r\n\r\n")
    ),
    "has chunks of no size": lost(sends(CHUNKED, b"wide\r\n", whole), sends=2),
    "tells a huge length": broken(keeps(length(+(10**15)), whole), words="larger"),
    "sends headers without end": lost(endlessly(b"HTTP/1.1 200 OK\r\n", b"x: %s\r\n" % (b"y" * 999))),
    "sends a header without end": lost(endlessly(b"HTTP/1.1 200 OK\r\nx: ", b"y" * 999)),
    "sends a status without end": lost(endlessly(b"HTTP/1.1 200 ", b"O" * 999)),
    "sends interim replies without end": lost(endlessly(b"", b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" * 99)),
    "sends a body without end": broken(endlessly(UNTIL_CLOSED, b" " * 9999), words="larger"),
    "sends chunks without end": broken(endlessly(CHUNKED, b"3e7\r\n%s\r\n" % (b" " * 999)), words="larger"),
    "compresses a bomb": broken(coded("gzip", lambda _: gzip.compress(b" " * HUGE)), words="larger"),
    "compresses a bomb in parts": broken(coded("gzip", lambda _: gzip.compress(b" " * (1 << 20)) * 8), words="larger"),
    "compresses a bomb as zlib does": broken(coded("deflate", lambda _: zlib.compress(b" " * HUGE)), words="larger"),
    "compresses as nobody can read": broken(coded("br", whole), words="compressed"),
    "compresses twice": broken(coded("gzip, gzip", gzip.compress), words="compressed"),
    "does not compress, and says so": broken(coded("gzip", whole), words="compressed"),
    "compresses half": lost(coded("gzip", lambda body: half(gzip.compress(body))), sends=2, words="cut off"),
    "compresses": right(coded("gzip", gzip.compress)),
    "compresses in parts": right(coded("GZIP", lambda body: gzip.compress(body[:9]) + gzip.compress(body[9:]))),
    "compresses as zlib does": right(coded("deflate", zlib.compress)),
    "says that it does not compress": right(coded("identity", whole)),
    "speaks HTTP/1.0": right(sends(b"HTTP/1.0 200 OK\r\n\r\n", whole)),
    "speaks HTTP/1.0 and tells its length": right(sends(with_length(b"Content-Length: %d", version=b"1.0"), whole)),
    "closes as it says": right(sends(with_length(b"Connection: close", b"Content-Length: %d"), whole)),
    "closes and does not say so": right(sends(length(), whole)),
    "resets after its reply": right(sends(length(), whole, end="reset")),
    "tells its length twice": lost(keeps(with_length(b"Content-Length: %d", b"Content-Length: %d"), whole)),
    "sends chunks": right(keeps(CHUNKED, chunked, b"0\r\n\r\n")),
    "sends chunks with words": right(keeps(CHUNKED, lambda body: chunked(body, extra=b";a=b"), b"0\r\n\r\n")),
    "sends chunks and trailers": right(keeps(CHUNKED, chunked, b"0\r\nx-sum: 1\r\n\r\n")),
    "says wait": right(keeps(b"HTTP/1.1 102 Processing\r\n\r\n" * 99, length(), whole)),
    "answers twice": right(keeps(length(), whole, length(), lambda body: body.replace(b".0,", b".5,"))),
    "sends more than its reply": right(keeps(length(), whole, b"\r\nand more")),
    "sends half of a second reply": right(keeps(length(), whole, b"HTTP/1.1 200 OK\r\nContent-Le")),
    "never answers": late(sends(end="hold")),
    "never ends its headers": late(sends(b"HTTP/1.1 200 OK\r\n", end="hold")),
    "never ends its body": late(sends(length(), half, end="hold")),
    "tells more than its length": late(sends(length(+1), whole, end="hold")),
    "never says more than wait": late(sends(b"HTTP/1.1 102 Processing\r\n\r\n", end="hold")),
    "never ends a refusal": late(sends(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 9\r\n\r\n", end="hold")),
    "drips its status": drips(b"HTTP/1.1 200 "),
    "drips its headers": drips(b"HTTP/1.1 200 OK\r\nname: "),
    "drips its body": drips(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n"),
}  # fmt: skip
"""What goes wrong on the way."""
