"""What does a call with one short text cost, one after the other, over a connection that is open? Writes latency.json.

Run: .venv/bin/python benchmarks/latency.py [--form full] [--only omniembed]
The vector is read as a list of floats in each call, for that is what the others give.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import clients
from meter import Meter
from rounds import Comparison, arguments, blocking, chosen, main
from served import ceiling, provider
from vectors import check, texts

if TYPE_CHECKING:
    from collections.abc import Callable

WIDTH = 1536
SYNC = {
    "omniembed": "ours.embed",
    "omniembed, client kept": "ours.embed_kept",
    "openai": "openai_sdk.embed",
    "any-llm": "any_llm_sdk.embed",
    "any-llm, client kept": "any_llm_sdk.embed_kept",
    "litellm": "litellm_sdk.embed",
    "socket by hand": "by_hand.embed",
}
ASYNC = {
    "omniembed async": "ours.aembed",
    "omniembed async, client kept": "ours.aembed_kept",
    "openai async": "openai_sdk.aembed",
    "any-llm async": "any_llm_sdk.aembed",
    "any-llm async, client kept": "any_llm_sdk.aembed_kept",
    "litellm async": "litellm_sdk.aembed",
}
FORMS = {
    "tiny": {"rounds": 1, "calls": 3},
    "short": {"rounds": 7, "calls": 60},
    "full": {"rounds": 25, "calls": 80},
}


def measure(client: str, url: str, calls: int) -> Callable[[], dict[str, float]]:
    """Microseconds of CPU and of the clock a call, of `calls` in a row."""
    call = clients.load(client)(url)

    def some(asked: list[str]) -> list[list[float]]:
        return [call(text) for text in asked]

    async def asome(asked: list[str]) -> list[list[float]]:
        return [await call(text) for text in asked]

    several = blocking(asome if asyncio.iscoroutinefunction(call) else some)
    several(texts(2))  # opens the connection, and loads what is loaded late
    done = 0

    def run() -> dict[str, float]:
        nonlocal done
        asked = texts(calls, done)
        done += calls
        with Meter() as meter:
            found = several(asked)
        check(asked, found, WIDTH)
        return {"cpu_us": meter.cpu / calls * 1e6, "wall_us": meter.wall / calls * 1e6}

    return run


def compare() -> None:
    """All clients, sync and async."""
    asked = arguments(FORMS)
    found = Comparison()
    with provider(WIDTH) as url:
        for names in (SYNC, ASYNC):
            found.add(__file__, chosen(names, asked.only), url=url, **FORMS[asked.form])
        found.write(asked, ceiling=ceiling(url, texts(1), 1))


if __name__ == "__main__":
    main(measure, compare)
