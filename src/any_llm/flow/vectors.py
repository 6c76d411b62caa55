"""Base64 or JSON numbers -> values in the call's one buffer, checked. The only code that makes numbers."""

from __future__ import annotations

from array import array
from collections import Counter
from functools import partial
from math import hypot, isfinite
from typing import TYPE_CHECKING

import msgspec
import pybase64

from any_llm.flow.matrix import InvalidVectorError, bytes_each
from any_llm.types.vectors import CODES, FLOAT32, Vectors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from any_llm.flow.matrix import Form, Matrix
    from any_llm.wire import Batch, Part

_floats = msgspec.json.Decoder(list[float])
_integers = msgspec.json.Decoder(list[int])
QUOTE, BRACKET = b'"['
UNEVEN = 1e-3
"""A length this far from 1 is no rounding."""
ROWS = 1024
"""Vectors normalised at a time: what is copied stays small."""
SEVERAL = 3
"""Different texts that have no reason to share a vector."""
NOT_FINITE = b"\x7f\xff"
"""Top bytes that only infinities, NaNs and numbers beyond 1.7e38 have."""


def fill(matrix: Matrix, batch: Batch, part: Part) -> None:
    """Write a part's vectors to the rows of its inputs, every law checked. Raises InvalidVectorError."""
    if len(part.vectors) != len(batch):
        raise InvalidVectorError(f"{len(batch)} inputs were sent and {len(part.vectors)} vectors came back")
    form = matrix.form
    places = _places(batch, part.indexes)
    rows, encoded = _rows(part.vectors, places, form)
    width = _width(rows, places, bytes_each(form), encoded=encoded)
    cut = form.dimensions is not None and width == form.cut_from != form.dimensions
    size = bytes_each(form) * (form.dimensions if cut and form.dimensions else width)
    apart: dict[int, bytes] = {}
    # Of several that are all of another width, none is at fault by itself.
    with matrix.open(size // bytes_each(form), places[0] if len(places) == 1 else None) as target:
        for row, place in zip(rows, places, strict=True):
            inside = place < matrix.count
            own = target[place * size : (place + 1) * size] if inside else memoryview(bytearray(size))
            values = _unbase64(row, place) if encoded else row
            own[:] = values[:size] if cut else values
            matrix.blank |= _check(own, place, batch, form)
            if not inside:
                apart[place] = bytes(own)
        if cut:
            matrix.was_cut = matrix.uneven = True
        elif form.unit and not matrix.uneven:
            matrix.uneven = abs(hypot(*own.cast("f")) - 1) > UNEVEN
    if len(rows) >= SEVERAL and rows[0] == rows[1]:
        matrix.same |= all(row == rows[0] for row in rows) and _differ(batch.texts)
    matrix.apart.update(apart)
    matrix.stands(places)


def _differ(texts: Sequence[str]) -> bool:
    """Whether there are several, other than in case and blanks, which some models do not read."""
    return len({" ".join(text.casefold().split()) for text in texts}) >= SEVERAL


def _places(batch: Batch, indexes: Sequence[int] | None) -> Sequence[int]:
    """Which row of the matrix each vector of the reply belongs to."""
    if indexes is None:
        return batch.indexes
    if sorted(indexes) != list(range(len(batch))):
        raise InvalidVectorError(f"the reply's indexes are no permutation of 0 to {len(batch) - 1}")
    return [batch.indexes[index] for index in indexes]


def _rows(vectors: Sequence[msgspec.Raw] | Vectors, places: Sequence[int], form: Form) -> tuple[list[memoryview], bool]:
    """Bytes of each vector, or its base64 text, which is decoded once its place in the matrix is known."""
    if isinstance(vectors, Vectors):
        return [vectors.row(position) for position in range(len(vectors))], False
    encoded = _encoded(vectors)
    read = _text if encoded else _values if form.dtype == "float32" else partial(_whole, code=CODES[form.dtype])
    return [read(vector, place) for vector, place in zip(vectors, places, strict=True)], encoded


def _encoded(vectors: Sequence[msgspec.Raw]) -> bool:
    """Whether they are base64: as most are, if one is odd."""
    if memoryview(vectors[0])[0] == memoryview(vectors[-1])[0]:
        return memoryview(vectors[0])[0] == QUOTE
    begin = [memoryview(vector)[0] for vector in vectors]
    if begin.count(QUOTE) == begin.count(BRACKET) > 0:
        raise InvalidVectorError("as many vectors are lists as are base64")
    return begin.count(QUOTE) > begin.count(BRACKET)


def _text(vector: msgspec.Raw, place: int) -> memoryview:
    raw = memoryview(vector)
    if raw[0] != QUOTE:
        raise InvalidVectorError("a vector is a list among others in base64", place)
    text = raw[1:-1]
    # Some servers write "/" as "\\/", as JSON allows.
    return memoryview(msgspec.json.decode(vector, type=str).encode()) if b"\\" in text.tobytes() else text


def _values(vector: msgspec.Raw, place: int) -> memoryview:
    try:
        return memoryview(array("f", _floats.decode(vector))).cast("B")
    except msgspec.ValidationError as error:  # null, a string, a number out of range
        raise InvalidVectorError(f"a vector is no list of finite numbers: {error}", place) from None


def _whole(vector: msgspec.Raw, place: int, *, code: str) -> memoryview:
    try:
        return memoryview(array(code, _integers.decode(vector))).cast("B")
    except (msgspec.ValidationError, OverflowError):
        raise InvalidVectorError("a vector is no list of whole numbers of a byte each", place) from None


def _width(rows: list[memoryview], places: Sequence[int], each: int, *, encoded: bool) -> int:
    """Values each vector holds, told from lengths before anything is decoded. Raises when they differ."""
    widths = []
    for row, place in zip(rows, places, strict=True):
        size = len(row) // 4 * 3 - bytes(row[-2:]).count(b"=") if encoded else len(row)
        if size % each or (encoded and len(row) % 4):
            raise InvalidVectorError("a vector is not base64 of whole float32 values", place)
        if not size:
            raise InvalidVectorError("a vector is empty", place)
        widths.append(size // each)
    if len(set(widths)) > 1:
        (usual, often), (_, next_often), *_ = Counter(widths).most_common()
        odd = next(at for at, width in enumerate(widths) if width != usual)
        # Where as many are of another width, nobody can tell which is at fault.
        index = places[odd] if often > next_often else None
        raise InvalidVectorError(f"a vector is {widths[odd]} wide among others of {usual}", index)
    return widths[0]


def _unbase64(text: memoryview, place: int) -> bytes:
    try:
        return pybase64.b64decode(text, validate=True)
    except ValueError:
        raise InvalidVectorError("a vector is not valid base64", place) from None


def _check(row: memoryview, place: int, batch: Batch, form: Form) -> bool:
    """Every value finite, and not all zero for text that is not blank: say if one that is has such a vector.

    No value becomes a Python object.
    """
    if form.dtype != "float32":
        zero = not any(row)
    else:
        high = bytes(row[3::FLOAT32])
        if any(top in high for top in NOT_FINITE) and not all(map(isfinite, row.cast("f"))):
            raise InvalidVectorError("a vector holds NaN or infinity", place)
        # All top bytes 00 or 80: every value is zero or tiny.
        zero = not high.strip(b"\x00\x80") and not any(row.cast("f"))
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
