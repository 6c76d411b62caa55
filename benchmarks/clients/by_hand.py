"""What the least can cost: requests written beforehand and sockets read by hand, replies that nobody decodes."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec
import pybase64

from clients import AT_ONCE, BATCH, MODEL

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    Vector = list[float]

LARGEST, WIDTH = 1 << 24, 1536


class Item(msgspec.Struct):
    """One of a reply's vectors."""

    embedding: str


class Body(msgspec.Struct):
    """A reply."""

    data: list[Item]


class Line:
    """One open connection."""

    def __init__(self, url: str) -> None:
        """Open it."""
        where = urlsplit(url)
        self.host = f"{where.hostname}:{where.port}"
        self.socket = socket.create_connection((where.hostname, where.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = memoryview(bytearray(LARGEST))

    def request(self, texts: list[str]) -> bytes:
        """What is sent for these texts."""
        body = msgspec.json.encode({"model": MODEL, "input": texts, "encoding_format": "base64"})
        head = f"POST /v1/embeddings HTTP/1.1\r\nHost: {self.host}\r\nContent-Type: application/json\r\n"
        return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body

    def read(self) -> memoryview:
        """The body of one reply."""
        have = self.socket.recv_into(self.buffer)
        head = bytes(self.buffer[:200])
        begin = head.index(b"\r\n\r\n") + 4
        end = begin + int(head.partition(b"Content-Length:")[2].partition(b"\r\n")[0])
        while have < end:
            have += self.socket.recv_into(self.buffer[have:end])
        return self.buffer[begin:end]


def embed(url: str) -> Callable[[str], Vector]:
    """One text, one list: the least anybody could do in Python."""
    line = Line(url)
    decode = msgspec.json.Decoder(Body).decode

    def call(text: str) -> Vector:
        line.socket.sendall(line.request([text]))
        found = pybase64.b64decode(decode(line.read()).data[0].embedding)
        return memoryview(found).cast("f").tolist()

    return call


def ceiling(url: str, texts: list[str], lines: int) -> Callable[[], int]:
    """Ask for these texts on so many connections at once, and read the replies without a look at them; their bytes."""
    opened = [Line(url) for _ in range(lines)]
    requests = [line.request(texts) for line in opened]

    def ask() -> int:
        for line, request in zip(opened, requests, strict=True):
            line.socket.sendall(request)
        return sum(len(line.read()) for line in opened)

    return ask


def decode(*, base64: bool) -> Callable[[bytes, list[str]], NDArray[Any]]:
    """One reply to a matrix, with the quickest parser of JSON and numpy."""
    import numpy as np
    import orjson

    def of_base64(body: bytes, _texts: list[str]) -> NDArray[Any]:
        data = orjson.loads(body)["data"]
        found = np.empty((len(data), len(pybase64.b64decode(data[0]["embedding"])) // 4), np.float32)
        for each in data:
            found[each["index"]] = np.frombuffer(pybase64.b64decode(each["embedding"]), np.float32)
        return found

    def of_numbers(body: bytes, _texts: list[str]) -> NDArray[Any]:
        data = orjson.loads(body)["data"]
        return np.array([each["embedding"] for each in data], np.float32)

    return of_base64 if base64 else of_numbers


def file(url: str) -> Callable[[Path], Path]:
    """A file of texts into one of vectors by a bare loop of asyncio: no journal, no retry, all of it in memory."""
    import asyncio

    import numpy as np
    import pyarrow as pa
    from pyarrow import parquet

    there = urlsplit(url)

    async def work(queue: list[tuple[int, list[str]]], vectors: NDArray[Any]) -> None:
        reader, writer = await asyncio.open_connection(there.hostname, there.port, limit=LARGEST)
        while queue:
            begin, texts = queue.pop()
            body = msgspec.json.encode({"input": texts, "model": MODEL, "encoding_format": "base64"})
            writer.write(b"POST /v1/embeddings HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
            found = msgspec.json.decode(await reader.readexactly(length), type=Body)
            data = b"".join(pybase64.b64decode(each.embedding) for each in found.data)
            vectors[begin : begin + len(texts)] = np.frombuffer(data, "<f4").reshape(len(texts), -1)
        writer.close()

    async def all_of_it(texts: list[str]) -> NDArray[Any]:
        queue = [(begin, texts[begin : begin + BATCH]) for begin in range(0, len(texts), BATCH)]
        vectors = np.empty((len(texts), WIDTH), np.float32)
        await asyncio.gather(*(work(queue, vectors) for _ in range(AT_ONCE)))
        return vectors

    def call(source: Path) -> Path:
        table = parquet.read_table(source)
        vectors = pa.array(asyncio.run(all_of_it(table["text"].to_pylist())).reshape(-1))
        output = source.with_name("loop.parquet")
        column = pa.FixedSizeListArray.from_arrays(vectors, WIDTH)
        parquet.write_table(
            table.append_column("embedding", column), output, compression="zstd", compression_level=1,
            use_dictionary=["text"], use_byte_stream_split=["embedding.list.element"],
            write_statistics=["text"],
        )  # fmt: skip
        return output

    return call
