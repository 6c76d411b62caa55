"""What the benchmarks are to show: which figure of ours, beside whose, and how much less or more it should be."""

from __future__ import annotations

import json
import statistics
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FOLDER = Path(__file__).resolve().parent.parent / "benchmarks"
BENCHMARKS = ("latency", "concurrency", "throughput", "decode", "import_time", "local", "scaling", "bulk")
MORE = {"vectors_a_second", "texts_a_cpu_second", "texts_a_second", "calls_a_second", "rows_a_second", "least_cosine"}
"""Figures that are good when they are high."""
UNITS = {"us": " µs", "ms": " ms", "s": " s", "mb": " MB"}


class Goal(NamedTuple):
    """One of our figures, and what it is held against."""

    words: str
    benchmark: str
    ours: str
    figure: str
    peers: Mapping[str, float] = {}
    """Label of a client -> how many times its figure ours should be: at most, or at least where more is better."""
    bound: float | None = None
    """In the figure's own unit, whoever else."""
    why: str = ""
    """The decision that tells why it was not reached, and is left at that."""


OPENAI, BASETEN = "openai, 512 x 16", "baseten, 512 x 16"
GOALS = (
    Goal("CPU of one `embedding()`", "latency", "omniembed", "cpu_us", {"openai": 0.25, "any-llm": 1 / 60}),
    Goal(
        "CPU of one `aembedding()`",
        "latency",
        "omniembed async",
        "cpu_us",
        {"openai async": 0.25, "any-llm async": 1 / 60},
    ),
    *(
        Goal(f"{words} {many}", "concurrency", f"omniembed, {how}", figure, {f"openai, {how}": 0.35})
        for how, many in (("tasks", "of 1,000 tasks at once"), ("threads", "in 64 threads at once"))
        for figure, words in (("cpu_us", "CPU of a call"), ("p99_ms", "99 of 100 calls within,"))
    ),
    Goal(
        "CPU a vector, 100,000 texts",
        "throughput",
        "omniembed",
        "cpu_us",
        {"baseten": 0.3, BASETEN: 0.3, OPENAI: 0.1},
    ),
    Goal(
        "CPU a vector, 100,000 texts, async",
        "throughput",
        "omniembed async",
        "cpu_us",
        {"baseten": 0.45, "baseten async, 512 x 16": 0.45, "openai async, 512 x 16": 0.1},
    ),
    Goal("vectors a second", "throughput", "omniembed", "vectors_a_second", {"baseten": 2, BASETEN: 2}),
    Goal(
        "vectors a second, async",
        "throughput",
        "omniembed async",
        "vectors_a_second",
        {"baseten": 2, "baseten async, 512 x 16": 2},
    ),
    Goal("memory beyond the matrix", "throughput", "omniembed", "peak_mb", bound=120),
    Goal("memory beyond the matrix, async", "throughput", "omniembed async", "peak_mb", bound=120),
    Goal("CPU of a base64 reply", "decode", "omniembed, base64", "cpu_ms", {"openai, base64": 0.08}),
    Goal("memory for a base64 reply beyond its body", "decode", "omniembed, base64", "peak_mb", bound=16),
    Goal(
        "CPU of a reply of numbers",
        "decode",
        "omniembed, numbers",
        "cpu_ms",
        {"orjson and numpy, numbers": 0.4},
        why="0013-json-numbers",
    ),
    Goal("memory for a reply of numbers beyond its body", "decode", "omniembed, numbers", "peak_mb", bound=20),
    Goal("CPU of importing", "import_time", "omniembed, import", "cpu_ms", bound=60),
    Goal(
        "first vector of a new process",
        "import_time",
        "omniembed, first vector",
        "wall_ms",
        {"openai, first vector": 0.25},
    ),
    *(
        Goal(
            f"local model, {words}, a CPU second",
            "local",
            f"omniembed, {kind}",
            "texts_a_cpu_second",
            {f"fastembed, {kind}": 2.5},
            why="0014-the-local-models-speed",
        )
        for kind, words in (("alike", "texts of 40 tokens"), ("mixed", "texts of 40 on the mean"))
    ),
    Goal("the same vectors: least cosine", "local", "fastembed, mixed", "least_cosine", bound=0.999),
    Goal("CPU an input of 1,000,000", "scaling", "inputs: 1000000 sync", "cpu_us", bound=1.5),
    Goal("CPU an input of 1,000,000, async", "scaling", "inputs: 1000000 async", "cpu_us", bound=1.5),
    Goal("memory of a job of 1,000,000 rows", "bulk", "rows: 1000000", "peak_mb", {"rows: 100000": 1.15}),
    Goal("CPU of reading 10,000,000 journal entries", "bulk", "journal: 10000000 entries", "cpu_s", bound=30),
)


@cache
def measured(benchmark: str) -> dict[str, Any]:
    """What a benchmark wrote."""
    found: dict[str, Any] = json.loads((FOLDER / f"{benchmark}.json").read_text(encoding="utf-8"))
    return found


def ratio(benchmark: str, ours: str, peer: str, figure: str) -> float | None:
    """How many times the peer's figure ours is: the median of rounds run in turn. None: it was not measured."""
    runs = measured(benchmark)["runs"]
    pairs = zip(runs.get(ours, ()), runs.get(peer, ()), strict=False)
    ratios = [left[figure] / right[figure] for left, right in pairs if figure in left and figure in right]
    return statistics.median(ratios) if ratios else None


def reached(figure: str, value: float, goal: float) -> bool:
    """Whether it is."""
    return value >= goal if figure in MORE else value <= goal


def ahead() -> Iterator[tuple[str, str, str, str, float]]:
    """Where somebody else's figure is better: benchmark, ours, whose, figure, ratio."""
    for benchmark, ours, peers in RIVALS:
        for peer in peers:
            for figure in measured(benchmark)["medians"].get(peer, ()):
                found = ratio(benchmark, ours, peer, figure)
                if figure in RIVAL_FIGURES and found is not None and not reached(figure, found, 1):
                    yield benchmark, ours, peer, figure, found


ANY_LLM = ("any-llm", "any-llm, client kept", "litellm")
RIVAL_FIGURES = MORE - {"least_cosine"} | {"cpu_us", "wall_us", "cpu_ms", "wall_ms", "p50_ms", "p99_ms", "peak_mb"}
RIVALS = (
    ("latency", "omniembed", ("socket by hand", "openai", *ANY_LLM)),
    (
        "latency",
        "omniembed async",
        ("openai async", "any-llm async", "any-llm async, client kept", "litellm async"),
    ),
    ("concurrency", "omniembed, tasks", ("openai, tasks",)),
    ("concurrency", "omniembed, threads", ("openai, threads",)),
    ("throughput", "omniembed", ("baseten", BASETEN, OPENAI)),
    ("throughput", "omniembed async", ("baseten", "baseten async, 512 x 16", "openai async, 512 x 16")),
    ("decode", "omniembed, base64", ("openai, base64", "orjson and numpy, base64")),
    ("decode", "omniembed, numbers", ("openai, numbers", "orjson and numpy, numbers")),
    ("import_time", "omniembed, import", ("openai, import", "any-llm, import", "litellm, import")),
    ("import_time", "omniembed, first vector", ("openai, first vector", "any-llm, first vector")),
    ("local", "omniembed, alike", ("fastembed, alike", "fastembed, one thread, alike")),
    ("local", "omniembed, mixed", ("fastembed, mixed", "fastembed, one thread, mixed")),
    ("bulk", "omniembed", ("bare asyncio loop", "Daft", "Ray Data")),
)
"""Benchmark, ours, and everybody who does the same there."""


def shown(figure: str, value: float) -> str:
    """Write a figure with its unit."""
    return digits(value) + UNITS.get(figure.rpartition("_")[2], "")


def digits(value: float) -> str:
    """Write three digits of it, or all before the point."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"  # noqa: PLR2004  # three digits


def times(value: float) -> str:
    """Write a ratio."""
    if value < 0.05:  # noqa: PLR2004  # of less one sees little
        return f"1/{1 / value:.0f}"
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"  # noqa: PLR2004
