"""Who works on a job? One process; the next is told which. A killed one holds nothing."""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import msgspec

from any_llm.bulk.errors import JobHeldError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FAR = 1 << 20
"""Where the lock lies on systems that lock bytes, which then nobody else may read."""


class Holder(msgspec.Struct, frozen=True):
    """Who it is, as another process can be told."""

    pid: int
    host: str


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold the lock file while the block lasts. Raises JobHeldError, which says who holds it."""
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        try:
            _lock(file)
        except OSError:
            raise JobHeldError(
                f"{path.parent} is being worked on by {_holder(path)}. Wait for it, or end it."
            ) from None
        os.ftruncate(file, 0)
        os.write(file, msgspec.json.encode(Holder(os.getpid(), socket.gethostname())))
        yield
    finally:
        os.close(file)


def _holder(path: Path) -> str:
    with suppress(OSError, msgspec.MsgspecError):
        who = msgspec.json.decode(path.read_bytes(), type=Holder)
        return f"process {who.pid} on {who.host}"
    return "another process"


def _lock(file: int) -> None:
    try:
        import fcntl  # noqa: PLC0415  # not there on Windows
    except ImportError:  # pragma: no cover
        import msvcrt  # noqa: PLC0415  # there alone

        os.lseek(file, FAR, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]  # as above
        os.lseek(file, 0, os.SEEK_SET)
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
