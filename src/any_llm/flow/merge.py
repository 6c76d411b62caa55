"""Parts -> the response."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from any_llm.flow.vectors import normalise
from any_llm.types.completion import CreateEmbeddingResponse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from any_llm.exceptions import AnyLLMError
    from any_llm.flow.matrix import Matrix
    from any_llm.flow.pieces import Pieces
    from any_llm.flow.setting import Answer, Setting
    from any_llm.types.identity import EmbeddingIdentity
    from any_llm.types.loaded import Loaded


def merge(
    setting: Setting,
    answers: Sequence[Answer],
    errors: Mapping[int, AnyLLMError],
    same: Mapping[int, int],
    pieces: Pieces,
) -> CreateEmbeddingResponse:
    """Wrap the matrix, and add up what was used. `errors`: why an input has no vector; `same`: whom an input equals."""
    call, matrix = setting.call, setting.matrix
    for index, first in same.items():
        if matrix.written[first]:
            matrix.repeat(index, first)
    # Taken first: threads of a call that was ended may still write, and what they do is not looked after any more.
    missing = frozenset() if matrix.placed == matrix.count else _missing(matrix)
    vectors = matrix.vectors()
    uneven = call.options.normalize or (matrix.uneven and call.options.normalize is None)
    if uneven and not matrix.final and len(vectors):
        normalise(vectors)
    model, applied = "", call.applied
    for answer in reversed(answers):  # the first that says so counts
        model, applied = answer.model or model, answer.applied or applied
    return CreateEmbeddingResponse.from_vectors(
        vectors,
        model=model or call.model,
        usage=setting.tally.usage(),
        provider=call.row.name,
        input_type_applied=applied,
        dimensions_by=_dimensions_by(matrix),
        request_ids=tuple([answer.request_id for answer in answers if answer.request_id]),
        as_base64=call.options.encoding_format == "base64",
        missing=missing,
        errors=dict(sorted(errors.items())) if errors else {},
        requests=setting.tally.requests(),
        truncated=tuple(sorted(pieces.truncated - errors.keys())) if pieces.truncated else (),
        overflow=pieces.overflow,
        identity=identified(setting.identity, next((answer.loaded for answer in answers if answer.loaded), None)),
        price=setting.price,
    )


def identified(known: EmbeddingIdentity | None, loaded: Loaded | None) -> EmbeddingIdentity | None:
    """The identity, with what only the loaded model could tell."""
    if known is None or loaded is None:
        return known
    return msgspec.structs.replace(
        known, model=loaded.name, revision=loaded.revision, prompt=loaded.prompt or known.prompt
    )


def _missing(matrix: Matrix) -> frozenset[int]:
    return frozenset(index for index, written in enumerate(matrix.written) if not written)


def _dimensions_by(matrix: Matrix) -> Literal["provider", "client"] | None:
    if matrix.form.dimensions is None:
        return None
    return "client" if matrix.was_cut else "provider"
