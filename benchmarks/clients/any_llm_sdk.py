"""Mozilla.ai's any-llm, in an environment of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from any_llm.any_llm import AnyLLM  # a file that this package never has: it is theirs

from any_llm import aembedding, embedding
from clients import KEY, MODEL

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Vector = list[float]


def embed(url: str) -> Callable[[str], Vector]:
    """One text, one list."""
    return lambda text: embedding(MODEL, text, provider="openai", api_key=KEY, api_base=url).data[0].embedding


def embed_kept(url: str) -> Callable[[str], Vector]:
    """The same by a client that is kept; it has no public method for it, so the one its function calls."""
    client = AnyLLM.create("openai", api_key=KEY, api_base=url)
    return lambda text: client._embedding(MODEL, text).data[0].embedding  # noqa: SLF001


def aembed(url: str) -> Callable[[str], Awaitable[Vector]]:
    """One text, one list, in a loop."""

    async def call(text: str) -> Vector:
        return (await aembedding(MODEL, text, provider="openai", api_key=KEY, api_base=url)).data[0].embedding

    return call


def aembed_kept(url: str) -> Callable[[str], Awaitable[Vector]]:
    """The same by a client that is kept."""
    client = AnyLLM.create("openai", api_key=KEY, api_base=url)

    async def call(text: str) -> Vector:
        return (await client.aembedding(MODEL, text)).data[0].embedding

    return call
