"""What does a journal hold? Its entries one after another, and where it is not what was written.

An entry: magic, bytes of its facts, bytes of its vectors, CRC-32 of both; CRC-32 of these sixteen bytes; the facts in
MessagePack; the vectors as they are in memory. What lies behind the last one is zeros (room set aside) or torn.
"""

from __future__ import annotations

import os
import struct
import zlib
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


Entry = tuple[Facts, int, int]
"""The facts of one, the byte at which its vectors begin, how many bytes they are: too many for a class of their own."""


class Damage(NamedTuple):
    """Bytes in the middle that are not what was written. Whatever stood there is embedded again."""

    begin: int
    end: int


class Read:
    """All that a journal holds, but for its vectors: added up."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.slots: list[int] = []
        """Texts that have a vector, in the order of the file."""
        self.begins: list[int] = []
        self.counts: list[int] = []
        """Of each entry: the byte at which its vectors begin, and how many it has."""
        self.width, self.dtype = 0, "float32"
        self.tokens = self.requests = 0
        self.usd: float | None = 0.0
        self.damaged: list[Damage] = []
        self.end = 0
        """Where the next entry goes: what lies behind is torn, or zeros."""


FACTS = msgspec.msgpack.Decoder(Facts)


def scan(file: int) -> Read:
    """Read all of an open journal."""
    read = Read()
    add_slots, add_begin, add_count = read.slots.extend, read.begins.append, read.counts.append
    tokens, requests, usd, priced = 0, 0, 0.0, True
    last: Facts | None = None
    at = size = 0
    for facts, at, size in replay(file, read.damaged):  # noqa: B007  # of the last one, below
        tokens += facts.tokens
        requests += facts.requests
        if (cost := facts.usd) is None:
            priced = False
        else:
            usd += cost
        if slots := facts.slots:
            add_slots(slots)
            add_begin(at)
            add_count(len(slots))
            last = facts
    read.end = at + size
    if last is not None:
        read.width, read.dtype = last.width, last.dtype
    read.tokens, read.requests, read.usd = tokens, requests, usd if priced else None
    return read


def replay(file: int, damaged: list[Damage]) -> Iterator[Entry]:
    """Give all entries of an open journal as they come, and put there what is `damaged`.

    There may be ten million: each step counts. That the sum over facts and vectors is right says that their lengths
    are; the head's own sum is for finding the next entry behind what is damaged.
    """
    size, at = os.fstat(file).st_size, 0
    crc, decode, unpack = zlib.crc32, FACTS.decode, HEAD.unpack_from
    while at < size:
        held, here = pread(file, PIECE, at), 0
        piece, whole = memoryview(held), len(held)  # facts are few bytes, and soonest copied; vectors are not copied
        while here + FRAME <= whole:
            magic, told, vectors, wanted = unpack(held, here)
            begin = here + FRAME
            end = begin + told + vectors
            if magic != MAGIC or end > whole or crc(piece[begin:end]) != wanted:
                break
            facts_end = begin + told
            yield decode(held[begin:facts_end]), at + facts_end, vectors
            here = end
        at += here
        if here:
            continue  # what is left may go on behind this piece
        found = entry_at(file, at, size)
        if found is not None:  # larger than a piece
            yield found
            at = found[1] + found[2]
            continue
        following = _next(file, at + 1, size)
        if following is None:
            return
        damaged.append(Damage(at, following))
        at = following


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
    return (FACTS.decode(facts), begin, vectors) if found == wanted else None


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
