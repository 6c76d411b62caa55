"""A provider beside those who are measured: started, asked what it was asked, and how much it could give at most."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import clients
import machine

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPT = Path(__file__).with_name("provider.py")


@contextmanager
def provider(width: int = 1536, latency: float = 0) -> Iterator[str]:
    """Give the address of a provider in a process of its own, on a core of its own."""
    core = [str(machine.CORES[1])] if machine.CORES else []
    command = [sys.executable, SCRIPT, str(width), str(latency), *core]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def account(url: str) -> dict[str, float]:
    """What a provider has been asked so far, and the seconds of CPU it took."""
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url) as reply:
        told: dict[str, float] = json.load(reply)
    return told


def ceiling(url: str, texts: list[str], lines: int, seconds: float = 0.5) -> dict[str, float]:
    """What the provider can give, to somebody who asks on so many connections at once and does not decode."""
    ask = clients.load("by_hand.ceiling")(url, texts, lines)
    ask()
    before, begun, asked = account(url)["cpu"], time.perf_counter(), 0
    while (wall := time.perf_counter() - begun) < seconds:
        ask()
        asked += lines
    cpu = account(url)["cpu"] - before
    return {
        "requests_a_second": round(asked / wall),
        "vectors_a_second": round(asked * len(texts) / wall),
        "provider_cpu_us_a_request": round(cpu / asked * 1e6, 1),
    }
