"""One call of the interface, sync and async, to a server that answers as a provider does."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

import any_llm
from oracles import replies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from loopback import Answer, Loopback, Request

KEY = "key-for-the-loopback"


class Spoken(msgspec.Struct, frozen=True):
    """A provider with a server: a model of its, what its SDK's base URL ends in, and how it answers."""

    model: str
    base: str
    answer: Callable[[Request], Answer]


SPOKEN = {
    "azureopenai": Spoken("a deployment", "", replies.openai_shaped("azureopenai")),
    "cohere": Spoken("embed-v4.0", "", replies.cohere),
    "gemini": Spoken("gemini-embedding-001", "", replies.gemini),
    "llamacpp": Spoken("bge-small", "/v1", replies.openai_shaped("llamacpp")),
    "mistral": Spoken("codestral-embed", "", replies.openai_shaped("mistral")),
    "ollama": Spoken("nomic-embed-text:v1.5", "", replies.ollama),
    "openai": Spoken("text-embedding-3-small", "/v1", replies.openai_shaped("openai")),
    "openrouter": Spoken("qwen/qwen3-embedding-8b", "/api/v1", replies.openai_shaped("openrouter")),
    "together": Spoken("BAAI/bge-base-en-v1.5", "", replies.openai_shaped("together", base64_understood=False)),
    "vllm": Spoken("intfloat/e5-small-v2", "/v1", replies.openai_shaped("vllm")),
    "voyage": Spoken("voyage-4", "/v1", replies.openai_shaped("voyage")),
}
EACH = pytest.mark.parametrize("provider", SPOKEN)


def asynchronously(*arguments: Any, **options: Any) -> Any:
    """Call aembedding() in a loop of its own."""
    return asyncio.run(any_llm.aembedding(*arguments, **options))


BOTH = pytest.mark.parametrize("embed", [any_llm.embedding, asynchronously], ids=["sync", "async"])
"""Every story is told twice: by embedding() and by aembedding()."""


def at(server: Loopback, provider: str = "openai") -> dict[str, Any]:
    """Name this provider's arguments of a call to this server."""
    spoken = SPOKEN[provider]
    return {
        "model": spoken.model,
        "inputs": "Hello",
        "provider": provider,
        "api_key": KEY,
        "api_base": server.url + spoken.base,
    }


def texts_of(request: Request) -> list[str]:
    """Read the texts out of any provider's request."""
    body = request.json
    if "requests" in body:
        return [one["content"]["parts"][0]["text"] for one in body["requests"]]
    return body["texts"] if "texts" in body else body["input"]


def fields_of(request: Request) -> dict[str, Any]:
    """Read the options out of any provider's request: all that is neither model nor text."""
    body = request.json
    each = body["requests"][0] if "requests" in body else body
    return {name: value for name, value in each.items() if name not in {"model", "input", "texts", "content"}}


def each_with_its_variables(table: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, dict[str, str]]]:
    """Set each variable of a provider alone, each before every later one, and each but empty."""
    for provider, names in table.items():
        for name in names:
            yield provider, {name: "right"}
        for first, second in itertools.combinations(names, 2):
            yield provider, {first: "right", second: "wrong"}
            yield provider, {first: "", second: "right"}
