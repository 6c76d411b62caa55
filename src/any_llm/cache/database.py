"""The file of a cache: one SQLite database, one table. Opens it, or says why it is none of ours.

A rowid table with pages of 16 KiB: a table WITHOUT ROWID takes three times the room for values of this size.
"""

from __future__ import annotations

import os
import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

VERSION = 1
"""Of the table, in the file's user_version."""
APPLICATION = 0x6F6D6E69
"""Marks the file as ours, in its application_id."""
PATIENCE = 5.0
"""Seconds to wait for another process that writes."""

_TABLE = """
CREATE TABLE vectors (
    key BLOB NOT NULL UNIQUE,
    vector BLOB NOT NULL,
    model TEXT, applied TEXT, overflow TEXT NOT NULL, truncated INTEGER NOT NULL, was_cut INTEGER NOT NULL,
    crc INTEGER NOT NULL,
    used INTEGER NOT NULL  -- days since 1970
)
"""


class ForeignFileError(Exception):
    """The file is somebody else's, or of another version."""


def opened(path: Path, *, make: bool = True) -> sqlite3.Connection:
    """Open it. Raises sqlite3.Error, OSError and ForeignFileError."""
    if make:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # a vector tells much of its text
    elif not path.is_file():
        raise FileNotFoundError(2, "No such file", str(path))
    connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
    try:
        _prepare(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    if not _number(connection, "application_id") and not _number(connection, "schema_version"):
        connection.execute("PRAGMA page_size = 16384")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("BEGIN IMMEDIATE")
        if not _number(connection, "schema_version"):  # nobody was faster
            connection.execute(_TABLE)
            connection.execute(f"PRAGMA user_version = {VERSION}")
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute("COMMIT")
    if _number(connection, "application_id") != APPLICATION:
        raise ForeignFileError("it is another program's database")
    if (version := _number(connection, "user_version")) != VERSION:
        raise ForeignFileError(f"it is of version {version}, and this release reads {VERSION}")
    connection.execute("PRAGMA synchronous = NORMAL")


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    number: int = connection.execute(f"PRAGMA {pragma}").fetchone()[0]
    return number
