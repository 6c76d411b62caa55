"""A server in a process of its own that keeps a ledger of every text it was paid for: the text "7" is [7, 8, 9, ...].

It refuses one request in thirty with a 429, and shuffles its replies. GET /paid?N answers once N texts are paid for,
with what the ledger holds. Arguments: width, milliseconds a reply takes.
"""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import msgspec
import numpy as np
import pybase64

if TYPE_CHECKING:
    from collections.abc import Iterator

REFUSES = 30
HEAD = b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nRetry-After-Ms: 5\r\nContent-Length: %d\r\n\r\n"


class Ledger:
    """What was asked for, and what was paid."""

    def __init__(self, width: int, latency: float) -> None:
        """Nothing yet."""
        self.base, self.latency = np.arange(width, dtype="<f4"), latency
        self.chance = random.Random(0)  # noqa: S311
        self.requests = 0
        self.paid: Counter[str] = Counter()
        self.more = asyncio.Condition()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection until it ends."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
                body = await reader.readexactly(length)
                asked = head.split(b" ")[1]
                status, answer = await (self.account(asked) if head.startswith(b"GET") else self.answer(body))
                writer.write(HEAD % (status, len(answer)) + answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def answer(self, body: bytes) -> tuple[int, bytes]:
        """Reply to a request, after a while. It is paid for when it comes."""
        self.requests += 1
        if self.requests % REFUSES == 0:
            return 429, b'{"error": {"message": "too many"}}'
        texts = msgspec.json.decode(body)["input"]
        if "bad" in texts:
            return 400, b'{"error": {"message": "an input is bad"}}'
        self.paid.update(texts)
        async with self.more:
            self.more.notify_all()
        await asyncio.sleep(self.latency)
        rows = np.array([text if text.isdigit() else "0.5" for text in texts], dtype="<f4")[:, None] + self.base
        order = list(range(len(texts)))
        self.chance.shuffle(order)
        items = (b'{"index":%d,"embedding":"%s"}' % (at, pybase64.b64encode(rows[at].data)) for at in order)
        usage = b'{"prompt_tokens":%d,"total_tokens":%d}' % (len(texts), len(texts))
        return 200, b'{"data":[%s],"model":"m","usage":%s}' % (b",".join(items), usage)

    async def account(self, asked: bytes) -> tuple[int, bytes]:
        """Tell, once so many texts are paid for, how many were, and how often at all."""
        wanted = int(asked.partition(b"?")[2] or 0)
        async with self.more:
            await self.more.wait_for(lambda: self.paid.total() >= wanted)
        told = {"paid": self.paid.total(), "texts": len(self.paid), "requests": self.requests}
        return 200, msgspec.json.encode(told)


async def main(width: int, latency: float) -> None:
    """Serve until the process is ended."""
    ledger = Ledger(width, latency)
    server = await asyncio.start_server(ledger.serve, "127.0.0.1", 0, limit=1 << 26)
    sys.stdout.write(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


class Told(msgspec.Struct):
    """What the ledger holds."""

    paid: int
    texts: int
    requests: int


def told(url: str, paid: int = 0) -> Told:
    """Wait until so many texts are paid for, and read the ledger."""
    with urlopen(f"{url}/paid?{paid}", timeout=300) as reply:  # noqa: S310  # our own server
        return msgspec.json.decode(reply.read(), type=Told)


@contextmanager
def ledger(*, width: int = 8, milliseconds: float = 20) -> Iterator[str]:
    """Run the server while the block lasts; its address."""
    command: list[Any] = [sys.executable, Path(__file__), str(width), str(milliseconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def check_rows(folder: Path, texts: list[str], width: int) -> None:
    """Every row of the output has its own vector, and all else it had."""
    from pyarrow import parquet

    made = parquet.read_table(folder / "out.parquet")
    assert made.column("text").to_pylist() == texts
    assert made.column("place").to_pylist() == list(range(len(texts)))
    assert made.column("embedding_error").null_count == len(texts)
    rows = np.stack(made.column("embedding").combine_chunks().to_numpy(zero_copy_only=False))
    assert np.array_equal(rows, np.array(texts, dtype="f4")[:, None] + np.arange(width, dtype="f4"))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]) / 1000))
