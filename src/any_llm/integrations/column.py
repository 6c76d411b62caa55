"""What a column of texts and nulls becomes: a matrix with a row for each, and which rows have no vector."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from any_llm import AnyLLMError, embedding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa


def embed(
    texts: Sequence[str | None], model: str, options: Mapping[str, Any]
) -> tuple[np.ndarray[tuple[int, int], Any], np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """Embed those that are not null; `options` are those of any_llm.embedding.

    Returns the vectors, (rows, dimensions), and True for each row that has none: what stands there means nothing.
    """
    rows = np.array([row for row, text in enumerate(texts) if text is not None], dtype=np.intp)
    missing = np.ones(len(texts), dtype=np.bool_)
    if not len(rows):
        return np.zeros((len(texts), options.get("dimensions") or 0), dtype=np.float32), missing
    try:
        result = embedding(model, [text for text in texts if text is not None], **options)
    except AnyLLMError as error:
        if error.index is not None and len(rows) < len(texts):
            error.index = int(rows[error.index])
            error.add_note("`index` counts all rows of this batch, `partial` those that are not null.")
        raise
    if result.errors:
        first = min(result.errors)
        why = f"row {rows[first]} of this batch for {type(result.errors[first]).__name__}"
        warnings.warn(f"{len(result.errors)} of {len(texts)} rows became null: {why}.", UserWarning, stacklevel=4)
    vectors = result.to_numpy(missing="nan") if result.errors else result.to_numpy()
    missing[np.delete(rows, list(result.errors))] = False
    if len(rows) == len(texts):
        return vectors, missing
    whole = np.zeros((len(texts), vectors.shape[1]), dtype=vectors.dtype)
    whole[rows] = vectors
    return whole, missing


def arrow(texts: Sequence[str | None], model: str, options: Mapping[str, Any], *, fixed: bool = True) -> pa.Array:
    """Embed a column for Arrow: lists of numbers, where `fixed` of one size if `dimensions` are given."""
    import pyarrow as pa  # noqa: PLC0415  # pandas and polars do without

    vectors, missing = embed(texts, model, options)
    values, width = pa.array(vectors.reshape(-1)), vectors.shape[1]
    if fixed and options.get("dimensions"):
        return pa.FixedSizeListArray.from_arrays(values, width, mask=pa.array(missing))
    offsets = pa.array(np.arange(len(texts) + 1, dtype=np.int32) * width)
    return pa.ListArray.from_arrays(offsets, values, mask=pa.array(missing))
