"""How much one request may hold: as much as is known to be allowed; where nothing is known, little, and then more."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from any_llm.flow.tokens import size
from any_llm.providers.row import UNLIMITED, Limits

if TYPE_CHECKING:
    from any_llm.flow.caps import Cap
    from any_llm.wire import Batch

MOST = 512
"""Inputs a request, where no limit is known."""
HOSTED = Limits(items=64, tokens=8192, bytes=1_000_000)
LOOPBACK = Limits(items=32, tokens=4096, bytes=1_000_000)
"""What a first request holds, where no limit is known."""
SURE, SUREST = 8, 1024
"""Full requests that must go well before a guessed cap is doubled; twice as many after each guess, up to so many."""


class Room(msgspec.Struct, frozen=True):
    """What a place has taught of the size of its requests."""

    named: Limits = UNLIMITED
    """Caps that its refusals named."""
    guessed: Limits = UNLIMITED
    """Halves of what was refused, where the refusal named no cap."""
    good: int = 0
    """Full requests that went well since the newest guess."""
    sure: int = SURE
    """How many must, before it is doubled."""
    grown: int = 1
    """How often the first size, where no limit is known: it doubles with success."""


@lru_cache(maxsize=256)  # asked several times a call, and seldom of anything new
def in_force(room: Room, explicit: Limits, row: Limits, first: Limits, minute: Limits = UNLIMITED) -> Limits:
    """Join what is known: what the caller says beats what was learnt, and that what the row says.

    `first` is where one begins when nobody says anything of items and tokens: a refusal tells of one of them.
    `minute` is what may go in one: what is more would have to wait for an empty one.
    """
    known = tightest(room.named, row)
    if (row.items, row.tokens, explicit.items, explicit.tokens) == (None, None, None, None):
        grown = Limits(*(None if limit is None else limit * room.grown for limit in first))
        known = tightest(known, grown, Limits(items=MOST))
    return tightest(Limits(*map(_first, explicit, tightest(known, room.guessed))), minute)


def after_success(room: Room, batch: Batch, limits: Limits) -> Room:
    """A request with this batch went well under these limits. Only a full one proves anything."""
    if not _full(batch, limits):
        return room
    if room.guessed == UNLIMITED:
        return msgspec.structs.replace(room, grown=room.grown * 2) if room.grown < MOST else room
    if room.good + 1 < room.sure:
        return msgspec.structs.replace(room, good=room.good + 1)
    doubled = Limits(*(None if limit is None else limit * 2 for limit in room.guessed))
    return msgspec.structs.replace(room, guessed=doubled, good=0)


def _full(batch: Batch, limits: Limits) -> bool:
    if limits.items is not None and len(batch) >= limits.items:
        return True
    if limits.tokens is not None and batch.tokens * 2 >= limits.tokens:
        return True
    return limits.bytes is not None and sum(map(size, batch.texts)) * 2 >= limits.bytes


def after_refusal(room: Room, cap: Cap) -> Room:
    """A request was too large, and should have kept this cap."""
    if cap.named:
        return msgspec.structs.replace(room, named=tightest(room.named, cap.limits))
    guessed = tightest(room.guessed, cap.limits)
    if guessed == room.guessed:  # many were under way when the first of them was refused
        return msgspec.structs.replace(room, good=0)
    return msgspec.structs.replace(room, guessed=guessed, good=0, sure=min(room.sure * 2, SUREST))


def giving_way(explicit: Limits, cap: Cap) -> Limits:
    """What the caller said gives way to what the provider refused."""
    pairs = zip(explicit, cap.limits, strict=True)
    return Limits(*(said if said is None or most is None else min(said, most) for said, most in pairs))


def taught(cap: Cap) -> str:
    """What a refusal has taught, in words."""
    held = ", ".join(f"{name}={limit}" for name, limit in zip(Limits._fields, cap.limits, strict=True) if limit)
    return f"a request may hold {held} at most{'' if cap.named else ', which is a guess'}"


def tightest(*limits: Limits) -> Limits:
    """The least of each, of those that are known."""
    telling = [each for each in limits if each != UNLIMITED]
    if len(telling) < 2:  # noqa: PLR2004  # as a rule
        return telling[0] if telling else UNLIMITED
    return Limits(*map(_least, *telling))


def _least(*values: int | None) -> int | None:
    return min((value for value in values if value is not None), default=None)


def _first(preferred: int | None, other: int | None) -> int | None:
    return other if preferred is None else preferred
