"""Which vector of a reply is at fault? Asked once one of them is: of several, by what most of them are."""

from __future__ import annotations

from array import array
from collections import Counter
from struct import pack
from typing import TYPE_CHECKING

import msgspec

from any_llm.flow.matrix import InvalidVectorError, bytes_each
from any_llm.types.vectors import CODES, Vectors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from any_llm.flow.matrix import Form

floats = msgspec.json.Decoder(list[float])
integers = msgspec.json.Decoder(list[int])
QUOTE, BRACKET = b'"['


def look(vectors: Sequence[msgspec.Raw] | Vectors, places: Sequence[int], form: Form) -> None:
    """Raise InvalidVectorError for the first that cannot be read, or is of another width than the others."""
    if isinstance(vectors, Vectors):
        rows: list[bytes | memoryview] = [vectors.row(position) for position in range(len(vectors))]
        encoded = False
    else:
        encoded = _encoded(vectors)
        each = zip(vectors, places, strict=True)
        rows = [_text(*one) for one in each] if encoded else [numbers(*one, form) for one in each]
    _one_width(rows, places, bytes_each(form), encoded=encoded)


def _encoded(vectors: Sequence[msgspec.Raw]) -> bool:
    """Whether they are base64: as most are, if one is odd."""
    begin = [memoryview(vector)[0] for vector in vectors]
    if begin.count(QUOTE) == begin.count(BRACKET) > 0:
        raise InvalidVectorError("as many vectors are lists as are base64")
    return begin.count(QUOTE) > begin.count(BRACKET)


def _text(vector: msgspec.Raw, place: int) -> bytes:
    if memoryview(vector)[0] != QUOTE:
        raise InvalidVectorError("a vector is a list among others in base64", place)
    return msgspec.json.decode(vector, type=str).encode()


def numbers(vector: msgspec.Raw, place: int, form: Form) -> bytes:
    """Read a list of numbers. Raises InvalidVectorError."""
    try:
        if form.dtype == "float32":
            return _packed(floats.decode(vector))
        return array(CODES[form.dtype], integers.decode(vector)).tobytes()
    except (msgspec.ValidationError, OverflowError) as error:  # null, a string, a number out of range
        if form.dtype == "float32":
            raise InvalidVectorError(f"a vector is no list of finite numbers: {error}", place) from None
        raise InvalidVectorError("a vector is no list of whole numbers of a byte each", place) from None


def _packed(values: list[float]) -> bytes:
    try:
        return pack(f"{len(values)}f", *values)  # seven times as fast as an array
    except OverflowError:  # newer Pythons refuse what is beyond float32; in an array it is infinity, as in a reply
        return array("f", values).tobytes()


def _one_width(rows: Sequence[bytes | memoryview], places: Sequence[int], each: int, *, encoded: bool) -> None:
    """Raise when their lengths are not those of vectors of one width."""
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
