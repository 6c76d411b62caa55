"""How alike are these texts? The cosine of each with each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from any_llm.cli.output import headline, label

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from any_llm.types.completion import CreateEmbeddingResponse


def cosines(vectors: np.ndarray[tuple[int, int], np.dtype[np.float32]]) -> list[list[float | None]]:
    """(n, width) float32 -> n rows of n cosines in -1 to 1. None where a vector is all zero and has no direction."""
    import numpy as np  # noqa: PLC0415  # --help needs no arrays

    wide = vectors.astype(np.float64)
    lengths = np.linalg.norm(wide, axis=1, keepdims=True)
    directions = np.divide(wide, lengths, out=np.full_like(wide, np.nan), where=lengths > 0)
    matrix = np.clip(directions @ directions.T, -1, 1)
    return [[None if np.isnan(value) else float(value) for value in row] for row in matrix]


def as_json(response: CreateEmbeddingResponse) -> str:
    """Write the model and the whole matrix."""
    import msgspec  # noqa: PLC0415  # --help needs no JSON

    found = {"provider": response.provider, "model": response.model, "similarity": cosines(response.to_numpy())}
    return msgspec.json.encode(found).decode() + "\n"


def as_table(response: CreateEmbeddingResponse, texts: Sequence[str]) -> str:
    """Write a line for each text, a numbered column for each text."""
    number = len(str(len(texts)))
    head = " " * number + label("") + "".join(f"{column:>7}" for column in range(1, len(texts) + 1))
    rows = zip(texts, cosines(response.to_numpy()), strict=True)
    lines = [
        f"{position:>{number}} {label(text)}{''.join(map(rounded, row))}"
        for position, (text, row) in enumerate(rows, start=1)
    ]
    return headline(response) + "".join(line + "\n" for line in [head, *lines])


def rounded(cosine: float | None) -> str:
    """Write two decimals, in seven columns."""
    return f"{'-':>7}" if cosine is None else f"{round(cosine, 2) + 0.0:>7.2f}"  # + 0.0: no minus before a zero
