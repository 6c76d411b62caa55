"""Which processes are the actors of a job? Those below a process of ours, by the titles that Ray gives them."""

from __future__ import annotations

import os
import select
from contextlib import suppress
from pathlib import Path


def below(pid: int) -> set[int]:
    """Every process that this one has started, or that was started by such."""
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def actors(pid: int, kind: str) -> list[int]:
    """Processes of actors of this kind, on a Ray below this process."""
    found = []
    for each in sorted(below(pid)):
        with suppress(OSError):
            if Path(f"/proc/{each}/cmdline").read_bytes().startswith(b"ray::%s" % kind.encode()):
                found.append(each)
    return found


def watched(pid: int) -> list[int]:
    """What tells of the end of each process below it."""
    found = []
    for each in below(pid):
        with suppress(ProcessLookupError):
            found.append(os.pidfd_open(each))
    return found


def ends(descriptor: int, seconds: float) -> bool:
    """Whether such a process ends, in so many seconds at most."""
    ended = bool(select.select([descriptor], [], [], seconds)[0])
    os.close(descriptor)
    return ended
