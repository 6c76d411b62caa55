"""What is the vector of a text that was read in pieces? The mean of theirs, by their lengths."""

from __future__ import annotations

from typing import TYPE_CHECKING

from any_llm.exceptions import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from any_llm.types.vectors import Vectors

ROWS = 1024
"""Vectors widened to float64 at a time: what is copied stays small."""
EVEN = 1e-3
"""Lengths this close to 1 are 1, but for rounding."""
NOTHING = 1e-4
"""A mean this much shorter than its vectors is what rounding left of vectors that cancel out."""


def averaged(vectors: Vectors, weights: Sequence[float], *, index: int, provider_name: str | None = None) -> bytes:
    """Average the (n, width) float32 vectors of the pieces of input `index`, by their lengths: one vector's bytes.

    Summed in float64 and rounded once. Where all vectors have length 1 the mean is brought to length 1; where a model's
    lengths say something it is left as it is. One vector is given back bit for bit. Raises InvalidRequestError with
    `index` when the vectors cancel out, or are not float32.
    """
    import numpy as np  # noqa: PLC0415  # only who averages pays for importing it

    if vectors.dtype != "float32":
        reason = f"overflow='mean' averages float32 vectors, not {vectors.dtype}; drop dtype= or overflow='mean'."
        raise InvalidRequestError(reason, provider_name=provider_name, index=index)
    values = vectors.to_numpy()
    shares = np.asarray(weights, np.float64)
    if len(values) != len(shares) or not (len(shares) and (shares > 0).all()):
        raise ValueError(f"{len(values)} vectors need as many weights above 0, not {len(shares)}")
    if len(values) == 1:
        return bytes(vectors.row(0))
    shares /= shares.sum()
    mean, length, even = np.zeros(vectors.width), 0.0, True
    for start in range(0, len(values), ROWS):
        exact, share = values[start : start + ROWS].astype(np.float64), shares[start : start + ROWS]
        lengths = np.linalg.norm(exact, axis=1)
        mean += (exact * share[:, None]).sum(axis=0)
        length += float(lengths @ share)
        even = even and bool((abs(lengths - 1) <= EVEN).all())
    own = float(np.linalg.norm(mean))
    if own <= NOTHING * length:
        reason = f"The vectors of the pieces of input {index} cancel out, so that it has no mean"
        raise InvalidRequestError(f"{reason}: shorten it, or split it yourself.", None, provider_name, index=index)
    result: bytes = (mean / own if even else mean).astype("<f4").tobytes()
    return result
