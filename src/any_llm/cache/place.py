"""Which file is a cache, and what is one in this process? One store a file, whichever clients use it."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from any_llm.cache.store import FileStore
from any_llm.flow.flights import Flights
from any_llm.flow.lookup import Cache

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = "vectors.sqlite3"
VARIABLE = "ANY_LLM_CACHE"

_lock = threading.Lock()
_caches: dict[Path, Cache] = {}


def standard() -> Path:
    """The file where nobody named one: in the folder that this system has for what can be made anew."""
    if sys.platform == "win32":
        folder = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        folder = Path.home() / "Library" / "Caches"
    else:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return folder / "any_llm" / NAME


def path_of(cache: str | os.PathLike[str] | Literal[True]) -> Path:
    """The file that an option or a variable means: True and "1" are the standard one."""
    if cache is True or cache in {"1", "true"}:
        return standard()
    return Path(cache).expanduser().absolute()


def cache_at(path: Path, tell: Callable[[str], None]) -> Cache:
    """The cache in this file; nothing is opened yet."""
    with _lock:
        kept = _caches.get(path)
        if kept is None:
            kept = _caches[path] = Cache(FileStore(path, tell), Flights())
        return kept


def _forget() -> None:
    """In a forked child: whoever holds the lock, or fetches anything, is not here."""
    global _lock  # noqa: PLW0603
    _lock = threading.Lock()
    for cache in _caches.values():
        cache.flights.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
