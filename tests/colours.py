"""Both ways to call, and a server whose vectors say which text they belong to."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest

# Imported here, so that no test's clock runs while urllib3 and aiohttp load.
import any_llm.transport.asynchronous
import any_llm.transport.blocking  # noqa: F401
from any_llm import aembedding, embedding
from loopback import Answer, Raw

if TYPE_CHECKING:
    from any_llm import CreateEmbeddingResponse
    from loopback import Connection, Request

KEY = "sk-never-to-be-seen"


def in_a_loop(*arguments: Any, **options: Any) -> CreateEmbeddingResponse:
    """Call aembedding() in a loop of its own."""
    return asyncio.run(aembedding(*arguments, **options))


COLOURS = pytest.mark.parametrize("call", [embedding, in_a_loop], ids=["sync", "async"])


def to(url: str, api_key: Any = KEY, **client_args: Any) -> dict[str, Any]:
    """Arguments of a call to the server at this address."""
    return {"model": "m", "provider": "openai", "api_key": api_key, "api_base": url, "client_args": client_args}


def vectors(request: Request) -> Answer:
    """Answer as OpenAI does: the text "7" is the vector [7.0, 1.0]."""
    data = [{"embedding": [float(text), 1.0], "index": index} for index, text in enumerate(request.json["input"])]
    return Answer(json={"data": data, "model": "m", "usage": {"prompt_tokens": 1, "total_tokens": 1}})


def texts(count: int) -> list[str]:
    """Make "0", "1", "2" and so on."""
    return [str(number) for number in range(count)]


def numbers(result: CreateEmbeddingResponse) -> list[int]:
    """Read the texts back from their vectors."""
    return [int(each.embedding[0]) for each in result.data]


class Hold:
    """An answer that never comes; knows how many wait for it, and when the last of them has hung up."""

    def __init__(self) -> None:
        """Hold nobody yet."""
        self._changed = threading.Condition()
        self.asked = self.left = 0

    def __call__(self, _: Request) -> Raw:
        """Hold this one."""
        return Raw(self._wait)

    def _wait(self, connection: Connection) -> None:
        self._count("asked")
        try:
            connection.socket.recv(1)  # nothing, once the client has hung up
        finally:
            self._count("left")

    def _count(self, name: str) -> None:
        with self._changed:
            setattr(self, name, getattr(self, name) + 1)
            self._changed.notify_all()

    def until(self, **counts: int) -> bool:
        """Wait for `asked` or `left` to reach these; False when they don't."""
        with self._changed:
            return self._changed.wait_for(lambda: all(getattr(self, n) >= most for n, most in counts.items()), 10)
