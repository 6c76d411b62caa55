"""A real HTTP/1.1 server on 127.0.0.1: what a test talks to where a user talks to a provider."""

from __future__ import annotations

import json
import socket
import struct
import threading
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, BinaryIO, Self
from urllib.parse import parse_qsl

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Request(msgspec.Struct, frozen=True):
    """What arrived. Header names are lower case; `connection` numbers the TCP connections from 0."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


class Answer(msgspec.Struct, frozen=True):
    """What to reply: `json` (any value) is written as the body, or `body` is sent as it stands."""

    status: int = 200
    json: Any = msgspec.UNSET
    body: bytes = b""
    headers: Mapping[str, str] = {}

    def encode(self) -> bytes:
        """Status line, headers and body, to be sent in one piece."""
        body = self.body if self.json is msgspec.UNSET else json.dumps(self.json, ensure_ascii=False).encode()
        headers = {"content-type": "application/json", "content-length": str(len(body)), **self.headers}
        lines = [f"HTTP/1.1 {self.status} {_phrase(self.status)}", *(f"{name}: {headers[name]}" for name in headers)]
        return "\r\n".join([*lines, "", ""]).encode() + body


class Raw(msgspec.Struct, frozen=True):
    """An answer that is no HTTP: `write` does as it likes with the connection, which is closed after it."""

    write: Callable[[Connection], None]


class Connection:
    """One accepted TCP connection."""

    def __init__(self, accepted: socket.socket, number: int, closing: threading.Event) -> None:
        """Take it over."""
        self.socket = accepted
        self.number = number
        self._closing = closing

    def send(self, data: bytes) -> None:
        """Write these bytes now."""
        self.socket.sendall(data)

    def wait(self, seconds: float) -> bool:
        """Hold still so long, or until the server closes; then True."""
        return self._closing.wait(seconds)

    def reset(self) -> None:
        """Break it off with a TCP reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


class Loopback:
    """Serves `answer` while its `with` block lasts; an error in `answer` is raised at the end of that block."""

    def __init__(self, answer: Callable[[Request], Answer | Raw]) -> None:
        """Bind to a free port: `url` is known from here on."""
        self.requests: list[Request] = []
        self.connections = 0
        self._answer = answer
        self._errors: list[BaseException] = []
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        """Begin to accept."""
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        """End every connection and thread, then say what went wrong in `answer`."""
        self._closing.set()
        # A blocked accept() is not woken by close(); one last connection wakes it on any system.
        socket.create_connection(self._listener.getsockname()).close()
        with self._lock:
            for accepted in self._open:
                _end(accepted)
        for thread in self._threads:
            thread.join(10)
        self._listener.close()
        if self._errors:
            raise self._errors[0]

    def _start(self, target: Callable[..., None], *arguments: Any) -> None:
        thread = threading.Thread(target=target, args=arguments, name=f"loopback-{target.__name__}")
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            accepted, _ = self._listener.accept()
            with self._lock:
                if self._closing.is_set():
                    accepted.close()
                    return
                self._open.add(accepted)
                number, self.connections = self.connections, self.connections + 1
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._start(self._serve, Connection(accepted, number, self._closing))

    def _serve(self, connection: Connection) -> None:
        # A client may go away whenever it likes: OSError.
        with suppress(OSError), connection.socket, connection.socket.makefile("rb") as stream:
            while (request := _read(stream, connection.number)) is not None:
                self.requests.append(request)
                answer = self._ask(request)
                if isinstance(answer, Raw):
                    answer.write(connection)
                    break
                connection.send(answer.encode())
        with self._lock:
            self._open.discard(connection.socket)

    def _ask(self, request: Request) -> Answer | Raw:
        try:
            return self._answer(request)
        except Exception as error:  # noqa: BLE001  # whatever it is, the test must hear of it
            self._errors.append(error)
            return Answer(400, json={"error": {"message": "the test's answer() raised"}})


def _read(stream: BinaryIO, connection: int) -> Request | None:
    line = stream.readline()
    if not line.strip():
        return None
    method, target, _ = line.decode("latin-1").split(" ")
    headers: dict[str, str] = {}
    while (line := stream.readline()).strip():
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.lower()] = value.strip()
    length = int(headers.get("content-length", "0"))
    body = stream.read(length)
    if len(body) < length:  # the client hung up: nobody asks any more
        return None
    path, _, query = target.partition("?")
    return Request(method, path, dict(parse_qsl(query, keep_blank_values=True)), headers, body, connection)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def _end(accepted: socket.socket) -> None:
    with suppress(OSError):  # the client may have been first
        accepted.shutdown(socket.SHUT_RDWR)
