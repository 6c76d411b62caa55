"""Base64 or JSON numbers -> values in the call's one buffer, checked. The only code that makes numbers."""

from __future__ import annotations

from itertools import chain
from math import hypot, isfinite
from typing import TYPE_CHECKING

import msgspec
import pybase64

from any_llm.flow.faults import QUOTE, look, numbers
from any_llm.flow.matrix import Form, InvalidVectorError, bytes_each
from any_llm.types.vectors import FLOAT32, Vectors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from any_llm.flow.matrix import Matrix
    from any_llm.wire import Batch, Part

UNEVEN = 1e-3
"""A length this far from 1 is no rounding."""
ROWS = 1024
"""Vectors normalised at a time: what is copied stays small."""
TOP = 3
"""The byte of a float32 that its sign and most of its exponent are in; FLOAT32 bytes on is the next one's."""
SEVERAL = 3
"""Different texts that have no reason to share a vector."""
NOT_FINITE = 0x7F, 0xFF
"""Top bytes that only infinities, NaNs and numbers beyond 1.7e38 have."""
TINY = 0x00, 0x80
"""Top bytes of zeros, and of numbers below 2.4e-38."""


def fill(matrix: Matrix, batch: Batch, part: Part) -> None:
    """Write a part's vectors to the rows of its inputs, every law checked. Raises InvalidVectorError."""
    if len(part.vectors) != len(batch):
        raise InvalidVectorError(f"{len(batch)} inputs were sent and {len(part.vectors)} vectors came back")
    if isinstance(part.vectors, Vectors) and part.vectors.dtype != matrix.form.dtype:
        raise InvalidVectorError(f"vectors of {part.vectors.dtype} came back, not of {matrix.form.dtype}")
    places = _places(batch, part.indexes)
    try:
        if not _as_a_block(matrix, part, places):
            _one_by_one(matrix, batch, part, places)
    except InvalidVectorError:
        look(part.vectors, places, matrix.form)  # of several that are not alike, it knows which is at fault
        raise
    matrix.stands(places)


def _places(batch: Batch, indexes: Sequence[int] | None) -> Sequence[int]:
    """Which row of the matrix each vector of the reply belongs to."""
    in_order = list(range(len(batch)))
    if indexes is None or indexes == in_order:
        return batch.indexes
    if sorted(indexes) != in_order:
        raise InvalidVectorError(f"the reply's indexes are no permutation of 0 to {len(batch) - 1}")
    return [batch.indexes[index] for index in indexes]


def _as_a_block(matrix: Matrix, part: Part, places: Sequence[int]) -> bool:
    """Take numbers made in this process all at once. False: one of them, or where they go, must be looked at."""
    vectors, last = part.vectors, len(places) - 1
    if not isinstance(vectors, Vectors) or matrix.form != Form(matrix.form.dimensions):
        return False
    if not isinstance(places, range) or places.step != 1 or places.stop > matrix.count:
        return False
    if vectors.row(0) == vectors.row(last) or not _plain(vectors.buffer, vectors.width):
        return False
    target = matrix.open(vectors.width, None)
    target[places.start * vectors.size : places.stop * vectors.size] = vectors.buffer
    matrix.close(right=True)
    return True


def _plain(values: bytes | bytearray, width: int) -> bool:
    """Whether no value can be NaN or infinite, and no vector of so many all zero. False: each must be looked at."""
    high = values[TOP::FLOAT32]
    firsts = high[::width]
    return not (NOT_FINITE[0] in high or NOT_FINITE[1] in high or TINY[0] in firsts or TINY[1] in firsts)


def _one_by_one(matrix: Matrix, batch: Batch, part: Part, places: Sequence[int]) -> None:
    form, count, right = matrix.form, matrix.count, False
    found = _values(part.vectors, places, form)
    first = next(found)
    width, rest = divmod(len(first), bytes_each(form))
    if rest or not width:
        raise InvalidVectorError("a vector is not of whole values")
    cut = form.dimensions is not None and width == form.cut_from != form.dimensions
    size = bytes_each(form) * (form.dimensions if cut and form.dimensions else width)
    apart: dict[int, bytes] = {}
    same = True
    # Of several that are all of another width, none is at fault by itself.
    target = matrix.open(size // bytes_each(form), places[0] if len(places) == 1 else None)
    try:
        for values, place in zip(chain((first,), found), places, strict=True):
            if len(values) != len(first):
                raise InvalidVectorError("a vector is of another width", place)
            same = same and values == first
            own = values[:size]
            matrix.blank |= _check(own, place, batch, form)
            if place < count:
                target[place * size : place * size + size] = own
            else:
                apart[place] = own
        right = True
    finally:
        matrix.close(right=right)
    if cut:
        matrix.was_cut = matrix.uneven = True
    elif form.unit and not matrix.uneven:
        matrix.uneven = abs(hypot(*memoryview(own).cast("f")) - 1) > UNEVEN
    matrix.same |= same and _differ(batch.texts)
    matrix.apart.update(apart)


def _differ(texts: Sequence[str]) -> bool:
    """Whether there are several, other than in case and blanks, which some models do not read."""
    return len(texts) >= SEVERAL and len({" ".join(text.casefold().split()) for text in texts}) >= SEVERAL


def _values(vectors: Sequence[msgspec.Raw] | Vectors, places: Sequence[int], form: Form) -> Iterator[bytes]:
    """Bytes of each vector, as it is asked for."""
    if isinstance(vectors, Vectors):
        return (bytes(vectors.row(position)) for position in range(len(vectors)))
    if memoryview(vectors[0])[0] == QUOTE:
        return map(_unbase64, vectors, places)
    return (numbers(vector, place, form) for vector, place in zip(vectors, places, strict=True))


def _unbase64(vector: msgspec.Raw, place: int) -> bytes:
    text = memoryview(vector)
    try:
        if text[0] == QUOTE:  # what stands in brackets might be read as base64 too
            return pybase64.b64decode(text[1:-1], validate=True)
    except ValueError:
        pass
    try:
        # Some servers write "/" as "\\/", as JSON allows.
        return pybase64.b64decode(msgspec.json.decode(vector, type=str), validate=True)
    except ValueError:  # msgspec.ValidationError is one
        raise InvalidVectorError("a vector is not valid base64", place) from None


def _check(row: bytes, place: int, batch: Batch, form: Form) -> bool:
    """Every value finite, and not all zero for text that is not blank: say if one that is has such a vector.

    No value becomes a Python object.
    """
    if form.dtype != "float32":
        zero = not row.strip(b"\x00")
    elif _plain(row, len(row)):
        return False
    else:
        values = memoryview(row).cast("f")
        if not all(map(isfinite, values)):
            raise InvalidVectorError("a vector holds NaN or infinity", place)
        zero = not any(values)
    if zero and batch.texts[batch.indexes.index(place)].strip():
        raise InvalidVectorError("a vector is all zero", place)
    return zero


def normalise(vectors: Vectors) -> None:
    """Bring each vector to unit length, in place. A zero vector stays zero."""
    import numpy as np  # noqa: PLC0415  # only normalize=True pays for importing it

    values = vectors.to_numpy()
    for start in range(0, len(values), ROWS):
        exact = values[start : start + ROWS].astype(np.float64)  # squares of float32 may overflow it, or vanish
        lengths = np.linalg.norm(exact, axis=1, keepdims=True)
        values[start : start + ROWS] = exact / np.where(lengths == 0, 1, lengths)
