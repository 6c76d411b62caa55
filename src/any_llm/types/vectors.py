"""One contiguous float32 buffer, (n, width): the only thing that holds the numbers of a result."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pybase64

if TYPE_CHECKING:
    import numpy as np

FLOAT32 = 4
"""Bytes a value."""


class Vectors:
    """`len()` vectors, each `width` float32 values (little-endian), in one buffer of 4 * n * width bytes."""

    __slots__ = ("buffer", "width")

    def __init__(self, buffer: bytearray, width: int) -> None:
        """Take over the buffer; nothing is copied."""
        self.buffer = buffer
        self.width = width

    def __len__(self) -> int:
        """How many vectors."""
        return len(self.buffer) // (FLOAT32 * self.width) if self.width else 0

    def __repr__(self) -> str:
        """Shape only."""
        return f"Vectors({len(self)}, {self.width})"

    def __eq__(self, other: object) -> bool:
        """Equal bit for bit."""
        return isinstance(other, Vectors) and self.width == other.width and self.buffer == other.buffer

    __hash__ = None  # type: ignore[assignment]  # mutable, as its buffer is

    def row(self, position: int) -> memoryview:
        """Bytes of one vector, not copied."""
        size = FLOAT32 * self.width
        return memoryview(self.buffer)[position * size : (position + 1) * size]

    def floats(self, position: int) -> list[float]:
        """One vector as a new list."""
        return self.row(position).cast("f").tolist()  # type: ignore[return-value]  # of an "f" view they are floats

    def base64(self, position: int) -> str:
        """One vector as OpenAI's base64 does it: little-endian float32 bytes."""
        return pybase64.b64encode(self.row(position)).decode("ascii")

    def to_numpy(self) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
        """(n, width) float32, a writable view of the buffer."""
        import numpy as np  # noqa: PLC0415  # only who asks for numpy pays for importing it

        return np.frombuffer(self.buffer, dtype="<f4").reshape(len(self), self.width)
