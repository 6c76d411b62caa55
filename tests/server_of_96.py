"""A server in a process of its own that takes 96 inputs at a time, fails one request in 20, and shuffles its replies.

The text "7" is the vector [7, 8, 9, ...]. It prints its address; GET anything for what it was asked and has billed.
"""

from __future__ import annotations

import asyncio
import random
import sys
from typing import Any

import msgspec
import numpy as np
import pybase64

TAKES, FAILS = 96, 20
HEAD = b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


class Asked(msgspec.Struct):
    """A request's body."""

    input: list[str]


class Ledger:
    """What came, and what was billed."""

    def __init__(self, width: int) -> None:
        """Nothing yet."""
        self.base = np.arange(width, dtype="<f4")
        self.chance = random.Random(0)  # noqa: S311
        self.requests = self.tokens = self.failed = self.refused = 0
        self.decode = msgspec.json.Decoder(Asked).decode

    def answer(self, body: bytes) -> tuple[int, bytes] | None:
        """Status and body; None: hang up."""
        texts = self.decode(body).input
        self.requests += 1
        if len(texts) > TAKES:
            self.refused += 1
            words = f"batch size {len(texts)} > maximum allowed batch size {TAKES}"
            return 422, msgspec.json.encode({"error": {"message": words}})
        failing = self.requests % FAILS == 0
        if failing:
            self.failed += 1
            if self.failed % 4 == 0:
                return None
            if self.failed % 4 < 3:
                return 500 + 3 * (self.failed % 4 - 1), b"{}"
        return 200, self.right(texts[: -1 if failing else None])

    def right(self, texts: list[str]) -> bytes:
        """The vectors of these texts, in any order."""
        self.tokens += len(texts)
        rows = np.array(texts, dtype="<f4")[:, None] + self.base
        order = list(range(len(texts)))
        self.chance.shuffle(order)
        items = (b'{"index":%d,"embedding":"%s"}' % (at, pybase64.b64encode(rows[at].data)) for at in order)
        usage = b'{"prompt_tokens":%d,"total_tokens":%d}' % (len(texts), len(texts))
        return b'{"data":[%s],"model":"m","usage":%s}' % (b",".join(items), usage)


class Serving(asyncio.Protocol):
    """One connection."""

    def __init__(self, ledger: Ledger) -> None:
        """Write into this ledger."""
        self.ledger = ledger
        self.read = bytearray()

    def connection_made(self, transport: Any) -> None:
        """Keep it."""
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each request that is whole."""
        self.read += data
        while (end := self.read.find(b"\r\n\r\n")) >= 0:
            head = bytes(self.read[:end]).lower()
            length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
            if len(self.read) < end + 4 + length:
                return
            body = bytes(self.read[end + 4 : end + 4 + length])
            del self.read[: end + 4 + length]
            answer = (200, self.account()) if head.startswith(b"get") else self.ledger.answer(body)
            if answer is None:
                self.transport.abort()
                return
            self.transport.write(HEAD % (answer[0], len(answer[1])) + answer[1])

    def account(self) -> bytes:
        """What the ledger holds."""
        told = ("requests", "tokens", "failed", "refused")
        return msgspec.json.encode({name: getattr(self.ledger, name) for name in told})


async def serve(width: int) -> None:
    """Serve until the process is ended."""
    ledger = Ledger(width)
    server = await asyncio.get_running_loop().create_server(lambda: Serving(ledger), "127.0.0.1", 0)
    sys.stdout.write(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}" + "\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
