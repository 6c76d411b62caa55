"""Which Ray does a job run on? One that is there, else one of its own, for as long as it runs."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from any_llm.bulk.errors import JobError
from any_llm.exceptions import MissingPackageError

if TYPE_CHECKING:
    from collections.abc import Iterator

QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",  # nothing is reported to anybody
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",  # under `uv run`, Ray would send the whole folder to each machine
}

MODE = "RAY_AUTH_MODE"
"""Which Ray sets for a cluster of its own, that would then hold for every later one."""


def ray() -> Any:
    """Give Ray, which only this engine needs. Raises MissingPackageError."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    try:
        import ray  # noqa: PLC0415  # 200 MB, for those who have many machines
    except ImportError as missing:
        raise MissingPackageError("ray", "ray") from missing
    return ray


@contextmanager
def cluster(address: str | None) -> Iterator[Any]:
    """Join the cluster while the block lasts, or start one. Raises JobError when none is at the address."""
    found = ray()
    if found.is_initialized():
        yield found
        return
    where = address or os.environ.get("RAY_ADDRESS") or "local"
    options = {"include_dashboard": False} if where == "local" else {}
    main = threading.current_thread() is threading.main_thread()
    ended, mode = signal.getsignal(signal.SIGTERM) if main else None, os.environ.get(MODE)
    try:
        found.init(where, log_to_driver=False, logging_level="ERROR", **options)
    except (OSError, RuntimeError, ValueError) as error:
        raise JobError(f"no Ray could be joined at {where}: {error}") from error
    try:
        yield found
    finally:
        found.shutdown()
        if mode is None:
            os.environ.pop(MODE, None)
        if ended is not None:
            signal.signal(signal.SIGTERM, ended)
