"""How fast the local model is, and how much memory it takes. Writes local.json beside this file.

Run: .venv/bin/python benchmarks/local.py   (about a minute)
"""

from __future__ import annotations

import json
import os
import platform
import resource
import statistics
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

RUNS = 7
TEXTS = 200
SENTENCE = (
    "The harbour master wrote down the name of every ship that came in before the storm, and of those that did not."
)


def texts() -> list[str]:
    """About 40 tokens each, no two alike."""
    return [f"{number}: {SENTENCE} There were {number % 17} of them, by his count." for number in range(TEXTS)]


def measure() -> dict[str, float]:
    """One process, warmed up: seconds of CPU and of the clock for TEXTS texts, medians of RUNS runs."""
    start, cpu = time.perf_counter(), time.process_time()
    from any_llm import embedding  # noqa: PLC0415  # the first vector from nothing is measured

    embedding("all-MiniLM-L6-v2", "first", provider="local")
    first, first_cpu = time.perf_counter() - start, time.process_time() - cpu
    batch, walls, cpus, tokens = texts(), [], [], 0
    for _ in range(RUNS):
        start, cpu = time.perf_counter(), time.process_time()
        tokens = embedding("all-MiniLM-L6-v2", batch, provider="local").usage.total_tokens
        walls.append(time.perf_counter() - start)
        cpus.append(time.process_time() - cpu)
    return {
        "first_vector_wall_seconds": round(first, 3),
        "first_vector_cpu_seconds": round(first_cpu, 3),
        "tokens_a_text": round(tokens / TEXTS, 1),
        "texts_a_cpu_second": round(TEXTS / statistics.median(cpus), 1),
        "texts_a_second": round(TEXTS / statistics.median(walls), 1),
        "peak_megabytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def main() -> None:
    """Measure, print, write."""
    result = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": {"processor": platform.machine(), "cores": os.cpu_count(), "load": round(os.getloadavg()[0], 1)},
        "versions": {name: version(name) for name in ("onnxruntime", "tokenizers", "numpy")}
        | {"python": platform.python_version()},
        **measure(),
    }
    written = json.dumps(result, indent=2) + "\n"
    Path(__file__).with_suffix(".json").write_text(written, encoding="utf-8")
    print(written)


if __name__ == "__main__":
    main()
