"""What a type checker sees of a result. Read by mypy --strict, never run."""

from __future__ import annotations

from typing import Any, Literal, assert_type

import numpy as np

from any_llm.types.completion import CreateEmbeddingResponse, Embedding, Usage
from any_llm.types.provider import ProviderMetadata


def fields(result: CreateEmbeddingResponse, metadata: ProviderMetadata) -> None:
    """Each field has the type OpenAI's class gives it."""
    assert_type(result.data, list[Embedding])
    assert_type(result.data[0].embedding, list[float])
    assert_type(result.data[0].index, int)
    assert_type(result.data[0].object, Literal["embedding"])
    assert_type(result.model, str)
    assert_type(result.object, Literal["list"])
    assert_type(result.usage, Usage)
    assert_type(result.usage.total_tokens, int)
    assert_type(result.usage.source, Literal["measured", "estimated", "unknown"])
    assert_type(result.provider, str | None)
    assert_type(result.cost_usd, float | None)
    assert_type(result.request_ids, tuple[str, ...])
    assert_type(result.input_type_applied, Literal["field", "prefix", "model", "not needed", "unknown"] | None)
    assert_type(result.dimensions_by, Literal["provider", "client"] | None)
    assert_type(result.to_numpy(), np.ndarray[tuple[int, int], np.dtype[Any]])
    assert_type(result.model_dump(), dict[str, Any])
    assert_type(result.model_copy(), CreateEmbeddingResponse)
    assert_type(CreateEmbeddingResponse.model_validate({}), CreateEmbeddingResponse)
    assert_type(metadata.embedding, bool)


def mistakes(result: CreateEmbeddingResponse) -> None:
    """Each of these is an error: an ignore that is not needed is one too."""
    result.dimensions  # type: ignore[attr-defined]  # noqa: B018
    result.model_dump(exlcude={"data"})  # type: ignore[call-arg]
    Usage(1, 2)  # type: ignore[call-arg]
    ProviderMetadata(name="x")  # type: ignore[call-arg]
