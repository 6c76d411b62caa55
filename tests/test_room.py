"""How much may one request hold: what is known, what was learnt, and how that grows and shrinks?"""

from __future__ import annotations

import pytest

from any_llm.flow.caps import Cap
from any_llm.flow.room import (
    HOSTED,
    LOOPBACK,
    SURE,
    SUREST,
    Room,
    after_refusal,
    after_success,
    giving_way,
    in_force,
    taught,
    tightest,
)
from any_llm.providers.row import UNLIMITED, Limits
from any_llm.wire import Batch

GUESSED = Room(guessed=Limits(items=8), sure=16)


def of(items: int, tokens: int = 1, length: int = 1) -> Batch:
    """A batch of so many inputs, tokens in all and bytes each."""
    return Batch(["x" * length] * items, range(items), tokens)


def test_where_one_begins():
    assert Limits(items=64, tokens=8192, bytes=1_000_000) == HOSTED
    assert Limits(items=32, tokens=4096, bytes=1_000_000) == LOOPBACK


FORCE = [
    # learnt, what the caller says, the row's -> what is in force
    (Room(), UNLIMITED, UNLIMITED, HOSTED),
    (Room(grown=4), UNLIMITED, UNLIMITED, Limits(items=256, tokens=32768, bytes=4_000_000)),
    (Room(grown=16), UNLIMITED, UNLIMITED, Limits(items=512, tokens=131_072, bytes=16_000_000)),
    (Room(), UNLIMITED, Limits(items=96), Limits(items=96)),
    (Room(), UNLIMITED, Limits(tokens=100), Limits(tokens=100)),
    (Room(), UNLIMITED, Limits(bytes=100), HOSTED._replace(bytes=100)),
    (Room(), Limits(items=7), UNLIMITED, Limits(items=7)),
    (Room(), Limits(tokens=7), UNLIMITED, Limits(tokens=7)),
    (Room(), Limits(bytes=7), UNLIMITED, HOSTED._replace(bytes=7)),
    (Room(), Limits(items=700), Limits(items=96), Limits(items=700)),
    (Room(named=Limits(items=24)), UNLIMITED, Limits(items=96), Limits(items=24)),
    (Room(named=Limits(items=240)), UNLIMITED, Limits(items=96), Limits(items=96)),
    (Room(guessed=Limits(items=5)), UNLIMITED, Limits(items=96), Limits(items=5)),
    (Room(guessed=Limits(items=5)), UNLIMITED, UNLIMITED, HOSTED._replace(items=5)),
    (Room(guessed=Limits(items=5), named=Limits(items=9)), Limits(items=30), UNLIMITED, Limits(items=30)),
    (Room(guessed=Limits(bytes=5), named=Limits(items=9)), UNLIMITED, Limits(tokens=3), Limits(9, 3, 5)),
]


@pytest.mark.parametrize(("room", "said", "row", "force"), FORCE)
def test_what_is_in_force(room, said, row, force):
    assert in_force(room, explicit=said, row=row, first=HOSTED) == force


FULL = [
    # a batch, the limits it was planned under -> whether it proves anything
    (of(64), HOSTED, True),
    (of(63), HOSTED, False),
    (of(1, tokens=4096), HOSTED, True),
    (of(1, tokens=4095), HOSTED, False),
    (of(1, length=500_000), HOSTED, True),
    (of(1, length=499_999), HOSTED, False),
    (of(2, length=250_000), HOSTED, True),
    (of(9, tokens=9**9, length=99), UNLIMITED, False),
    (of(9), Limits(items=9), True),
    (of(9, tokens=50), Limits(tokens=100), True),
    (of(9, tokens=50), Limits(tokens=101), False),
    (of(9, length=11), Limits(bytes=198), True),
    (of(9, length=11), Limits(bytes=199), False),
]


@pytest.mark.parametrize(("batch", "limits", "full"), FULL)
def test_only_a_full_request_proves_anything(batch, limits, full):
    assert after_success(Room(), batch, limits) == Room(grown=2 if full else 1)
    assert after_success(GUESSED, batch, limits) == Room(guessed=Limits(items=8), sure=16, good=1 if full else 0)


@pytest.mark.parametrize(("grown", "then"), [(1, 2), (256, 512), (511, 1022), (512, 512), (513, 513)])
def test_it_grows_by_doubling_to_an_end(grown, then):
    assert after_success(Room(grown=grown), of(64), HOSTED).grown == then


@pytest.mark.parametrize(("good", "then"), [(0, (1, 8)), (13, (14, 8)), (14, (15, 8)), (15, (0, 16)), (99, (0, 16))])
def test_a_guess_is_doubled_after_enough_good_ones(good, then):
    room = after_success(Room(guessed=Limits(items=8, bytes=3), sure=16, good=good), of(8), Limits(items=8))
    assert (room.good, room.guessed.items) == then
    assert room.guessed.bytes == 3 * then[1] // 8
    assert (room.sure, room.guessed.tokens) == (16, None)


def cap(*, named=False, **limits):
    return Cap(limits=Limits(**limits), named=named)


REFUSED = [
    # what is known, a refusal -> what is known then
    (Room(good=5, grown=3), cap(named=True, items=9), Room(named=Limits(items=9), good=5, grown=3)),
    (Room(named=Limits(items=8, tokens=5)), cap(named=True, items=9), Room(named=Limits(items=8, tokens=5))),
    (Room(named=Limits(items=8)), cap(named=True, tokens=9), Room(named=Limits(items=8, tokens=9))),
    (Room(good=5, grown=3), cap(items=9), Room(guessed=Limits(items=9), sure=2 * SURE, grown=3)),
    (Room(guessed=Limits(items=9), good=5, sure=64), cap(items=4), Room(guessed=Limits(items=4), sure=128)),
    (Room(guessed=Limits(items=9), good=5, sure=64), cap(items=9), Room(guessed=Limits(items=9), sure=64)),
    (Room(guessed=Limits(items=9), good=5, sure=64), cap(items=10), Room(guessed=Limits(items=9), sure=64)),
    (Room(guessed=Limits(items=9), sure=SUREST), cap(bytes=4), Room(guessed=Limits(9, None, 4), sure=SUREST)),
    (Room(sure=SUREST - 1), cap(bytes=4), Room(guessed=Limits(bytes=4), sure=SUREST)),
]


@pytest.mark.parametrize(("room", "refusal", "then"), REFUSED)
def test_what_a_refusal_leaves(room, refusal, then):
    assert after_refusal(room, refusal) == then


def test_how_sure_one_must_be():
    assert (SURE, SUREST, Room()) == (8, 1024, Room(UNLIMITED, UNLIMITED, 0, 8, 1))


def test_what_the_caller_says_gives_way_where_it_is_refused():
    said = Limits(items=100, tokens=50)
    assert giving_way(said, cap(items=24, tokens=None)) == Limits(items=24, tokens=50)
    assert giving_way(said, cap(items=240, bytes=5)) == said
    assert giving_way(UNLIMITED, cap(items=24)) == UNLIMITED


def test_the_tightest_is_the_least_of_each():
    assert tightest(Limits(items=3), Limits(items=2, tokens=9), Limits(tokens=8)) == Limits(items=2, tokens=8)
    assert tightest(UNLIMITED) == UNLIMITED


def test_what_was_taught_in_words():
    assert taught(cap(named=True, items=24)) == "a request may hold items=24 at most"
    assert taught(cap(tokens=24)) == "a request may hold tokens=24 at most, which is a guess"
