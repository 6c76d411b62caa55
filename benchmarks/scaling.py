"""What does this package itself cost an input, as inputs become more and vectors wider? Writes scaling.json.

Run: .venv/bin/python benchmarks/scaling.py [--form full] [--only inputs]
No network. Inputs from 1 to 1,000,000: planned, sent to a provider in this process that answers at once, checked and
merged, vectors 8 wide. Widths from 256 to 4,096: one reply of 2,048 vectors in base64, read as in decode.py. Of either,
numpy alone is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import clients
from meter import Meter
from provider import Replies
from rounds import Comparison, arguments, blocking, chosen, main
from vectors import check_matrix, texts

if TYPE_CHECKING:
    from collections.abc import Callable

NARROW = 8
LEAST = 2000
"""Inputs measured in a round, at least: few of them are asked for again and again."""
INPUTS = (1, 10, 100, 1_000, 10_000, 100_000, 1_000_000)
WIDTHS = (256, 512, 1024, 1536, 2048, 3072, 4096)
FORMS = {
    "tiny": {"rounds": 1, "inputs": (100,), "widths": (256,), "count": 8},
    "short": {"rounds": 3, "inputs": INPUTS, "widths": WIDTHS, "count": 2048},
    "full": {"rounds": 7, "inputs": INPUTS, "widths": WIDTHS, "count": 2048},
}


def measure(client: str, **sizes: int) -> Callable[[], dict[str, float]]:
    """Microseconds of CPU an input."""
    return of_width(client, **sizes) if "width" in sizes else of_inputs(client, **sizes)


def of_inputs(client: str, inputs: int) -> Callable[[], dict[str, float]]:
    """So many in one call."""
    wanted = np.random.default_rng(0).random((inputs, NARROW), np.float32) + 1
    call = blocking(clients.load(client)(wanted))
    asked, times = texts(inputs), max(1, LEAST // inputs)
    call(asked[:3000])

    def run() -> dict[str, float]:
        with Meter() as meter:
            for _ in range(times):
                found: Any = call(asked)
        if not np.array_equal(found, wanted):
            raise SystemExit("A vector is wrong.")
        return {"cpu_us": meter.cpu / inputs / times * 1e6}

    return run


def of_width(client: str, width: int, count: int) -> Callable[[], dict[str, float]]:
    """One reply of such vectors."""
    asked = texts(count)
    body = b"".join(Replies(width).body(asked, base64=True))
    call = clients.load(client)(base64=True)
    call(body, asked)

    def run() -> dict[str, float]:
        with Meter() as meter:
            found = call(body, asked)
        check_matrix(asked, found, width)
        return {"cpu_us": meter.cpu / count * 1e6}

    return run


def compare() -> None:
    """Each size in a process of its own."""
    asked = arguments(FORMS)
    form = FORMS[asked.form]
    found = Comparison()
    for inputs in form["inputs"]:
        labels = {f"inputs: {inputs} sync": "no_network.at_once", f"inputs: {inputs} async": "no_network.aat_once"}
        found.add(__file__, chosen(labels, asked.only), form["rounds"], inputs=inputs)
    for width in form["widths"]:
        labels = {f"width: {width}": "no_network.decode"}
        found.add(__file__, chosen(labels, asked.only), form["rounds"], width=width, count=form["count"])
    found.write(asked)


if __name__ == "__main__":
    main(measure, compare)
