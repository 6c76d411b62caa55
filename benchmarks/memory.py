"""How much memory does a piece of code take at most? Linux counts the highest mark, and takes a new one when told."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import Self

STATUS = Path("/proc/self/status")


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
