"""Results of calls that follow one another -> one result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from any_llm.types.completion import CreateEmbeddingResponse
from any_llm.types.requests import Requests
from any_llm.types.usage import Usage
from any_llm.types.vectors import Vectors

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from any_llm.exceptions import AnyLLMError
    from any_llm.types.beside import Overflow

CERTAINTY = ("unknown", "estimated", "measured")
"""Whose counts they are, the least sure first."""

KNOWLEDGE: tuple[Overflow, ...] = ("detected", "unknown", "enforced")
"""What is known of over-long inputs: a part's word for the whole, the gravest first."""


def join(parts: Iterable[tuple[int, CreateEmbeddingResponse | None]]) -> CreateEmbeddingResponse | None:
    """Join (inputs, what came of them, if anything did), in order. None: nothing came of any."""
    parts = list(parts)
    results = [result for _, result in parts if result is not None]
    if not results:
        return None
    like = max((result.vectors for result in results), key=lambda vectors: vectors.width)
    each = len(like.row(0)) if like.width else 0
    buffer, missing, start = bytearray(), set[int](), 0
    errors: dict[int, AnyLLMError] = {}
    truncated: list[int] = []
    for count, result in parts:
        if result is None or not result.vectors.width:
            buffer += bytes(each * count)
            missing.update(range(start, start + count))
        else:
            buffer += result.vectors.buffer
            missing.update(start + index for index in result.missing)
        truncated += (start + index for index in (result.truncated if result else ()))
        errors.update((start + index, error) for index, error in (result.errors if result else {}).items())
        start += count
    return CreateEmbeddingResponse.from_vectors(
        Vectors(buffer, like.width, like.dtype),
        model=results[0].model,
        usage=_usage([result.usage for result in results]),
        missing=frozenset(missing),
        price=results[0]._price,  # noqa: SLF001  # of one model at one provider
        errors=errors,
        provider=results[0].provider,
        identity=results[0].identity,
        requests=Requests(*map(sum, zip(*(result.requests for result in results), strict=True))),
        request_ids=tuple(name for result in results for name in result.request_ids),
        truncated=tuple(truncated),
        overflow=next((word for word in KNOWLEDGE if word in {result.overflow for result in results}), "unknown"),
    )


def _usage(parts: Sequence[Usage]) -> Usage:
    return Usage(
        prompt_tokens=sum(part.prompt_tokens for part in parts),
        total_tokens=sum(part.total_tokens for part in parts),
        source=min((part.source for part in parts), key=CERTAINTY.index),
    )
