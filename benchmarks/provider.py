"""A provider of OpenAI's shape that is never what one waits for: its replies are cut from what was encoded beforehand.

Run: python benchmarks/provider.py [width] [seconds before it answers] [core]
It prints its address. POST anything with {"input": ...}: the vectors of vectors.py, as base64 where that is asked for,
else as numbers. GET anything: what it was asked, and the CPU it took.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from functools import cached_property
from itertools import accumulate, chain
from typing import Any

import msgspec
import numpy as np
import pybase64

from vectors import COUNT, STEP, number_of, row

MOST = 2048
"""Inputs a request may have."""
HEAD = b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
OPEN = b'{"object":"list","data":[{"object":"embedding","index":0,"embedding":'
NEXT = [b'},{"object":"embedding","index":%d,"embedding":' % at for at in range(1, MOST)]
BETWEEN = {quote: [OPEN + quote[:1], *(quote[1:] + each + quote[:1] for each in NEXT)] for quote in (b'""', b"[]")}
"""What stands before each vector, by what encloses it."""
END = b'}],"model":"text-embedding-3-small","usage":{"prompt_tokens":%d,"total_tokens":%d}}'
TOKENS = 12
"""Of each text, about as many as a tokenizer makes of it: fewer than it has words would be looked into."""


class Asked(msgspec.Struct):
    """A request's body."""

    input: list[str] | str
    encoding_format: str = "float"


class Replies:
    """What is written to whom asks, for vectors of one width."""

    def __init__(self, width: int) -> None:
        """Encode the long row."""
        self.width, self.span = width, width // STEP * 16
        self.raw = memoryview(row(width)).cast("B")
        self.encoded = memoryview(pybase64.b64encode(self.raw))

    @cached_property
    def numbers(self) -> tuple[memoryview, list[int]]:
        """The long row as JSON writes it, and where each number begins."""
        written = [str(each) for each in np.frombuffer(row(self.width), "<f4")]
        return memoryview(",".join(written).encode()), [0, *accumulate(len(each) + 1 for each in written)]

    def base64(self, number: int) -> bytes | memoryview:
        """One vector."""
        if self.width % STEP:
            start = 4 * STEP * number
            return pybase64.b64encode(self.raw[start : start + 4 * self.width])
        start = 16 * number
        return self.encoded[start : start + self.span]

    def floats(self, number: int) -> bytes | memoryview:
        """One vector."""
        written, starts = self.numbers
        start = STEP * number
        return written[starts[start] : starts[start + self.width] - 1]

    def body(self, texts: list[str], *, base64: bool) -> list[bytes | memoryview]:
        """The reply, in pieces."""
        cut, quote = (self.base64, b'""') if base64 else (self.floats, b"[]")
        pairs = zip(BETWEEN[quote], (cut(number_of(text) % COUNT) for text in texts), strict=False)
        tokens = TOKENS * len(texts)
        return [*chain.from_iterable(pairs), quote[1:], END % (tokens, tokens)]

    def to(self, texts: list[str], *, base64: bool) -> bytes:
        """Head and body of the reply, in one piece."""
        pieces = self.body(texts, base64=base64)
        return b"".join([HEAD % (200, sum(map(len, pieces))), *pieces])


class Ledger:
    """What came."""

    def __init__(self, width: int, latency: float) -> None:
        """Nothing yet."""
        self.replies, self.latency = Replies(width), latency
        self.connections = self.requests = self.inputs = 0
        self.decode = msgspec.json.Decoder(Asked).decode

    def answer(self, body: bytes) -> bytes:
        """The reply to this request."""
        asked = self.decode(body)
        texts = [asked.input] if isinstance(asked.input, str) else asked.input
        self.requests += 1
        self.inputs += len(texts)
        return self.replies.to(texts, base64=asked.encoding_format == "base64")

    def account(self) -> bytes:
        """What it holds."""
        told = {name: getattr(self, name) for name in ("connections", "requests", "inputs")}
        body = msgspec.json.encode({**told, "cpu": time.process_time()})
        return HEAD % (200, len(body)) + body


class Serving(asyncio.Protocol):
    """One connection."""

    def __init__(self, ledger: Ledger) -> None:
        """Write into this ledger."""
        self.ledger = ledger
        self.read = bytearray()

    def connection_made(self, transport: Any) -> None:
        """Keep it."""
        self.transport = transport
        self.known = False
        self.later = asyncio.get_running_loop().call_later

    def data_received(self, data: bytes) -> None:
        """Answer each request that is whole."""
        self.read += data
        while (end := self.read.find(b"\r\n\r\n") + 4) > 3:  # noqa: PLR2004  # found, and what was looked for
            head = bytes(self.read[:end]).lower()
            whole = end + int(head.partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
            if len(self.read) < whole:
                return
            body = bytes(self.read[end:whole])
            del self.read[:whole]
            if head.startswith(b"get"):
                self.transport.write(self.ledger.account())
                continue
            self.ledger.connections += not self.known
            self.known = True
            reply = self.ledger.answer(body)
            if self.ledger.latency:
                self.later(self.ledger.latency, self.transport.write, reply)
            else:
                self.transport.write(reply)


async def serve(ledger: Ledger) -> None:
    """Serve until the process is ended."""
    server = await asyncio.get_running_loop().create_server(lambda: Serving(ledger), "127.0.0.1", 0, backlog=2048)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    await server.serve_forever()


def main(width: str = "1536", latency: str = "0", core: str = "") -> None:
    """Pin to the core, if one is named, and serve."""
    if core:
        os.sched_setaffinity(0, {int(core)})
    ledger = Ledger(int(width), float(latency))
    try:
        from uvloop import run  # twice as quick, where there is one
    except ImportError:
        from asyncio import run
    run(serve(ledger))


if __name__ == "__main__":
    main(*sys.argv[1:])
