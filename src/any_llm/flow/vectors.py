"""Base64 or JSON numbers -> values in the call's one buffer, checked. The only code that makes numbers."""

from __future__ import annotations

import threading
from array import array
from contextlib import contextmanager
from functools import partial
from math import hypot, isfinite
from typing import TYPE_CHECKING

import msgspec
import pybase64

from any_llm.types.vectors import BITS, CODES, FLOAT32, PACKED, Vectors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from any_llm.types.vectors import Dtype
    from any_llm.wire import Batch, Part

_floats = msgspec.json.Decoder(list[float])
_integers = msgspec.json.Decoder(list[int])
QUOTE = ord('"')
UNEVEN = 1e-3
"""A length this far from 1 is no rounding."""
ROWS = 1024
"""Vectors normalised at a time: what is copied stays small."""
LIKELY, WIDEST = 4096, 16_384
"""Values for which a reply has room whatever was asked, so that a width can be told wrong; and if nothing is known."""
NUMBER, ECHO, FRAME, LARGEST = 40, 4, 1 << 20, 1 << 30
"""Bytes at most of a value as JSON, of a byte that is repeated, of all else, and of any reply."""
NOT_FINITE = b"\x7f\xff"
"""Top bytes that only infinities, NaNs and numbers beyond 1.7e38 have."""


class InvalidVectorError(ValueError):
    """A part that cannot be right; `index` is the input at fault, where one is."""

    def __init__(self, reason: str, index: int | None = None) -> None:
        """Say what and where."""
        super().__init__(reason)
        self.index = index


class Form(msgspec.Struct, frozen=True):
    """What vectors a call wants. None: as the model gives them."""

    dimensions: int | None = None
    """Width asked for."""
    cut_from: int | None = None
    """The model's own width, from which a vector may be cut to the one asked for and scaled anew."""
    unit: bool = False
    """The model's own vectors have length 1, so one that was cut by anybody shall have it too."""
    dtype: Dtype = "float32"

    @property
    def width(self) -> int | None:
        """Numbers a vector: eight dimensions a packed byte."""
        packed = self.dtype in PACKED
        return self.dimensions // BITS if packed and self.dimensions else self.dimensions


class Matrix:
    """Room for `count` vectors; the width is set by the first that is found right."""

    def __init__(self, count: int, form: Form = Form()) -> None:  # noqa: B008  # frozen
        """Know how many, and of what form."""
        self.count = count
        self.form = form
        self.was_cut = False
        """Whether we cut any vector."""
        self.uneven = False
        """Whether any cut vector lacks the unit length it should have."""
        self.width = 0
        self.buffer = bytearray()
        self.written = bytearray(count)
        """A 1 for each vector that stands and was found right."""
        self.placed = 0
        """How many do."""
        self.apart: dict[int, bytes] = {}
        """Vectors of rows beyond `count`: pieces of inputs, until they are averaged."""
        self.blank = False
        """Whether a blank text has a zero vector."""
        self._lock = threading.Lock()
        self._writing = 0
        self._right = False

    @contextmanager
    def open(self, width: int, index: int) -> Iterator[memoryview]:
        """Writable bytes of the whole matrix. Raises when the width is not the one in force.

        The first to write sets the width, and takes it back if what it wrote turns out wrong.
        """
        with self._lock:
            asked = self.form.width
            wanted = asked or self.width or width
            if width != wanted:
                reason = " asked for" if asked else ""
                raise InvalidVectorError(f"a vector is {width} wide, not the {wanted}{reason}", index)
            if not self.width:
                self.buffer = bytearray(bytes_each(self.form) * width * self.count)
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

    def stands(self, places: Sequence[int]) -> None:
        """These rows are right, and nobody writes them again."""
        with self._lock:
            for place in places:
                if place < self.count:
                    self.placed += not self.written[place]
                    self.written[place] = 1

    def forget(self, place: int) -> None:
        """What stands here is not to be used."""
        with self._lock:
            if place >= self.count:
                self.apart.pop(place, None)
            else:
                self.placed -= self.written[place]
                self.written[place] = 0

    def put(self, place: int, vector: bytes) -> None:
        """Put down the vector of an input that was read in pieces."""
        size = self.width * bytes_each(self.form)
        self.buffer[place * size : (place + 1) * size] = vector
        self.stands([place])

    def repeat(self, place: int, first: int) -> None:
        """Put down the vector of an equal input here too."""
        size = self.width * bytes_each(self.form)
        self.put(place, bytes(self.buffer[first * size : (first + 1) * size]))

    def limit(self, count: int, sent: int) -> int:
        """Bytes at most of a reply to `sent` bytes that ask for `count` vectors, and may repeat what was sent."""
        width = max(LIKELY, self.form.cut_from or self.form.width or self.width or WIDEST)
        return min(LARGEST, FRAME + ECHO * sent + NUMBER * width * count)

    def vectors(self) -> Vectors:
        """What was written."""
        return Vectors(self.buffer, self.width, self.form.dtype)


def bytes_each(form: Form) -> int:
    """Bytes a number."""
    return FLOAT32 if form.dtype == "float32" else 1


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
    with matrix.open(size // bytes_each(form), places[0]) as target:
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
    matrix.apart.update(apart)
    matrix.stands(places)


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
    encoded = memoryview(vectors[0])[0] == QUOTE
    read = _text if encoded else _values if form.dtype == "float32" else partial(_whole, code=CODES[form.dtype])
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


def _whole(vector: msgspec.Raw, place: int, *, code: str) -> memoryview:
    try:
        return memoryview(array(code, _integers.decode(vector))).cast("B")
    except (msgspec.ValidationError, OverflowError):
        raise InvalidVectorError("a vector is no list of whole numbers of a byte each", place) from None


def _width(rows: list[memoryview], places: Sequence[int], each: int, *, encoded: bool) -> int:
    """Values each vector holds, told from lengths before anything is decoded. Raises when they differ."""
    width = 0
    for row, place in zip(rows, places, strict=True):
        size = len(row) // 4 * 3 - bytes(row[-2:]).count(b"=") if encoded else len(row)
        if size % each or (encoded and len(row) % 4):
            raise InvalidVectorError("a vector is not base64 of whole float32 values", place)
        if not size:
            raise InvalidVectorError("a vector is empty", place)
        if width and size != width * each:
            raise InvalidVectorError(f"a vector is {size // each} wide among others of {width}", place)
        width = size // each
    return width


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
