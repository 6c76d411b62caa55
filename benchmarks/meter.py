"""What a piece of code takes: CPU, time, and memory at most."""

from __future__ import annotations

import gc
import resource
import sys
import time
from pathlib import Path
from typing import Self

STATUS = Path("/proc/self/status")


class Meter:
    """CPU and wall seconds of this process between its beginning and its end."""

    def __enter__(self) -> Self:
        """Begin, with no rubbish of others about."""
        gc.collect()
        self._wall, self._cpu = time.perf_counter(), _cpu()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self.cpu, self.wall = _cpu() - self._cpu, time.perf_counter() - self._wall


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


class Peak:
    """Bytes by which this process grew at its highest, between beginning and end; None where nobody counts them."""

    def __enter__(self) -> Self:
        """Begin."""
        gc.collect()
        self._before = _bytes("VmRSS:")
        if self._before is not None:
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        highest = _bytes("VmHWM:")
        self.bytes = None if highest is None or self._before is None else highest - self._before


def _bytes(name: str) -> int | None:
    if sys.platform != "linux":
        return None
    return next(int(line.split()[1]) * 1024 for line in STATUS.read_text().splitlines() if line.startswith(name))


def highest() -> int | None:
    """Bytes of this process at its highest so far; None where nobody counts them."""
    return _bytes("VmHWM:")
