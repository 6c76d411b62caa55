"""Which vector belongs to a text? That of the number it ends in, so that whoever measures can check every reply.

All are windows of one long row of random numbers, each three further on: 12 bytes, which are 16 characters of base64,
so that a server can cut any vector out of what was encoded once.
"""

from __future__ import annotations

import random
import sys
from array import array
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

COUNT = 100_000
"""Texts whose vectors are cut from the long row; then they come round again."""
STEP = 3
BLOCK = 1000
"""Rows compared at once, so that checking takes little memory."""


def texts(count: int, first: int = 0) -> list[str]:
    """Short, no two alike."""
    return [f"A short text about nothing in particular, number {number}" for number in range(first, first + count)]


def number_of(text: str) -> int:
    """The number it ends in."""
    return int(text[text.rindex(" ") + 1 :])


@cache
def row(width: int) -> array[float]:
    """The long row, as float32: vectors so wide are cut from it."""
    chance = random.Random(0)  # noqa: S311  # no secret
    numbers = array("f", (chance.random() - 0.5 for _ in range(width + STEP * COUNT)))
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def vector_of(text: str, width: int) -> array[float]:
    """The right vector."""
    start = STEP * (number_of(text) % COUNT)
    return row(width)[start : start + width]


def check(asked: Sequence[str], found: Iterable[Sequence[float]], width: int) -> None:
    """Stop the benchmark unless each text has its vector, to the last bit of float32."""
    for text, vector in zip(asked, found, strict=True):
        if array("f", vector) != vector_of(text, width):
            raise SystemExit(f"{text!r} was given a wrong vector of {len(vector)} values.")


def check_matrix(asked: Sequence[str], found: Any, width: int) -> None:
    """The same of a numpy matrix (n, width)."""
    import numpy as np  # not every measured process has it

    if found.shape != (len(asked), width) or found.dtype != np.float32:
        raise SystemExit(f"The matrix is {found.dtype} {found.shape}.")
    windows = np.lib.stride_tricks.sliding_window_view(np.frombuffer(row(width), "<f4"), width)
    for start in range(0, len(asked), BLOCK):
        places = [STEP * (number_of(text) % COUNT) for text in asked[start : start + BLOCK]]
        if not (found[start : start + BLOCK] == windows[places]).all():
            raise SystemExit(f"A vector between {start} and {start + BLOCK} is wrong.")
