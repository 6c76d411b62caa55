"""Load a module on its first use, and let no process fork meanwhile: half a module would lock its child for ever."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 10.0
"""Seconds a fork waits for what is being loaded. A bound, lest one who forks hold what the loading needs."""
_lock = threading.RLock()
_loaded: dict[str, Any] = {}
_forks: list[bool] = []
"""Of each fork under way, the innermost last: whether it has the lock."""
_guarded = False


def load(name: str) -> Any:
    """Give this module."""
    module = _loaded.get(name)
    if module is None:
        with loading():
            module = _loaded[name] = import_module(name)
    return module


@contextmanager
def loading() -> Iterator[None]:
    """Hold off forks while something may be loaded."""
    with _lock:
        if not _guarded:
            _guard()
        yield


def _guard() -> None:
    global _guarded  # noqa: PLW0603  # hooks are set once a process
    # Hooks run from the last to the first, and ours must run before logging's: to wait while holding its lock, which
    # all that is loaded wants, would be to wait for ever.
    import_module("logging")
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=_hold, after_in_parent=_release)
    _guarded = True


def _hold() -> None:
    _forks.append(_lock.acquire(timeout=LONGEST))


def _release() -> None:
    if _forks.pop():
        _lock.release()


def _renew() -> None:
    global _lock  # noqa: PLW0603  # whoever held the old one is not in the child
    _lock = threading.RLock()
    _forks.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
