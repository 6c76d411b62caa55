"""Is it tried again, after how long, and what is remembered of a host meanwhile?"""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_llm.flow.memory import CAPACITY, LIFETIME, MEMORY, Memory, Place
from any_llm.flow.retry import LONGEST_WAIT, Budget, Retry, delay
from any_llm.flow.turn import Lane
from by_hand import MONOTONIC, PLACE, PROPERTY, a_call, a_setting, bad, play

if TYPE_CHECKING:
    from any_llm.flow.pace import Pace

DELAYS = [
    # tries allowed, failed try, asked, chance -> seconds
    (2, 1, None, 0.0, 0.0),
    (2, 1, None, 1.0, 0.5),
    (2, 2, None, 1.0, 1.0),
    (2, 3, None, 1.0, None),
    (0, 1, None, 1.0, None),
    (9, 4, None, 1.0, 4.0),
    (9, 5, None, 1.0, 8.0),
    (9, 9, None, 1.0, 8.0),
    (2000, 1999, None, 1.0, 8.0),
    (9, 5, None, 0.5, 4.0),
    (2, 1, 3.0, 0.0, 3.0),
    (2, 1, 3.0, 1.0, 3.5),
    (9, 9, 3.0, 1.0, 4.0),  # a second more at most, so that not all come back at once
    (2, 1, 60.0, 0.0, 60.0),
    (2, 1, 60.001, 0.0, None),
    (2, 3, 1.0, 0.0, None),
    (None, 2, None, 1.0, 1.0),  # nobody said how often: two retries
    (None, 3, None, 1.0, None),
]


@pytest.mark.parametrize(("attempts", "attempt", "asked", "chance", "expected"), DELAYS)
def test_delays(attempts: int | None, attempt: int, asked: float | None, chance: float, expected: float | None):
    assert delay(Retry(attempts=attempts), attempt, asked=asked, chance=chance) == expected


@given(
    attempt=st.integers(1, 100), asked=st.none() | st.floats(0, LONGEST_WAIT), chance=st.floats(0, 1, exclude_max=True)
)
@PROPERTY
def test_never_sooner_than_asked_nor_much_later(attempt: int, asked: float | None, chance: float):
    wait = delay(Retry(attempts=100), attempt, asked=asked, chance=chance)
    assert wait is not None
    assert (asked or 0) <= wait <= (8 if asked is None else asked + 1)


@given(
    at_once=st.integers(1, 64),
    events=st.lists(st.tuples(st.floats(0, 20), st.booleans()), max_size=400),
)
@PROPERTY
def test_a_storm_of_retries_ends(at_once: int, events: list[tuple[float, bool]]):
    budget, now, answered, retried = Budget(), MONOTONIC, 0, 0
    for passed, good in events:
        now += passed
        if good:
            budget.earn()
            answered += 1
        else:
            retried += budget.spend(now, at_once)
        floor = max(50, 4 * at_once)
        assert retried <= floor + answered / 5 + floor * (now - MONOTONIC) / 60 + 1e-6


BUDGETS = [
    # may be in flight, answered before, asked for -> granted at once, and after a minute more
    (8, 0, 100, 50, 100),
    (8, 1000, 100, 50, 100),  # good times are no credit
    (64, 0, 1000, 256, 512),
]


@pytest.mark.parametrize(("at_once", "answered", "asked", "granted", "later"), BUDGETS)
def test_how_many_retries_a_place_is_worth(at_once: int, answered: int, asked: int, granted: int, later: int):
    budget = Budget()
    for _ in range(answered):
        budget.earn()
    first = sum(budget.spend(MONOTONIC, at_once) for _ in range(asked))
    assert (first, first + sum(budget.spend(MONOTONIC + 60, at_once) for _ in range(asked))) == (granted, later)


def test_what_is_answered_earns_retries():
    budget = Budget()
    while budget.spend(MONOTONIC, 8):
        pass
    for _ in range(5):
        assert not budget.spend(MONOTONIC, 8)
        budget.earn()
    assert budget.spend(MONOTONIC, 8)


def test_an_error_says_that_the_place_is_worth_no_more_retries():
    memory = Memory()
    budget = used(memory, PLACE, MONOTONIC).budget
    while budget.spend(MONOTONIC, 8):
        pass
    here = play(a_setting(a_call(), memory=memory), [bad(503)])
    elsewhere = play(a_setting(a_call(), memory=memory, place=ELSEWHERE), [bad(503)] * 3)
    assert (here.trace, elsewhere.trace) == ("go send", "go send sleep 0.25 go send sleep 0.5 go send")
    assert [hasattr(played.error, "__notes__") for played in (here, elsewhere)] == [True, False]
    assert "Not tried again" in here.error.__notes__[0]
    assert pickle.loads(pickle.dumps(here.error)).__notes__ == here.error.__notes__  # noqa: S301


ELSEWHERE: Place = ("https://api.example.test/v1", "another-model", 7)


def test_what_is_learnt_is_known_there_and_nowhere_else():
    memory = Memory()
    memory.learn(PLACE, MONOTONIC, base64=False)
    assert [memory.known(place, MONOTONIC).base64 for place in (PLACE, ELSEWHERE)] == [False, True]


@pytest.mark.parametrize(("passed", "remembered"), [(0, True), (LIFETIME - 1, True), (LIFETIME, False)])
def test_an_hour_later_it_is_forgotten(passed: float, remembered: bool):  # noqa: FBT001
    memory = Memory()
    memory.learn(PLACE, MONOTONIC, base64=False)
    assert memory.known(PLACE, MONOTONIC + passed).base64 is not remembered


def test_what_is_forgotten_does_not_come_back_with_the_next_fact():
    memory = Memory()
    memory.learn(PLACE, MONOTONIC, base64=False)
    memory.learn(PLACE, MONOTONIC + 2 * LIFETIME)
    assert memory.known(PLACE, MONOTONIC + 2 * LIFETIME).base64


def test_the_oldest_places_go_first():
    memory = Memory()
    for number in range(CAPACITY + 2):
        memory.learn(("https://a.test", str(number), 0), MONOTONIC, base64=False)
        memory.learn(("https://a.test", "0", 0), MONOTONIC, base64=False)  # in use all the time
    kept = [not memory.known(("https://a.test", str(n), 0), MONOTONIC).base64 for n in range(CAPACITY + 2)]
    assert kept == [True, False, False, *[True] * (CAPACITY - 1)]


def used(memory: Memory, place: Place, now: float) -> Pace:
    pace = memory.pace(place, now)
    pace.used = now
    return pace


def test_an_hour_unused_a_pace_is_forgotten_unless_somebody_waits():
    memory = Memory()
    kept, dropped = used(memory, PLACE, MONOTONIC), used(memory, ELSEWHERE, MONOTONIC)
    kept.lanes["client"] = Lane()
    assert memory.pace(PLACE, MONOTONIC + LIFETIME) is kept
    assert memory.pace(ELSEWHERE, MONOTONIC + LIFETIME - 1) is dropped
    assert memory.pace(ELSEWHERE, MONOTONIC + LIFETIME) is not dropped


def test_the_oldest_paces_go_first_unless_somebody_waits():
    memory = Memory()
    busy, idle = used(memory, PLACE, MONOTONIC), used(memory, ELSEWHERE, MONOTONIC)
    busy.lanes["client"] = Lane()
    for number in range(CAPACITY):
        used(memory, ("https://a.test", str(number), 0), MONOTONIC)
    assert memory.pace(PLACE, MONOTONIC) is busy
    assert memory.pace(ELSEWHERE, MONOTONIC) is not idle


def test_a_forked_child_can_learn():
    memory = Memory()
    used(memory, PLACE, MONOTONIC).lanes["client"] = Lane()
    with ThreadPoolExecutor(1) as another:
        another.submit(memory.lock.acquire).result()
    memory.unlock()
    memory.learn(PLACE, MONOTONIC, base64=False)
    assert memory.pace(PLACE, MONOTONIC).lanes == {}
    assert not memory.known(PLACE, MONOTONIC).base64
    assert isinstance(MEMORY, Memory)
