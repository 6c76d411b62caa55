"""What does a journal hold? Its entries one after another, and where it is not what was written.

An entry: magic, bytes of its facts, bytes of its vectors, CRC-32 of both; CRC-32 of these sixteen bytes; the facts in
MessagePack; the vectors as they are in memory. What lies behind the last one is zeros (room set aside) or torn.
"""

from __future__ import annotations

import os
import struct
import zlib
from typing import NamedTuple

import msgspec

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
    """Read all of an open journal.

    There may be ten million entries: each step counts. That the sum over facts and vectors is right says that their
    lengths are; the head's own sum is for finding the next entry behind what is damaged.
    """
    read = Read()
    crc, decode, unpack = zlib.crc32, FACTS.decode, HEAD.unpack_from
    add_slots, add_begin, add_count = read.slots.extend, read.begins.append, read.counts.append
    tokens, requests, usd, priced = 0, 0, 0.0, True
    last: Facts | None = None
    size, at, room = os.fstat(file).st_size, 0, PIECE
    while at < size:
        held, here = pread(file, room, at), 0
        piece, whole = memoryview(held), len(held)  # facts are few bytes, and soonest copied; vectors are not copied
        while here + FRAME <= whole:
            magic, told, vectors, wanted = unpack(held, here)
            begin = here + FRAME
            facts_end = begin + told
            end = facts_end + vectors
            if magic != MAGIC or end > whole or crc(piece[begin:end]) != wanted:
                break
            facts = decode(held[begin:facts_end])
            tokens += facts.tokens
            requests += facts.requests
            if (cost := facts.usd) is None:
                priced = False
            else:
                usd += cost
            if slots := facts.slots:
                add_slots(slots)
                add_begin(at + facts_end)
                add_count(len(slots))
                last = facts
            here = end
        at += here
        if here:
            read.end = at
            continue  # what is left may go on behind this piece
        told, vectors = _lengths(held) or (0, 0)
        if room == whole < (larger := FRAME + told + vectors) <= size - at:
            room = larger  # than a piece is this entry
            continue
        following = _next(file, at + 1, size)
        if following is None:
            break
        read.damaged.append(Damage(at, following))
        at = following
    if last is not None:
        read.width, read.dtype = last.width, last.dtype
    read.tokens, read.requests, read.usd = tokens, requests, usd if priced else None
    return read


def _lengths(head: bytes) -> tuple[int, int] | None:
    """Bytes of facts and bytes of vectors, if this is where an entry begins."""
    if len(head) < FRAME or not head.startswith(MAGIC):
        return None
    if SUM.unpack_from(head, HEAD.size)[0] != zlib.crc32(head[: HEAD.size]):
        return None
    _, told, vectors, _ = HEAD.unpack_from(head)
    return told, vectors


def _next(file: int, at: int, size: int) -> int | None:
    """The byte at which the next entry begins; None: there is none."""
    while at < size:
        piece = pread(file, PIECE, at)
        place = piece.find(MAGIC)
        while place >= 0:
            if _lengths(pread(file, FRAME, at + place)) is not None:
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
