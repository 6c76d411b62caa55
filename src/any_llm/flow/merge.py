"""Parts -> the response."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from any_llm.flow.vectors import normalise
from any_llm.types.completion import CreateEmbeddingResponse, Usage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from any_llm.flow.converse import Answer
    from any_llm.flow.vectors import Matrix
    from any_llm.wire import Call


def merge(call: Call, matrix: Matrix, answers: Sequence[Answer]) -> CreateEmbeddingResponse:
    """Every row of the matrix is written: wrap it, and add up what was used."""
    vectors = matrix.vectors()
    if (call.options.normalize or (matrix.uneven and call.options.normalize is None)) and len(vectors):
        normalise(vectors)
    models = [answer.model for answer in answers if answer.model]
    return CreateEmbeddingResponse.from_vectors(
        vectors,
        model=models[0] if models else call.model,
        usage=_usage(answers),
        provider=call.row.name,
        input_type_applied=next((answer.applied for answer in answers if answer.applied), call.applied),
        dimensions_by=_dimensions_by(matrix),
        request_ids=tuple(answer.request_id for answer in answers if answer.request_id),
        as_base64=call.options.encoding_format == "base64",
    )


def _dimensions_by(matrix: Matrix) -> Literal["provider", "client"] | None:
    if matrix.form.dimensions is None:
        return None
    return "client" if matrix.was_cut else "provider"


def _usage(answers: Sequence[Answer]) -> Usage:
    """Sum of what the provider reported. One reply without a count makes the whole unknown: zero never means free."""
    source: Literal["measured", "estimated", "unknown"] = "measured"
    prompt = total = 0
    for answer in answers:
        if answer.prompt_tokens is None:
            source = "unknown"
        elif answer.estimated and source == "measured":
            source = "estimated"
        prompt += answer.prompt_tokens or 0
        total += answer.total_tokens or 0
    return Usage(prompt_tokens=prompt, total_tokens=total, source=source)
