"""One run of a graph: token ids of a few texts in, one vector a text out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from any_llm.exceptions import ProviderError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from any_llm.local.model import Recipe, Session

    Array = np.ndarray[Any, np.dtype[Any]]

_SMALLEST = 1e-12
"""A vector of nothing but zeros stays so, as in sentence-transformers."""


def forward(session: Session, recipe: Recipe, rows: Sequence[Sequence[int]]) -> Array:
    """Give (len(rows), width) float32, pooled and normalised as the recipe says. Raises ProviderError."""
    import numpy as np  # noqa: PLC0415  # only a call that runs a model pays for it

    shape = (len(rows), max(map(len, rows)))
    tokens = np.full(shape, recipe.pad, np.int64)
    mask = np.zeros(shape, np.int64)
    for row, ids in enumerate(rows):
        tokens[row, : len(ids)] = ids
        mask[row, : len(ids)] = 1
    given = {"input_ids": tokens, "attention_mask": mask, "token_type_ids": np.zeros(shape, np.int64)}
    feed = {name: given[name].astype(integer, copy=False) for name, integer in session.inputs.items()}
    try:
        (output,) = session.runs.run([session.output], feed)
    except Exception as error:  # its exceptions have no common class below Exception
        raise ProviderError(f"onnxruntime could not run the model: {error}", error, "local") from error
    values: Array = np.asarray(output, np.float32)
    vectors = values if session.pooled else _pool(values, mask, recipe)
    return to_unit_length(vectors) if recipe.normalized else vectors


def to_unit_length(vectors: Array) -> Array:
    """Scale each of the (n, width) vectors to length 1."""
    import numpy as np  # noqa: PLC0415

    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Array = vectors / np.maximum(lengths, np.float32(_SMALLEST))
    return scaled


def _pool(output: Array, mask: Array, recipe: Recipe) -> Array:
    """Make (n, tokens, width) into (n, width), padding left out."""
    import numpy as np  # noqa: PLC0415

    if recipe.pooling == "cls":
        return output[:, 0]
    if recipe.pooling == "max":
        best: Array = np.max(output, axis=1, where=mask[:, :, None] > 0, initial=-np.inf)
        return best
    weights = mask.astype(np.float32)
    mean: Array = (weights[:, None, :] @ output)[:, 0] / weights.sum(axis=1, keepdims=True)
    return mean
