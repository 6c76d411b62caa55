"""Base64 or floats -> float32 values in the call's one buffer, checked. The only code that makes numbers."""

from __future__ import annotations

import threading
from array import array
from contextlib import contextmanager
from math import isfinite
from typing import TYPE_CHECKING

import msgspec
import pybase64

from any_llm.types.vectors import FLOAT32, Vectors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from any_llm.wire import Batch, Part

_floats = msgspec.json.Decoder(list[float])
QUOTE = ord('"')
ROWS = 1024
"""Vectors normalised at a time: what is copied stays small."""
NOT_FINITE = b"\x7f\xff"
"""Top bytes that only infinities, NaNs and numbers beyond 1.7e38 have."""


class InvalidVectorError(ValueError):
    """A part that cannot be right; `index` is the input at fault, where one is."""

    def __init__(self, reason: str, index: int | None = None) -> None:
        """Say what and where."""
        super().__init__(reason)
        self.index = index


class Matrix:
    """Room for `count` vectors; the width is set by the first that is found right."""

    def __init__(self, count: int, asked: int | None = None) -> None:
        """Know how many, and how wide if a width was asked for."""
        self.count = count
        self.asked = asked
        self.width = 0
        self.buffer = bytearray()
        self._lock = threading.Lock()
        self._writing = 0
        self._right = False

    @contextmanager
    def open(self, width: int, index: int) -> Iterator[memoryview]:
        """Writable bytes of the whole matrix. Raises when the width is not the one in force.

        The first to write sets the width, and takes it back if what it wrote turns out wrong.
        """
        with self._lock:
            wanted = self.asked or self.width or width
            if width != wanted:
                asked = " asked for" if self.asked else ""
                raise InvalidVectorError(f"a vector is {width} wide, not the {wanted}{asked}", index)
            if not self.width:
                self.buffer = bytearray(FLOAT32 * width * self.count)
                self.width = width
            self._writing += 1
        try:
            yield memoryview(self.buffer)
            self._right = True
        finally:
            with self._lock:
                self._writing -= 1
                if not (self._right or self._writing):
                    self.width = 0

    def vectors(self) -> Vectors:
        """What was written."""
        return Vectors(self.buffer, self.width)


def fill(matrix: Matrix, batch: Batch, part: Part) -> None:
    """Write a part's vectors to the rows of its inputs, every law checked. Raises InvalidVectorError."""
    if len(part.vectors) != len(batch):
        raise InvalidVectorError(f"{len(batch)} inputs were sent and {len(part.vectors)} vectors came back")
    places = _places(batch, part.indexes)
    rows, encoded = _rows(part.vectors, places)
    width = _width(rows, places, encoded=encoded)
    size = FLOAT32 * width
    with matrix.open(width, places[0]) as target:
        for row, place in zip(rows, places, strict=True):
            own = target[place * size : (place + 1) * size]
            own[:] = _unbase64(row, place) if encoded else row
            _check(own, place, batch)


def _places(batch: Batch, indexes: Sequence[int] | None) -> Sequence[int]:
    """Which row of the matrix each vector of the reply belongs to."""
    if indexes is None:
        return batch.indexes
    if sorted(indexes) != list(range(len(batch))):
        raise InvalidVectorError(f"the reply's indexes are no permutation of 0 to {len(batch) - 1}")
    return [batch.indexes[index] for index in indexes]


def _rows(vectors: Sequence[msgspec.Raw] | Vectors, places: Sequence[int]) -> tuple[list[memoryview], bool]:
    """Float32 bytes of each vector, or its base64 text, which is decoded once its place in the matrix is known."""
    if isinstance(vectors, Vectors):
        return [vectors.row(position) for position in range(len(vectors))], False
    encoded = memoryview(vectors[0])[0] == QUOTE
    read = _text if encoded else _values
    return [read(vector, place) for vector, place in zip(vectors, places, strict=True)], encoded


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


def _width(rows: list[memoryview], places: Sequence[int], *, encoded: bool) -> int:
    """Values each vector holds, told from lengths before anything is decoded. Raises when they differ."""
    width = 0
    for row, place in zip(rows, places, strict=True):
        size = len(row) // 4 * 3 - bytes(row[-2:]).count(b"=") if encoded else len(row)
        if size % FLOAT32 or (encoded and len(row) % 4):
            raise InvalidVectorError("a vector is not base64 of whole float32 values", place)
        if not size:
            raise InvalidVectorError("a vector is empty", place)
        if width and size != width * FLOAT32:
            raise InvalidVectorError(f"a vector is {size // FLOAT32} wide among others of {width}", place)
        width = size // FLOAT32
    return width


def _unbase64(text: memoryview, place: int) -> bytes:
    try:
        return pybase64.b64decode(text, validate=True)
    except ValueError:
        raise InvalidVectorError("a vector is not valid base64", place) from None


def _check(row: memoryview, place: int, batch: Batch) -> None:
    """Every value finite, and not all zero for text that is not blank. No value becomes a Python object."""
    high = bytes(row[3::FLOAT32])
    if any(top in high for top in NOT_FINITE) and not all(map(isfinite, row.cast("f"))):
        raise InvalidVectorError("a vector holds NaN or infinity", place)
    # All top bytes 00 or 80: every value is zero or tiny.
    if not high.strip(b"\x00\x80") and not any(row.cast("f")) and batch.texts[batch.indexes.index(place)].strip():
        raise InvalidVectorError("a vector is all zero", place)


def normalise(vectors: Vectors) -> None:
    """Bring each vector to unit length, in place. A zero vector stays zero."""
    import numpy as np  # noqa: PLC0415  # only normalize=True pays for importing it

    values = vectors.to_numpy()
    for start in range(0, len(values), ROWS):
        exact = values[start : start + ROWS].astype(np.float64)  # squares of float32 may overflow it, or vanish
        lengths = np.linalg.norm(exact, axis=1, keepdims=True)
        values[start : start + ROWS] = exact / np.where(lengths == 0, 1, lengths)
