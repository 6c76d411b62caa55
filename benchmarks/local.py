"""How fast is the local model, beside fastembed on the same weights, and what memory does it take? Writes local.json.

Run: .venv/bin/python benchmarks/local.py [--form full] [--only omniembed]
Here all cores may be used, for both would by themselves.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import clients
from meter import Meter, Peak
from rounds import Comparison, arguments, chosen, main

if TYPE_CHECKING:
    from collections.abc import Callable

CLIENTS = {
    "omniembed": "ours.local",
    "fastembed": "fastembed_library.embed",
    "fastembed, one thread": "fastembed_library.embed_with_one_thread",
}
FORMS = {
    "tiny": {"rounds": 1, "count": 4},
    "short": {"rounds": 5, "count": 28},
    "full": {"rounds": 7, "count": 140},
}
SENTENCE = (
    "The harbour master wrote down the name of every ship that came in before the storm, and of those that did not."
)
LENGTHS = (3, 5, 9, 14, 22, 48, 120)
"""Words of seven texts."""
SAME = 0.999
"""Least cosine of two vectors of a text."""


def alike(count: int) -> list[str]:
    """About 40 tokens each, no two alike."""
    return [f"{number}: {SENTENCE} There were {number % 17} of them, by his count." for number in range(count)]


def mixed(count: int) -> list[str]:
    """About 40 tokens on the mean, as texts that people wrote: most are short, some long."""
    words = (SENTENCE + " ").split() * 6
    return [" ".join([f"{number}:", *words[: LENGTHS[number % len(LENGTHS)]]]) for number in range(count)]


def measure(client: str, lengths: str, count: int) -> Callable[[], dict[str, float]]:
    """Texts a second of CPU and of the clock, and megabytes at most, the weights among them."""
    asked = {"alike": alike, "mixed": mixed}[lengths](count)
    with Peak() as loading:
        begun = time.perf_counter()
        call = clients.load(client)()
        call(asked[:1])
        first = time.perf_counter() - begun
        call(asked)

    wanted: Any = None

    def run() -> dict[str, float]:
        nonlocal wanted
        with Meter() as meter:
            found = call(asked)
        if wanted is None:
            wanted = clients.load("ours.local")()(asked)
        figures = {
            "texts_a_cpu_second": count / meter.cpu,
            "texts_a_second": count / meter.wall,
            "first_vector_ms": first * 1e3,
            "least_cosine": least_cosine(wanted, found),
        }
        return figures if loading.bytes is None else {**figures, "peak_mb": loading.bytes / 1e6}

    return run


def least_cosine(wanted: Any, found: Any) -> float:
    """Hold them against our own, all of unit length."""
    least = float((found * wanted).sum(axis=1).min())
    if not least >= SAME:
        raise SystemExit(f"A vector is another: cosine {least}.")
    return least


def compare() -> None:
    """Both libraries, texts of one length and of many."""
    asked = arguments(FORMS)
    found = Comparison()
    for lengths in ("alike", "mixed"):
        labels = {f"{label}, {lengths}": client for label, client in CLIENTS.items()}
        found.add(__file__, chosen(labels, asked.only), lengths=lengths, **FORMS[asked.form])
    found.write(asked)


if __name__ == "__main__":
    main(measure, compare, pinned=False)
