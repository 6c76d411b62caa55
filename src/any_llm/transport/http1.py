"""HTTP/1.1 as bytes, for threads and tasks alike: what a request looks like, and how its reply is read. No I/O.

Source: RFC 9112. Read strictly where doubt could end in wrong data: two lengths, a length and chunks, a header without
a colon. Read kindly where it cannot: lines that end in LF alone, folded lines.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from any_llm.transport.body import OK, Body
from any_llm.wire import TransportError

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from any_llm.transport.exchange import Exchange
    from any_llm.wire import Reply, Send

SCRATCH = 1 << 15
"""Bytes there is room for at once; a larger body whose length is told goes where it stays."""
TOGETHER = 1 << 16
"""Bytes of a request's body that are copied, to go with their head in one packet; a larger one goes in pieces."""
FINAL = 200
"""Replies below are interim: a reply is still to come."""
EMPTY = frozenset({204, 304})
"""Statuses of replies that have no body, whatever their headers say."""
HEAD_ENDS = re.compile(rb"\n\r?\n")
HEAD = re.compile(
    rb"HTTP/1\.([01]) ([1-9][0-9][0-9])(?: [^\r\n\0]*)?\r?\n"
    rb"((?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\r\n\0]*\r?\n)*)\r?\n"
)
FOLDED = re.compile(rb"\r?\n[ \t]+")
CHUNK = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r?\n")
LENGTH = re.compile("[0-9]{1,19}")
BLANK = (b"\r\n", b"\n")
WRAPPED = 16
"""Bytes that may come for each that a body may have: chunks have sizes and words, gzip has empty members."""


class GarbledError(Exception):
    """What came is no reply, or ends too soon."""


def request(method: str, target: str, host: str, headers: Mapping[str, str], length: int | None) -> bytes:
    """A request's head; `length`: bytes its body has, None for a request that has none.

    Raises TransportError for what no head can hold.
    """
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {word}" for name, word in headers.items())]
    if "host" not in map(str.lower, headers):
        lines.insert(1, f"Host: {host}")
    if length is not None:
        lines.append(f"Content-Length: {length}")
    text = "\r\n".join((*lines, "", ""))
    ends = len(lines) + 1
    if not text.isascii() or text.count("\n") != ends or text.count("\r") != ends or " " in target:
        raise TransportError("a header or an address holds what HTTP cannot carry", retryable=False)
    return text.encode()


class Reader:
    """One reply, as it arrives: receive into `room()`, say by `took()` how much came, until it is `done`."""

    def __init__(self, send: Send, exchange: Exchange, *, bodiless: bool = False) -> None:
        """Nothing has come. `bodiless`: a reply to CONNECT, which is a head alone."""
        self._send, self._exchange, self._bodiless = send, exchange, bodiless
        self._scratch = bytearray(SCRATCH)
        self._begin = self._end = 0
        """Between them lies what came and was not read."""
        self._direct: memoryview | None = None
        """What is left of the place where the body goes."""
        self.status = 0
        self.body: Body | None = None
        """None until the head was read."""
        self.done = False
        self._lasts = False
        self._steps = self._read()
        next(self._steps)

    @property
    def quiet(self) -> bool:
        """Whether nothing came behind the reply."""
        return self._begin == self._end

    @property
    def kept(self) -> bool:
        """Whether its connection may serve another request. Who refuses much may not have read it, and never will."""
        read = not self._exchange.unsent and (self.status in OK or len(self._send.body) <= TOGETHER)
        return self.done and self._lasts and self.quiet and read

    def whole(self) -> Reply:
        """The reply, once it is done. Raises TransportError when something of it is missing."""
        assert self.body is not None
        return self.body.whole()

    def room(self) -> memoryview:
        """Where to put what comes next."""
        if self._direct is not None:
            return self._direct
        if self._begin == self._end:
            self._begin = self._end = 0
        elif self._end == len(self._scratch):
            # A line that lies across the end, or a long head: how long one may be is looked at in took().
            unread = self._scratch[self._begin : self._end]
            self._scratch = unread + bytearray(SCRATCH)
            self._begin, self._end = 0, len(unread)
        return memoryview(self._scratch)[self._end :]

    def took(self, count: int) -> None:
        """So many bytes came; 0: the other side has ended. Raises GarbledError or UnusableReplyError."""
        self._exchange.heard += count
        if self._exchange.heard > self._exchange.most:
            raise GarbledError("it has no end")
        if self._direct is None:
            self._end += count
        try:
            self._steps.send(count)
        except StopIteration:
            self.done = True

    def _read(self) -> Generator[None, int, None]:
        """Read a reply; each step waits for more, and is told how much came."""
        while True:
            headers = yield from self._head()
            if self.status >= FINAL:
                break
        length, coding = headers.get("content-length"), headers.get("transfer-encoding")
        if coding is not None and (length is not None or coding.lower() != "chunked"):
            raise GarbledError("it contradicts itself on its length")
        if length is not None and LENGTH.fullmatch(length) is None:
            raise GarbledError("its length is no number")
        self._exchange.begun = True
        body = self.body = Body(self._send, self.status, headers)
        self._exchange.most += WRAPPED * body.limit
        if self.status in EMPTY or self._bodiless:
            return
        if coding is not None:
            yield from self._chunks(body)
        elif length is not None:
            yield from self._exactly(int(length), body)
        else:
            self._lasts = False
            while not body.full:
                body.add(self._pull(self._end - self._begin))
                if not (yield):
                    return
        self._lasts &= not body.full

    def _head(self) -> Generator[None, int, dict[str, str]]:
        """Read a status line and headers."""
        looked, found = 0, None
        while found is None:
            if looked or self._begin == self._end:
                yield from self._more()
            found = HEAD_ENDS.search(self._scratch, self._begin + max(0, looked - 2), self._end)
            looked = self._end - self._begin
        head = self._pull(found.end() - self._begin)
        match = HEAD.fullmatch(head)
        if match is None:
            first, ends, others = head.partition(b"\n")
            match = HEAD.fullmatch(first + ends + FOLDED.sub(b" ", others))
        if match is None:
            raise GarbledError("its head is no head")
        self.status = int(match[2])
        headers: dict[str, str] = {}
        several: dict[str, list[str]] = {}
        for line in match[3].decode("latin-1").split("\n")[:-1]:
            name, _, word = line.partition(":")
            name, word = name.lower(), word.strip(" \t\r")
            if name in headers:
                several.setdefault(name, [headers[name]]).append(word)
            else:
                headers[name] = word
        for name, words in several.items():
            headers[name] = ", ".join(words)
        wish = headers.get("connection", "").lower()
        self._lasts = "close" not in wish and (match[1] == b"1" or "keep-alive" in wish)
        return headers

    def _exactly(self, length: int, body: Body) -> Generator[None, int, None]:
        """Read a body of so many bytes."""
        here = min(length, self._end - self._begin)
        if not body.plain:
            yield from self._piecewise(length, body)
            return
        if here == length:
            body.add(self._pull(length))
            return
        whole = bytearray(length)
        whole[:here] = self._pull(here)
        self._direct = memoryview(whole)[here:]
        while self._direct:
            count = yield
            if not count:
                raise GarbledError("its body is cut off")
            self._direct = self._direct[count:]
        self._direct = None
        body.add(whole)

    def _piecewise(self, length: int, body: Body) -> Generator[None, int, None]:
        """Read so many bytes of a body, a piece at a time."""
        while length and not body.full:
            if self._begin == self._end:
                yield from self._more()
            piece = self._pull(min(length, self._end - self._begin))
            length -= len(piece)
            body.add(piece)

    def _chunks(self, body: Body) -> Generator[None, int, None]:
        """Read a body whose end its length does not tell."""
        while not body.full:
            match = CHUNK.fullmatch((yield from self._line()))
            if match is None:
                raise GarbledError("a chunk has no size")
            if not (size := int(match[1], 16)):
                while (yield from self._line()) not in BLANK:  # trailers
                    pass
                return
            yield from self._piecewise(size, body)
            if not body.full and (yield from self._line()) not in BLANK:
                raise GarbledError("a chunk is longer than its size")

    def _line(self) -> Generator[None, int, bytes]:
        while (at := self._scratch.find(b"\n", self._begin, self._end)) < 0:
            if self._end - self._begin >= SCRATCH:
                raise GarbledError("a line without an end")
            yield from self._more()
        return self._pull(at + 1 - self._begin)

    def _more(self) -> Generator[None, int, None]:
        if not (yield):
            raise GarbledError("it ends too soon")

    def _pull(self, count: int) -> bytes:
        """Take so many of the bytes that came."""
        self._begin += count
        return bytes(memoryview(self._scratch)[self._begin - count : self._begin])
