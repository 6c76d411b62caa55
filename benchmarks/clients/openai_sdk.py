"""OpenAI's SDK with its client kept; for many texts, in batches as whoever uses it would write them."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from openai import AsyncOpenAI, OpenAI

from clients import KEY, MODEL

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from numpy.typing import NDArray

    Vector = list[float]

BATCH, IN_FLIGHT = 512, 16


def embed(url: str) -> Callable[[str], Vector]:
    """One text, one list."""
    client = OpenAI(api_key=KEY, base_url=url, timeout=600)
    return lambda text: client.embeddings.create(model=MODEL, input=text).data[0].embedding


def aembed(url: str) -> Callable[[str], Awaitable[Vector]]:
    """One text, one list, in a loop."""
    client = AsyncOpenAI(api_key=KEY, base_url=url, timeout=600)

    async def call(text: str) -> Vector:
        return (await client.embeddings.create(model=MODEL, input=text)).data[0].embedding

    return call


def matrix(url: str) -> Callable[[list[str]], NDArray[Any]]:
    """Many texts, one matrix: 16 threads."""
    import numpy as np

    client = OpenAI(api_key=KEY, base_url=url, timeout=600)

    def call(texts: list[str]) -> NDArray[Any]:
        def batch(start: int) -> NDArray[Any]:
            reply = client.embeddings.create(model=MODEL, input=texts[start : start + BATCH])
            return np.array([each.embedding for each in reply.data], np.float32)

        with ThreadPoolExecutor(IN_FLIGHT) as pool:
            return np.concatenate(list(pool.map(batch, range(0, len(texts), BATCH))))

    return call


def amatrix(url: str) -> Callable[[list[str]], Awaitable[NDArray[Any]]]:
    """Many texts, one matrix, in a loop: 16 requests in flight."""
    import numpy as np

    client = AsyncOpenAI(api_key=KEY, base_url=url, timeout=600)

    async def call(texts: list[str]) -> NDArray[Any]:
        turn = asyncio.Semaphore(IN_FLIGHT)

        async def batch(start: int) -> NDArray[Any]:
            async with turn:
                reply = await client.embeddings.create(model=MODEL, input=texts[start : start + BATCH])
                return np.array([each.embedding for each in reply.data], np.float32)

        return np.concatenate(await asyncio.gather(*(batch(start) for start in range(0, len(texts), BATCH))))

    return call


def decode(*, base64: bool) -> Callable[[bytes, list[str]], NDArray[Any]]:
    """One reply to a matrix; the request goes nowhere."""
    import httpx2
    import numpy as np

    reply = b""

    def answer(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, content=reply, headers={"Content-Type": "application/json"})

    http = httpx2.Client(transport=httpx2.MockTransport(answer))
    client = OpenAI(api_key=KEY, base_url="http://nowhere.test", http_client=http)
    kind = {} if base64 else {"encoding_format": "float"}  # it asks for base64 by itself

    def call(body: bytes, texts: list[str]) -> NDArray[Any]:
        nonlocal reply
        reply = body
        made = client.embeddings.create(model=MODEL, input=texts, **kind)
        return np.array([each.embedding for each in made.data], np.float32)

    return call
