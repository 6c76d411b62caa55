"""Where do a call's vectors stand? In one buffer, a row an input; a row is right, or it does not count."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import msgspec

from any_llm.types.vectors import BITS, FLOAT32, PACKED, Vectors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from any_llm.types.vectors import Dtype

LIKELY, WIDEST = 4096, 16_384
"""Values for which a reply has room whatever was asked, so that a width can be told wrong; and if nothing is known."""
NUMBER, ECHO, FRAME, LARGEST = 40, 4, 1 << 20, 1 << 30
"""Bytes at most of a value as JSON, of a byte that is repeated, of all else, and of any reply."""


class InvalidVectorError(ValueError):
    """A part that cannot be right; `index` is the input at fault, where one is."""

    def __init__(self, reason: str, index: int | None = None) -> None:
        """Say what and where."""
        super().__init__(reason)
        self.index = index
        self.salvage: Any = None
        """What of its reply may be right, where only one input is at fault."""


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
        self.final = False
        """Whether what stands here has the length that was asked for."""
        self.blank = False
        """Whether a blank text has a zero vector."""
        self.same = False
        """Whether all texts of a reply, and several they were, have one and the same vector."""
        self._lock = threading.Lock()
        self._writing = 0
        self._right = False

    def open(self, width: int, index: int | None) -> memoryview:
        """Writable bytes of the whole matrix, until `close()`. Raises when the width is not the one in force.

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
        return memoryview(self.buffer)

    def close(self, *, right: bool) -> None:
        """It was written to, and what was written is right or not."""
        with self._lock:
            self._right = self._right or right
            self._writing -= 1
            if not (self._right or self._writing):
                self.width = 0

    def stands(self, places: Sequence[int]) -> None:
        """These rows are right, and nobody writes them again."""
        with self._lock:
            if isinstance(places, range) and places.step == 1 and places.stop <= self.count:
                self.placed += len(places) - self.written.count(1, places.start, places.stop)
                self.written[places.start : places.stop] = b"\1" * len(places)
                return
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

    def lay(self, place: int, vector: bytes) -> None:
        """Put down a vector that was kept, which may be the first."""
        with self._lock:
            if not self.width:
                self.width = len(vector) // bytes_each(self.form)
                self.buffer = bytearray(len(vector) * self.count)
            self._right = True
        self.put(place, vector)

    def repeat(self, place: int, first: int) -> None:
        """Put down the vector of an equal input here too."""
        size = self.width * bytes_each(self.form)
        self.put(place, bytes(self.buffer[first * size : (first + 1) * size]))

    def beside(self) -> Matrix:
        """Room for one vector more, which is to be like these and is for nobody."""
        made = Matrix(1, self.form)
        made.width, made.buffer = self.width, bytearray(bytes_each(self.form) * self.width)
        return made

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
