"""Where vectors are kept between calls and processes. Never raises: what it cannot read is not there."""

from __future__ import annotations

import atexit
import contextlib
import os
import sqlite3
import threading
import time
import weakref
import zlib
from typing import TYPE_CHECKING, Any, TypeVar

from any_llm.cache.database import ForeignFileError, opened
from any_llm.types.entry import Entry

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

T = TypeVar("T")

REST = 60.0
"""Seconds for which a store that failed is let alone."""
TOGETHER = 500
"""Keys looked for in one statement."""
DAY = 86_400

_FIELDS = "key, vector, model, applied, overflow, truncated, was_cut, crc"


class FileStore:
    """One file, for all threads of the process."""

    def __init__(self, path: Path, tell: Callable[[str], None]) -> None:
        """Open nothing yet. `tell` is told once why it goes on without."""
        self.path = path
        self._tell = tell
        self._told = False
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._rests_until = 0.0
        _ALIVE.add(self)

    def get(self, keys: Collection[bytes]) -> dict[bytes, Entry]:
        """Give what is there of these."""
        return self._done(lambda connection: _read(connection, list(keys))) or {}

    def put(self, entries: Mapping[bytes, Entry]) -> None:
        """Keep these."""
        self._done(lambda connection: _write(connection, entries))

    def _done(self, deed: Callable[[sqlite3.Connection], T]) -> T | None:
        problem: Exception | None = None
        with self._lock:
            if time.monotonic() < self._rests_until:
                return None
            try:
                if self._connection is None:
                    self._connection = opened(self.path)
                return deed(self._connection)
            except (sqlite3.Error, sqlite3.Warning, OSError, ForeignFileError, ValueError, OverflowError) as error:
                problem = error
                self._rests_until = time.monotonic() + REST
                if self._connection is not None:
                    with contextlib.suppress(sqlite3.Error):
                        self._connection.close()
                    self._connection = None
            told, self._told = self._told, True
        if not told:  # outside the lock: who is told may embed
            self._tell(f"The cache {self.path} is not used now, calls go on without it: {problem}.")
        return None

    def close(self) -> None:
        """At the end of the process."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def forget(self) -> None:
        """In a forked child: the parent's connection is not to be touched, nor closed."""
        self._lock = threading.Lock()
        if self._connection is not None:
            _LEFT.append(self._connection)
            self._connection = None


def _read(connection: sqlite3.Connection, keys: list[bytes]) -> dict[bytes, Entry]:
    found: dict[bytes, Entry] = {}
    today, old = int(time.time() // DAY), []
    for start in range(0, len(keys), TOGETHER):
        some = keys[start : start + TOGETHER]
        marks = ",".join("?" * len(some))
        for rowid, used, *fields in connection.execute(
            f"SELECT rowid, used, {_FIELDS} FROM vectors WHERE key IN ({marks})",  # noqa: S608  # names of ours
            some,
        ):
            key, *rest = fields
            entry = _entry(key, rest)
            if entry is not None:
                found[key] = entry
                if used != today:
                    old.append((today, rowid))
    if old:  # once a day, so that a hit writes nothing
        with contextlib.suppress(sqlite3.OperationalError):  # what was found is found
            _together(connection, lambda: connection.executemany("UPDATE vectors SET used = ? WHERE rowid = ?", old))
    return found


def _write(connection: sqlite3.Connection, entries: Mapping[bytes, Entry]) -> None:
    today = int(time.time() // DAY)
    rows = [(*_row(key, entry), today) for key, entry in entries.items()]
    statement = f"INSERT OR REPLACE INTO vectors ({_FIELDS}, used) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
    _together(connection, lambda: connection.executemany(statement, rows))


def _together(connection: sqlite3.Connection, deed: Callable[[], Any]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        deed()
        connection.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


def _row(key: bytes, entry: Entry) -> tuple[Any, ...]:
    fields = entry.model, entry.applied, entry.overflow, int(entry.truncated), int(entry.was_cut)
    return key, entry.vector, *fields, _checksum(key, entry.vector, fields)


def _entry(key: bytes, row: list[Any]) -> Entry | None:
    """None: it is not what was written."""
    vector, *fields, crc = row
    if not isinstance(vector, bytes) or not vector or crc != _checksum(key, vector, tuple(fields)):
        return None
    model, applied, overflow, truncated, was_cut = fields
    return Entry(vector, model, applied, overflow, bool(truncated), bool(was_cut))


def _checksum(key: bytes, vector: bytes, fields: tuple[Any, ...]) -> int:
    return zlib.crc32(repr(fields).encode(), zlib.crc32(vector, zlib.crc32(key)))


_ALIVE: weakref.WeakSet[FileStore] = weakref.WeakSet()
_LEFT: list[sqlite3.Connection] = []
"""Connections of a parent: to close one here would undo its locks there."""


def _close_all() -> None:
    for store in list(_ALIVE):
        store.close()


atexit.register(_close_all)


def _forget_all() -> None:
    for store in list(_ALIVE):
        store.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
