"""Where is a checked reply kept, the moment it is there? In a file that only grows, with a sum over each entry."""

from __future__ import annotations

import os
import time
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, Self

import msgspec

from any_llm.bulk.errors import JobStorageError
from any_llm.bulk.lock import sole
from any_llm.bulk.replay import FRAME, HEAD, MAGIC, SUM, pread, scan

if TYPE_CHECKING:
    from pathlib import Path

    from any_llm.bulk.replay import Facts, Read

GROUP_BYTES, GROUP_SECONDS = 8 << 20, 0.25
"""What is forced onto the disk together: so much, or what came in so long. A killed process loses nothing of it; a
power failure at most that."""
AHEAD = 16 << 20
"""Bytes set aside at once."""
NOTHING = memoryview(b"")


class Journal:
    """The file, open for one writer. Entries are there for every process the moment `append` returns."""

    def __init__(self, path: Path) -> None:
        """Open it, or begin it; read what it holds; cut what was left half written. Raises JobHeldError."""
        self._file = sole(path)
        self.path = path
        self.found = scan(self._file)
        self.end = self._room = self.found.end
        os.ftruncate(self._file, self.end)
        self._unforced, self._forced = 0, time.monotonic()

    def reserve(self, size: int) -> None:
        """Set so many bytes aside, before anything is paid for that would need them. Raises JobStorageError."""
        if self.end + size <= self._room or not hasattr(os, "posix_fallocate"):
            return
        for more in (size + AHEAD, size):
            try:
                os.posix_fallocate(self._file, self.end, more)
            except OSError as error:
                failure = error
            else:
                self._room = self.end + more
                return
        raise full(self.path, failure) from None

    def append(self, facts: Facts, vectors: memoryview = NOTHING) -> int:
        """Write one entry; the byte its vectors begin at. Raises JobStorageError, and is then as it was before."""
        told = msgspec.msgpack.encode(facts)
        head = HEAD.pack(MAGIC, len(told), len(vectors), zlib.crc32(vectors, zlib.crc32(told)))
        try:
            _write(self._file, [head + SUM.pack(zlib.crc32(head)) + told, vectors], self.end)
            at = self.end + FRAME + len(told)
            self.end = at + len(vectors)
            self._unforced += FRAME + len(told) + len(vectors)
            if self._unforced >= GROUP_BYTES or time.monotonic() - self._forced >= GROUP_SECONDS:
                self.force()
        except OSError as error:
            raise full(self.path, error) from None
        return at

    def force(self) -> None:
        """Return once all entries are on the disk itself."""
        getattr(os, "fdatasync", os.fsync)(self._file)
        self._unforced, self._forced = 0, time.monotonic()

    def read(self, at: int, size: int) -> bytes:
        """Read so many bytes of vectors."""
        data = pread(self._file, size, at)
        if len(data) < size:
            raise OSError(f"{self.path} ends at byte {at + len(data)}, not {at + size}")
        return data

    def close(self) -> None:
        """Give back the room that was not needed."""
        if self._file >= 0:
            with suppress(OSError):  # a full disk is no reason to keep it open
                os.ftruncate(self._file, self.end)
                self.force()
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> Self:
        """Use as a context."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()


def read_only(path: Path) -> Read:
    """Read a journal that nobody is to change."""
    file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        return scan(file)
    finally:
        os.close(file)


def full(path: Path, error: OSError) -> JobStorageError:
    """Say that there is no room, and keep the system's own number."""
    failure = JobStorageError(
        f"{path} cannot grow: {error.strerror or error}. Make room; the same command goes on from here"
    )
    failure.errno, failure.strerror = error.errno, error.strerror
    return failure


def _write(file: int, pieces: list[bytes | memoryview], at: int) -> None:
    """Write all of it there."""
    for piece in pieces:
        left = memoryview(piece).cast("B")
        while left:
            done = _pwrite(file, left, at)
            at, left = at + done, left[done:]


def _pwrite(file: int, data: memoryview, at: int) -> int:
    if hasattr(os, "pwrite"):
        return os.pwrite(file, data, at)
    os.lseek(file, at, os.SEEK_SET)
    return os.write(file, data)
