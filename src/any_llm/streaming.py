"""embed_iter() and aembed_iter(): streams of any length, in bounded memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from any_llm.chunks import CHUNK
from any_llm.shared import client_for

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping

    from any_llm.constants import LLMProvider
    from any_llm.types.chunk import Chunk


def embed_iter(
    inputs: Iterable[str],
    model: str,
    *,
    chunk_size: int = CHUNK,
    ordered: bool = True,
    provider: str | LLMProvider | None = None,
    api_key: str | Callable[[], str] | Callable[[], Awaitable[str]] | None = None,
    api_base: str | None = None,
    client_args: dict[str, Any] | None = None,
    dimensions: int | None = None,
    dtype: Literal["float32", "int8", "uint8", "binary", "ubinary"] | None = None,
    input_type: Literal["query", "document", "classification", "clustering", "similarity"] | str | None = None,
    overflow: Literal["error", "truncate", "mean"] | None = None,
    normalize: bool | None = None,
    batch_size: int | None = None,
    on_error: Literal["raise", "collect"] = "raise",
    dedupe: bool = True,
    timeout: float | None = None,
    deadline: float | None = None,
    extra_headers: Mapping[str, str] | None = None,
    extra_query: Mapping[str, Any] | None = None,
    extra_body: Mapping[str, Any] | None = None,
    **kwargs: Any,
) -> Iterator[Chunk]:
    """Turn a stream of texts into chunks of vectors, in order unless `ordered=False`.

    The iterable is read on the thread that asks for chunks, a chunk at a time, and no further ahead than requests can
    be under way; these go on while a chunk is looked at. What was read and not yet taken is all that is held.

    Args:
        inputs: any iterable of texts, a generator too.
        model: "provider:model", or a model's name with `provider=`.
        chunk_size: inputs a chunk. The last one may have fewer.
        ordered: False gives each chunk as soon as it is there, though one before it is not; `start` says where it
            belongs.
        deadline: seconds the whole stream may take. Default: as long as it takes.
        **kwargs: fields of that provider's own API. All other arguments are those of embedding(); `dedupe` looks at
            one chunk at a time.

    Returns:
        An iterator of Chunk: `result.data[k]` belongs to `inputs[k]`, the stream's input `start + k`. Leaving it early
        ends what is under way.

    Raises:
        AnyLLMError: as embedding(); `index` is the position in the stream, and `partial` begins with the first input
            of which no chunk was given; with ordered=False it has those inputs alone of which none was. An exception
            of the iterable comes after the chunks before it.
    """
    client, name = client_for(model, provider, api_key, api_base, client_args)
    return client.embed_iter(
        inputs, name, chunk_size=chunk_size, ordered=ordered, dimensions=dimensions, dtype=dtype,
        input_type=input_type, overflow=overflow, normalize=normalize, batch_size=batch_size, on_error=on_error,
        dedupe=dedupe, timeout=timeout, deadline=deadline, extra_headers=extra_headers, extra_query=extra_query,
        extra_body=extra_body, **kwargs,
    )  # fmt: skip


def aembed_iter(
    inputs: Iterable[str] | AsyncIterable[str],
    model: str,
    *,
    chunk_size: int = CHUNK,
    ordered: bool = True,
    provider: str | LLMProvider | None = None,
    api_key: str | Callable[[], str] | Callable[[], Awaitable[str]] | None = None,
    api_base: str | None = None,
    client_args: dict[str, Any] | None = None,
    dimensions: int | None = None,
    dtype: Literal["float32", "int8", "uint8", "binary", "ubinary"] | None = None,
    input_type: Literal["query", "document", "classification", "clustering", "similarity"] | str | None = None,
    overflow: Literal["error", "truncate", "mean"] | None = None,
    normalize: bool | None = None,
    batch_size: int | None = None,
    on_error: Literal["raise", "collect"] = "raise",
    dedupe: bool = True,
    timeout: float | None = None,
    deadline: float | None = None,
    extra_headers: Mapping[str, str] | None = None,
    extra_query: Mapping[str, Any] | None = None,
    extra_body: Mapping[str, Any] | None = None,
    **kwargs: Any,
) -> AsyncIterator[Chunk]:
    """Turn a stream of texts, from an iterable of either kind, into chunks for `async for`.

    The arguments, chunks and errors of embed_iter(). The iterable is read on the loop: pass an async one where reading
    waits for a disk, a network or a database, or nothing else runs meanwhile.
    """
    client, name = client_for(model, provider, api_key, api_base, client_args)
    return client.aembed_iter(
        inputs, name, chunk_size=chunk_size, ordered=ordered, dimensions=dimensions, dtype=dtype,
        input_type=input_type, overflow=overflow, normalize=normalize, batch_size=batch_size, on_error=on_error,
        dedupe=dedupe, timeout=timeout, deadline=deadline, extra_headers=extra_headers, extra_query=extra_query,
        extra_body=extra_body, **kwargs,
    )  # fmt: skip
