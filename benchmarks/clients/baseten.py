"""baseten-performance-client, which is written in Rust: as it comes, in batches of 512, and those in base64."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from baseten_performance_client import PerformanceClient, RequestProcessingPreference

from clients import KEY, MODEL

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from numpy.typing import NDArray

BATCH, IN_FLIGHT = 512, 16


def _batches() -> RequestProcessingPreference:
    return RequestProcessingPreference(
        batch_size=BATCH, max_concurrent_requests=IN_FLIGHT, max_chars_per_request=1 << 20
    )


def _client(url: str) -> PerformanceClient:
    return PerformanceClient(url.removesuffix("/v1"), KEY)


def matrix(url: str) -> Callable[[list[str]], NDArray[Any]]:
    """Many texts, one matrix, as it comes: 8 texts a request, 256 requests in flight."""
    client = _client(url)
    return lambda texts: client.embed(texts, MODEL).numpy()


def matrix_of_512(url: str) -> Callable[[list[str]], NDArray[Any]]:
    """512 texts a request, 16 requests in flight."""
    client, batches = _client(url), _batches()
    return lambda texts: client.embed(texts, MODEL, preference=batches).numpy()


def amatrix_of_512(url: str) -> Callable[[list[str]], Awaitable[NDArray[Any]]]:
    """The same in a loop."""
    client, batches = _client(url), _batches()

    async def call(texts: list[str]) -> NDArray[Any]:
        return (await client.async_embed(texts, MODEL, preference=batches)).numpy()

    return call
