"""How long may it take? What we promise, on a machine that has time for us; more on one that has not."""

from __future__ import annotations

import os


def within(seconds: float) -> float:
    """Stretch a promise by how many want each processor, if more than one does."""
    if not hasattr(os, "getloadavg"):
        return seconds
    return seconds * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
