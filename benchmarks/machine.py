"""What must be known of the machine to make sense of a figure, and which of its cores does what."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any


def processor() -> str:
    """The name its maker gave it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())


def load() -> float | None:
    """How many processes wanted to run, on the mean of the last minute."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def machine() -> dict[str, Any]:
    """Where this runs."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {'.'.join(platform.release().split('.')[:2])}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "load_before": load(),
    }


def cores() -> tuple[int, int] | None:
    """One core for who is measured and one for the provider, where processes may be held to them."""
    if not hasattr(os, "sched_setaffinity"):
        return None
    allowed = sorted(os.sched_getaffinity(0))
    return (allowed[0], allowed[-1]) if len(allowed) > 1 else None


CORES = cores()


def pin() -> None:
    """Hold this process, and those it starts, to the core of who is measured."""
    if CORES:
        os.sched_setaffinity(0, {CORES[0]})
