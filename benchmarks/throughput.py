"""What do 100,000 texts cost, from a list of str to one numpy matrix? Writes throughput.json.

Run: .venv/bin/python benchmarks/throughput.py [--form full] [--only omniembed]
A provider that takes 50 ms to answer, vectors 1,536 wide. Each run has a process of its own, and one call before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import clients
from meter import Meter, Peak
from rounds import Comparison, arguments, blocking, chosen, main, turns
from served import account, ceiling, provider
from vectors import check_matrix, texts

if TYPE_CHECKING:
    from collections.abc import Callable

WIDTH = 1536
LATENCY = 0.05
CLIENTS = {
    "omniembed": "ours.matrix",
    "omniembed async": "ours.amatrix",
    "baseten": "baseten.matrix",
    "baseten, 512 x 16": "baseten.matrix_of_512",
    "baseten async, 512 x 16": "baseten.amatrix_of_512",
    "openai, 512 x 16": "openai_sdk.matrix",
    "openai async, 512 x 16": "openai_sdk.amatrix",
}
FORMS = {
    "tiny": {"rounds": 1, "count": 1_500, "fewer": 1_500},
    "short": {"rounds": 3, "count": 100_000, "fewer": 10_000},
    "full": {"rounds": 7, "count": 100_000, "fewer": 30_000},
}
SLOW = ("openai",)
"""Whoever is asked for fewer texts: a CPU cost a vector that hardly depends on how many."""


def measure(client: str, url: str, count: int) -> Callable[[], dict[str, float]]:
    """Microseconds of CPU a vector, vectors a second, and megabytes at most beyond the matrix."""
    call = blocking(clients.load(client)(url))
    call(texts(2))
    asked = texts(count)

    def run() -> dict[str, float]:
        before = account(url)
        with Peak() as peak, Meter() as meter:
            found: Any = call(asked)
        after = account(url)
        check_matrix(asked, found, WIDTH)
        figures = {
            "cpu_us": meter.cpu / count * 1e6,
            "vectors_a_second": count / meter.wall,
            "requests": after["requests"] - before["requests"],
            "connections": after["connections"],
            "provider_busy": (after["cpu"] - before["cpu"]) / meter.wall,
        }
        return figures if peak.bytes is None else {**figures, "peak_mb": (peak.bytes - found.nbytes) / 1e6}

    return run


def compare() -> None:
    """All clients, each run in a process of its own at a provider of its own."""
    asked = arguments(FORMS)
    form = FORMS[asked.form]
    found = Comparison()
    for label in turns(list(chosen(CLIENTS, asked.only)), form["rounds"]):
        count = form["fewer" if label.startswith(SLOW) else "count"]
        with provider(WIDTH, LATENCY) as url:
            found.add(__file__, {label: CLIENTS[label]}, 1, url=url, count=count)
    with provider(WIDTH) as url:
        found.write(asked, ceiling=ceiling(url, texts(512), 16), texts={**form, "slow": SLOW})


if __name__ == "__main__":
    main(measure, compare)
