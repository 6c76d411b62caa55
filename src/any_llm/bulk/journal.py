"""Where is a checked reply kept, the moment it is there? In a file that only grows, with a sum over each entry.

An entry: magic, bytes of its facts, bytes of its vectors, CRC-32 of both; CRC-32 of these sixteen bytes; the facts in
MessagePack; the vectors as they are in memory. What lies behind the last one is zeros (room set aside) or torn.
"""

from __future__ import annotations

import os
import struct
import time
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple, Self

import msgspec

from any_llm.bulk.errors import JobStorageError

if TYPE_CHECKING:
    from pathlib import Path

MAGIC = b"aLJ1"
HEAD = struct.Struct("<4sIII")
SUM = struct.Struct("<I")
FRAME = HEAD.size + SUM.size
"""Bytes before the facts."""

GROUP_BYTES, GROUP_SECONDS = 8 << 20, 0.25
"""What is forced onto the disk together: so much, or what came in so long. A killed process loses nothing of it; a
power failure at most that."""
AHEAD = 16 << 20
"""Bytes set aside at once."""
NOTHING = memoryview(b"")
PIECE = 1 << 20
"""Bytes read at once while a sum is taken."""


class Facts(msgspec.Struct, frozen=True, array_like=True):
    """What is known of one reply, but for its vectors."""

    slots: list[int]
    """Which texts of the shard these are, in the order of the vectors."""
    width: int = 0
    dtype: str = "float32"
    errors: dict[int, str] = {}
    """Text without a vector -> why."""
    tokens: int = 0
    usd: float | None = None
    """USD of these tokens; None: no price is known."""
    requests: int = 0


class Entry(NamedTuple):
    """One entry, and where its vectors lie in the file."""

    facts: Facts
    at: int
    """Byte of the file."""
    size: int
    """Bytes of all its vectors."""


class Damage(NamedTuple):
    """Bytes in the middle that are not what was written. Whatever stood there is embedded again."""

    begin: int
    end: int


class Read(NamedTuple):
    """All that a journal holds."""

    entries: list[Entry]
    damaged: list[Damage]
    end: int
    """Where the next entry goes: what lies behind is torn, or zeros."""


class Journal:
    """The file, open for one writer. Entries are there for every process the moment `append` returns."""

    def __init__(self, path: Path) -> None:
        """Open it, or begin it, and read what it holds. Cut what a killed process left half written."""
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
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
        data = _pread(self._file, size, at)
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


def scan(file: int) -> Read:
    """Read all entries of an open journal, without their vectors."""
    size = os.fstat(file).st_size
    entries: list[Entry] = []
    damaged: list[Damage] = []
    at = end = 0
    while at < size:
        found = _entry(file, at, size)
        if found is None:
            following = _next(file, at + 1, size)
            if following is None:
                break
            damaged.append(Damage(at, following))
            at = following
        else:
            entries.append(found)
            at = end = found.at + found.size
    return Read(entries, damaged, end)


def _entry(file: int, at: int, size: int) -> Entry | None:
    """The entry at this byte; None: what stands here is not what was written."""
    lengths = _head(_pread(file, FRAME, at))
    if lengths is None:
        return None
    told, vectors, wanted = lengths
    begin = at + FRAME + told
    if begin + vectors > size:
        return None
    facts = _pread(file, told, at + FRAME)
    found = zlib.crc32(facts)
    for piece in range(begin, begin + vectors, PIECE):
        found = zlib.crc32(_pread(file, min(PIECE, begin + vectors - piece), piece), found)
    return Entry(msgspec.msgpack.decode(facts, type=Facts), begin, vectors) if found == wanted else None


def _head(frame: bytes) -> tuple[int, int, int] | None:
    """Bytes of facts, bytes of vectors and their sum, if this is where an entry begins."""
    if len(frame) < FRAME or frame[: len(MAGIC)] != MAGIC:
        return None
    if SUM.unpack_from(frame, HEAD.size)[0] != zlib.crc32(frame[: HEAD.size]):
        return None
    _, told, vectors, wanted = HEAD.unpack_from(frame)
    return told, vectors, wanted


def _next(file: int, at: int, size: int) -> int | None:
    """The byte at which the next whole entry begins; None: there is none."""
    while at < size:
        piece = _pread(file, PIECE, at)
        place = piece.find(MAGIC)
        while place >= 0:
            if _entry(file, at + place, size) is not None:
                return at + place
            place = piece.find(MAGIC, place + 1)
        at += max(1, len(piece) - len(MAGIC) + 1)
    return None


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


def _pread(file: int, size: int, at: int) -> bytes:
    if hasattr(os, "pread"):
        return os.pread(file, size, at)
    os.lseek(file, at, os.SEEK_SET)
    return os.read(file, size)


def _pwrite(file: int, data: memoryview, at: int) -> int:
    if hasattr(os, "pwrite"):
        return os.pwrite(file, data, at)
    os.lseek(file, at, os.SEEK_SET)
    return os.write(file, data)
