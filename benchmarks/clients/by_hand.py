"""What the least can cost: requests written beforehand and sockets read by hand, replies that nobody decodes."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec
import pybase64

from clients import MODEL

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Vector = list[float]

LARGEST = 1 << 24


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
