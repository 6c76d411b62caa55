"""How much of our own code does a call run? Counted in functions entered, which no busy machine changes."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import any_llm
from any_llm import embedding

OURS = str(Path(any_llm.__file__).parent)


def entered(count: int) -> int:
    """Functions and generators of ours entered by one call of so many texts, the provider's own left out."""
    inputs = [f"text {number}" for number in range(count)]
    found: Counter[str] = Counter()

    def see(frame: Any, event: str, _: object) -> None:
        if event == "call":
            found[frame.f_code.co_filename] += 1

    def call() -> None:
        assert embedding("fake", inputs, provider="fake", batch_size=512).to_numpy().shape == (count, 64)

    call()  # what is loaded, settled and learnt by the first is not asked again
    before = sys.getprofile()
    sys.setprofile(see)
    try:
        call()
    finally:
        sys.setprofile(before)
    return sum(times for file, times in found.items() if file.startswith(OURS) and "providers" not in file)


@pytest.mark.parametrize(
    ("count", "most"),
    [
        (1, 240),  # 360 before what calls that are alike share was kept
        (5120, 2000),  # ten requests, and nothing for each input: it was 12 functions an input
    ],
)
def test_functions_entered(count: int, most: int):
    assert entered(count) <= most
