"""This package, as its users call it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from any_llm import AnyLLM, aembedding, embedding
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


def local() -> Callable[[list[str]], NDArray[Any]]:
    """The model in this package's local extra."""
    return lambda texts: embedding("all-MiniLM-L6-v2", texts, provider="local").to_numpy()
