"""Which decimal is the shortest that reads back as the same float32.

A float32 held as a Python double prints digits that say nothing: 0.1 becomes 0.10000000149011612. These functions
return the double whose repr has just the digits needed. A value that is no float32 (a user's own double) stays.
"""

from __future__ import annotations

import math
from array import array
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Floats = Sequence[float] | memoryview
    Rounding = Callable[[Floats], list[float]]

FEW = 4096
"""Values up to which a Python loop costs less than importing numpy."""
NORMAL = 2.0**-126
"""The smallest float32 with all its 24 bits."""
ALL_DIGITS = 9
"""As many as tell any two float32 apart."""
SURE_DIGITS = 6
"""As many as any float32 keeps: at most one decimal so short reads back as it, so a search may start here."""
LEAST, MOST = 1e-13, 1e6
"""Between these each power of ten that is needed is an exact double, so that one rounding finds all digits."""
POWERS = tuple(float(f"1e{exponent}") for exponent in range(23))


def rounding(count: int) -> Rounding:
    """Return the cheaper way to shorten `count` values."""
    return one_by_one if count < FEW else all_at_once


def one_by_one(values: Floats) -> list[float]:
    """Shorten each value in Python."""
    return [shortest(value) for value in values]


def shortest(value: float) -> float:
    """Shorten one value."""
    if array("f", (value,))[0] != value:
        return value
    # Around a power of two more decimals above than below read back as it: look around the middle of those too.
    middles = (value, value * (1 + 2.0**-26)) if abs(math.frexp(value)[0]) == 0.5 else (value,)  # noqa: PLR2004
    for digits in range(SURE_DIGITS if abs(value) >= NORMAL else 1, ALL_DIGITS):
        for middle in middles:
            near = float(f"{middle:.{digits}g}")
            if array("f", (near,))[0] == value:
                return near
    return float(f"{value:.{ALL_DIGITS}g}")


def all_at_once(values: Floats) -> list[float]:
    """Shorten them with numpy."""
    import numpy as np  # noqa: PLC0415  # only a large dump pays for it

    doubles = np.array(values, dtype=np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        sizes = np.abs(doubles)
        ours = (sizes >= LEAST) & (sizes < MOST) & (doubles.astype(np.float32) == doubles)
        safe = np.where(ours, doubles, 1.0)
        singles = safe.astype(np.float32)
        scale = np.array(POWERS)[ALL_DIGITS - 1 - np.floor(np.log10(np.abs(safe))).astype(np.intp)]
        result = np.rint(safe * scale) / scale
        for _ in range(ALL_DIGITS - SURE_DIGITS):
            scale /= 10.0
            near = np.rint(safe * scale) / scale
            np.copyto(result, near, where=near.astype(np.float32) == singles)
    shortened: list[float] = np.where(ours, result, doubles).tolist()
    for position in np.flatnonzero(~ours & (doubles != 0)).tolist():
        shortened[position] = shortest(shortened[position])
    return shortened
