"""This package, as its users call it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from any_llm import AnyLLM, aembedding, embedding, register_provider
from any_llm.providers.openai import adapter
from any_llm.providers.table import ROWS
from any_llm.wire import Batch, Call, Part, Refusal, Reply, Run
from clients import KEY, MODEL

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from numpy.typing import NDArray

    Vector = list[float]


def embed(url: str) -> Callable[[str], Vector]:
    """One text, one list."""
    return lambda text: embedding(MODEL, text, provider="openai", api_key=KEY, api_base=url).data[0].embedding


def embed_kept(url: str) -> Callable[[str], Vector]:
    """The same by a client that is kept."""
    client = AnyLLM.create("openai", KEY, url)
    return lambda text: client.embedding(MODEL, text).data[0].embedding


def aembed(url: str) -> Callable[[str], Awaitable[Vector]]:
    """One text, one list, in a loop."""

    async def call(text: str) -> Vector:
        return (await aembedding(MODEL, text, provider="openai", api_key=KEY, api_base=url)).data[0].embedding

    return call


def aembed_kept(url: str) -> Callable[[str], Awaitable[Vector]]:
    """The same by a client that is kept."""
    client = AnyLLM.create("openai", KEY, url)

    async def call(text: str) -> Vector:
        return (await client.aembedding(MODEL, text)).data[0].embedding

    return call


def matrix(url: str) -> Callable[[list[str]], NDArray[Any]]:
    """Many texts, one matrix."""
    call = partial(embedding, MODEL, provider="openai", api_key=KEY, api_base=url)
    return lambda texts: call(texts).to_numpy()


def amatrix(url: str) -> Callable[[list[str]], Awaitable[NDArray[Any]]]:
    """Many texts, one matrix, in a loop."""

    async def call(texts: list[str]) -> NDArray[Any]:
        return (await aembedding(MODEL, texts, provider="openai", api_key=KEY, api_base=url)).to_numpy()

    return call


class Played:
    """OpenAI's shape, with the reply at hand: whatever is asked, `body` comes back."""

    body = b""

    def encode(self, call: Call, batch: Batch) -> Run:
        """Write the request, and send it nowhere."""
        adapter.encode(call, batch)
        return Run(lambda: Reply(200, {"content-type": "application/json"}, self.body))

    def decode(self, call: Call, reply: Reply) -> Part:
        """Read it."""
        return adapter.decode(call, reply)

    def explain(self, reply: Reply) -> Refusal:
        """Never asked."""
        return adapter.explain(reply)


def decode(*, base64: bool) -> Callable[[bytes, list[str]], NDArray[Any]]:
    """One reply to a matrix; whichever kind comes is taken."""
    played = Played()
    register_provider(ROWS["openai"]._replace(name="played", adapter=played, key_required=False))

    def call(body: bytes, texts: list[str]) -> NDArray[Any]:
        played.body = body
        return embedding(MODEL, texts, provider="played").to_numpy()

    return call
