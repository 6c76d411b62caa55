"""What does a journal hold? Its entries one after another, and where it is not what was written.

An entry: magic, bytes of its facts, bytes of its vectors, CRC-32 of both; CRC-32 of these sixteen bytes; the facts in
MessagePack; the vectors as they are in memory. What lies behind the last one is zeros (room set aside) or torn.
"""

from __future__ import annotations

import os
import struct
import zlib
from array import array
from typing import TYPE_CHECKING, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

MAGIC = b"aLJ1"
HEAD = struct.Struct("<4sIII")
SUM = struct.Struct("<I")
FRAME = HEAD.size + SUM.size
"""Bytes before the facts."""
PIECE = 4 << 20
"""Bytes read at once: entries are small, and many."""


class Facts(msgspec.Struct, frozen=True, array_like=True, gc=False):
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


class Entry(msgspec.Struct, frozen=True, gc=False):
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


class Read:
    """All that a journal holds, but for its vectors: added up, for ten million entries are too many to keep."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.slots = array("q")
        """Texts that have a vector, in the order of the file."""
        self.begins, self.counts = array("q"), array("q")
        """Of each entry: the byte at which its vectors begin, and how many it has."""
        self.width, self.dtype = 0, "float32"
        self.tokens = self.requests = 0
        self.usd: float | None = 0.0
        self.damaged: list[Damage] = []
        self.end = 0
        """Where the next entry goes: what lies behind is torn, or zeros."""


FACTS = msgspec.msgpack.Decoder(Facts)
WHOLE = struct.Struct(HEAD.format + "I")


def scan(file: int) -> Read:
    """Read all of an open journal."""
    read = Read()
    slots, begins, counts = read.slots.extend, read.begins.append, read.counts.append
    tokens = requests = 0
    usd: float | None = 0.0
    for found in replay(file):
        if isinstance(found, Damage):
            read.damaged.append(found)
            continue
        facts, at = found.facts, found.at
        tokens += facts.tokens
        requests += facts.requests
        usd = None if usd is None or facts.usd is None else usd + facts.usd
        read.end = at + found.size
        if facts.slots:
            slots(facts.slots)
            begins(at)
            counts(len(facts.slots))
            read.width, read.dtype = facts.width, facts.dtype
    read.tokens, read.requests, read.usd = tokens, requests, usd
    return read


def replay(file: int) -> Iterator[Entry | Damage]:
    """Give all entries of an open journal as they come. There may be ten million: each step counts."""
    size, at = os.fstat(file).st_size, 0
    read, crc, decode, unpack = pread, zlib.crc32, FACTS.decode, WHOLE.unpack_from
    piece, base = memoryview(read(file, PIECE, 0)), 0
    while at < size:
        here = at - base
        left = len(piece) - here
        if left >= FRAME:
            magic, told, vectors, wanted, head = unpack(piece, here)
            begin = here + FRAME
            end = begin + told + vectors
            if magic == MAGIC and crc(piece[here : here + HEAD.size]) == head and end <= len(piece):
                if crc(piece[begin:end]) == wanted:
                    yield Entry(decode(piece[begin : begin + told]), base + begin + told, vectors)
                    at = base + end
                    continue
                left = 0  # it was looked at whole, and is not what was written
        if here and left:  # it may go on behind this piece
            piece, base = memoryview(read(file, PIECE, at)), at
            continue
        found = entry_at(file, at, size)
        if found is not None:  # larger than a piece
            yield found
            at = found.at + found.size
            piece, base = memoryview(read(file, PIECE, at)), at
            continue
        following = _next(file, at + 1, size)
        if following is None:
            return
        yield Damage(at, following)
        at = following
        piece, base = memoryview(read(file, PIECE, at)), at


def entry_at(file: int, at: int, size: int) -> Entry | None:
    """The entry at this byte; None: what stands here is not what was written."""
    lengths = _head(pread(file, FRAME, at))
    if lengths is None:
        return None
    told, vectors, wanted = lengths
    begin = at + FRAME + told
    if begin + vectors > size:
        return None
    facts = pread(file, told, at + FRAME)
    found = zlib.crc32(facts)
    for piece in range(begin, begin + vectors, PIECE):
        found = zlib.crc32(pread(file, min(PIECE, begin + vectors - piece), piece), found)
    return Entry(FACTS.decode(facts), begin, vectors) if found == wanted else None


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
        piece = pread(file, PIECE, at)
        place = piece.find(MAGIC)
        while place >= 0:
            if entry_at(file, at + place, size) is not None:
                return at + place
            place = piece.find(MAGIC, place + 1)
        at += max(1, len(piece) - len(MAGIC) + 1)
    return None


def pread(file: int, size: int, at: int) -> bytes:
    """Read there, wherever the file is."""
    if hasattr(os, "pread"):
        return os.pread(file, size, at)
    os.lseek(file, at, os.SEEK_SET)
    return os.read(file, size)
