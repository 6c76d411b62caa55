"""What is in a cache, and how does it become smaller? For a person, and for the command."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, NamedTuple

from any_llm.cache.database import ForeignFileError, opened
from any_llm.cache.place import VARIABLE, path_of
from any_llm.exceptions import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BESIDE = 100
"""Bytes that an entry takes beside its vector, about."""


class CacheInfo(NamedTuple):
    """What is there."""

    path: str
    vectors: int
    bytes: int
    """Of the file and of what SQLite keeps beside it."""


def info(path: str | os.PathLike[str] | None = None) -> CacheInfo:
    """Count. `path`: None means ANY_LLM_CACHE, else the standard file. Raises InvalidRequestError."""
    with _connected(path) as (file, connection):
        return CacheInfo(str(file), _count(connection), _size(file))


def clear(path: str | os.PathLike[str] | None = None) -> int:
    """Empty it, for other processes too: give how many vectors were there. Raises InvalidRequestError."""
    with _connected(path) as (_, connection):
        count = _count(connection)
        connection.execute("DELETE FROM vectors")
        _shrink(connection)
        return count


def prune(max_bytes: int, path: str | os.PathLike[str] | None = None) -> int:
    """Make it no larger than that, the vectors first that were not used for longest: give how many went.

    Raises InvalidRequestError.
    """
    with _connected(path) as (file, connection):
        _shrink(connection)
        before = _count(connection)
        while _size(file) > max_bytes and (left := _count(connection)):
            weight = f"sum(length(vector) + {BESIDE})"
            total = connection.execute(f"SELECT {weight} FROM vectors").fetchone()[0]  # noqa: S608  # numbers of ours
            surplus = total * (1 - max_bytes / _size(file))
            connection.execute(
                f"DELETE FROM vectors WHERE rowid IN (SELECT rowid FROM (SELECT rowid, {weight}"  # noqa: S608  # as above
                " OVER (ORDER BY used, rowid ROWS UNBOUNDED PRECEDING) - length(vector) AS before FROM vectors)"
                " WHERE before <= ?)",
                (surplus,),
            )
            _shrink(connection)
            if _count(connection) == left:
                break
        return before - _count(connection)


@contextmanager
def _connected(path: str | os.PathLike[str] | None) -> Iterator[tuple[Path, sqlite3.Connection]]:
    said = path if path is not None else os.environ.get(VARIABLE)
    file = path_of(True if said in {None, "", "0", "false"} else said)
    try:
        with closing(opened(file, make=False)) as connection:
            yield file, connection
    except FileNotFoundError:
        raise InvalidRequestError(f"there is no cache at {file}.") from None
    except (sqlite3.Error, OSError, ForeignFileError) as error:
        raise InvalidRequestError(f"the cache {file} cannot be used: {error}.") from error


def _count(connection: sqlite3.Connection) -> int:
    count: int = connection.execute("SELECT count(*) FROM vectors").fetchone()[0]
    return count


def _shrink(connection: sqlite3.Connection) -> None:
    connection.execute("VACUUM")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _size(file: Path) -> int:
    beside = (file.with_name(file.name + end) for end in ("", "-wal"))
    return sum(each.stat().st_size for each in beside if each.exists())
