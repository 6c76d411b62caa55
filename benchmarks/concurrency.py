"""What does a call cost when many callers have one text each at the same time? Writes concurrency.json.

Run: .venv/bin/python benchmarks/concurrency.py [--form full] [--only omniembed]
1,000 tasks of aembedding() at once, and 64 threads of embedding(), at a provider that answers as soon as it can.
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import clients
from meter import Meter
from rounds import Comparison, arguments, blocking, chosen, main
from served import ceiling, provider
from vectors import check, texts

if TYPE_CHECKING:
    from collections.abc import Callable

WIDTH = 1536
TASKS = {"omniembed, tasks": "ours.aembed", "openai, tasks": "openai_sdk.aembed"}
THREADS = {"omniembed, threads": "ours.embed", "openai, threads": "openai_sdk.embed"}
FORMS = {
    "tiny": {"rounds": 1, "tasks": 20, "threads": 4},
    "short": {"rounds": 5, "tasks": 1000, "threads": 64},
    "full": {"rounds": 9, "tasks": 1000, "threads": 64},
}
CALLS_A_THREAD = 16


def measure(client: str, url: str, **sizes: int) -> Callable[[], dict[str, float]]:
    """Microseconds of CPU a call, and milliseconds that half and 99 of 100 calls took at most."""
    call = clients.load(client)(url)
    if asyncio.iscoroutinefunction(call):
        several, calls = tasks(call), sizes["tasks"]
    else:
        several, calls = threads(call, sizes["threads"]), sizes["threads"] * CALLS_A_THREAD
    several(texts(calls))
    done = 0

    def run() -> dict[str, float]:
        nonlocal done
        asked = texts(calls, done)
        done += calls
        with Meter() as meter:
            found = several(asked)
        check(asked, (vector for vector, _ in found), WIDTH)
        took = sorted(seconds * 1e3 for _, seconds in found)
        return {
            "cpu_us": meter.cpu / calls * 1e6,
            "p50_ms": took[calls // 2],
            "p99_ms": took[calls * 99 // 100],
            "calls_a_second": calls / meter.wall,
        }

    return run


def tasks(call: Callable[[str], Any]) -> Callable[[list[str]], list[tuple[list[float], float]]]:
    """All at once: each text's vector, and the seconds it took."""

    async def timed(text: str) -> tuple[list[float], float]:
        begun = time.perf_counter()
        vector = await call(text)
        return vector, time.perf_counter() - begun

    async def several(asked: list[str]) -> list[tuple[list[float], float]]:
        return await asyncio.gather(*map(timed, asked))

    return blocking(several)


def threads(call: Callable[[str], Any], count: int) -> Callable[[list[str]], list[tuple[list[float], float]]]:
    """So many at once, one after the other in each thread."""
    pool = ThreadPoolExecutor(count)

    def timed(text: str) -> tuple[list[float], float]:
        begun = time.perf_counter()
        vector = call(text)
        return vector, time.perf_counter() - begun

    return lambda asked: list(pool.map(timed, asked))


def compare() -> None:
    """Tasks, then threads."""
    asked = arguments(FORMS)
    found = Comparison()
    with provider(WIDTH) as url:
        for names in (TASKS, THREADS):
            found.add(__file__, chosen(names, asked.only), url=url, **FORMS[asked.form])
        found.write(asked, ceiling=ceiling(url, texts(1), 64))


if __name__ == "__main__":
    main(measure, compare)
