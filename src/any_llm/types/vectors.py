"""One contiguous buffer of numbers, (n, width): the only thing that holds the numbers of a result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

import pybase64

if TYPE_CHECKING:
    import numpy as np

Dtype = Literal["float32", "int8", "uint8", "binary", "ubinary"]
"""What a vector is made of. binary and ubinary are packed bits, eight dimensions to a signed or an unsigned byte."""

FLOAT32 = 4
"""Bytes a float32."""
CODES = {"float32": "f", "int8": "b", "uint8": "B", "binary": "b", "ubinary": "B"}
"""Kind of number -> its code in array and memoryview."""
DTYPES: tuple[Dtype, ...] = get_args(Dtype)
PACKED = ("binary", "ubinary")
BITS = 8
"""Dimensions a packed byte."""


class Vectors:
    """`len()` vectors, each `width` numbers (little-endian), in one buffer of n * width numbers."""

    __slots__ = ("buffer", "dtype", "width")

    def __init__(self, buffer: bytearray, width: int, dtype: Dtype = "float32") -> None:
        """Take over the buffer; nothing is copied."""
        self.buffer = buffer
        self.width = width
        self.dtype = dtype

    @property
    def size(self) -> int:
        """Bytes a vector."""
        return self.width * (FLOAT32 if self.dtype == "float32" else 1)

    def __len__(self) -> int:
        """How many vectors."""
        return len(self.buffer) // self.size if self.width else 0

    def __repr__(self) -> str:
        """Shape only."""
        return f"Vectors({len(self)}, {self.width}, {self.dtype!r})"

    def __eq__(self, other: object) -> bool:
        """Equal bit for bit."""
        if not isinstance(other, Vectors):
            return NotImplemented
        return (self.width, self.dtype, self.buffer) == (other.width, other.dtype, other.buffer)

    __hash__ = None  # type: ignore[assignment]  # mutable, as its buffer is

    def row(self, position: int) -> memoryview:
        """Bytes of one vector, not copied."""
        return memoryview(self.buffer)[position * self.size : (position + 1) * self.size]

    def numbers(self, position: int) -> memoryview[Any]:
        """One vector as the numbers it holds, not copied."""
        return self.row(position).cast(CODES[self.dtype])  # type: ignore[call-overload,no-any-return]  # one of its codes

    def base64(self, position: int) -> str:
        """One vector as OpenAI's base64 does it: its little-endian bytes."""
        return pybase64.b64encode(self.row(position)).decode("ascii")

    def to_numpy(self) -> np.ndarray[tuple[int, int], np.dtype[Any]]:
        """(n, width) of that dtype (packed bits are int8 or uint8), a writable view of the buffer."""
        import numpy as np  # noqa: PLC0415  # only who asks for numpy pays for importing it

        kind = "<f4" if self.dtype == "float32" else CODES[self.dtype]
        return np.frombuffer(self.buffer, dtype=kind).reshape(len(self), self.width)
