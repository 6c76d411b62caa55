"""Is it tried again, after how long, and what is remembered of a host meanwhile?"""

from __future__ import annotations

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_llm.flow.memory import CAPACITY, LIFETIME, MEMORY, Memory, Place
from any_llm.flow.pace import admit
from any_llm.flow.retry import LONGEST_WAIT, Retry, delay, retry_after
from by_hand import MONOTONIC, PLACE, PROPERTY, WALL

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
]


@pytest.mark.parametrize(("attempts", "attempt", "asked", "chance", "expected"), DELAYS)
def test_delays(attempts: int, attempt: int, asked: float | None, chance: float, expected: float | None):
    assert delay(Retry(attempts=attempts), attempt, asked=asked, chance=chance) == expected


@given(
    attempt=st.integers(1, 100), asked=st.none() | st.floats(0, LONGEST_WAIT), chance=st.floats(0, 1, exclude_max=True)
)
@PROPERTY
def test_never_sooner_than_asked_nor_much_later(attempt: int, asked: float | None, chance: float):
    wait = delay(Retry(attempts=100), attempt, asked=asked, chance=chance)
    assert wait is not None
    assert (asked or 0) <= wait <= (8 if asked is None else asked + 1)


ASKED = [
    ({}, None),
    ({"retry-after": "2"}, 2.0),
    ({"retry-after": "0"}, 0.0),
    ({"retry-after": "0.5"}, 0.5),
    ({"retry-after": " 7 "}, 7.0),
    ({"retry-after-ms": "1500"}, 1.5),
    ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
    ({"retry-after-ms": "soon", "retry-after": "9"}, 9.0),
    ({"retry-after": formatdate(WALL + 90, usegmt=True)}, 90.0),
    ({"retry-after": formatdate(WALL - 90, usegmt=True)}, 0.0),
    ({"retry-after": "soon"}, None),
    ({"retry-after": ""}, None),
    ({"retry-after": "-1"}, None),
    ({"retry-after": "nan"}, None),
    ({"retry-after": "inf"}, None),
    ({"retry-after": "Mon, 32 Jan 2026 00:00:00 GMT"}, None),
    ({"retry-after": "Mon, 01 Jan 99999999999999 00:00:00 GMT"}, None),
]


@pytest.mark.parametrize(("headers", "seconds"), ASKED)
def test_what_a_provider_asks_for(headers: dict[str, str], seconds: float | None):
    assert retry_after(headers, WALL) == seconds


dates = st.builds("Mon, {} Jan {} 00:00:00 {}".format, st.integers(1, 40), st.integers(0, 10**20), st.text("+-0Z"))


@given(st.text(max_size=20) | dates)
def test_no_header_is_worse_than_none(word: str):
    asked = retry_after({"retry-after": word}, WALL)
    assert asked is None or 0 <= asked < float("inf")


ELSEWHERE: Place = ("https://api.example.test/v1", "another-model", 7)


def test_what_is_learnt_is_known_there_and_nowhere_else():
    memory = Memory()
    memory.learn(PLACE, MONOTONIC, base64=False)
    assert [memory.known(place, MONOTONIC).base64 for place in (PLACE, ELSEWHERE)] == [False, True]
    memory.learn(PLACE, MONOTONIC + 1, paused_until=MONOTONIC + 9)
    known = memory.known(PLACE, MONOTONIC + 1)
    assert (known.base64, known.paused_until) == (False, MONOTONIC + 9)


@pytest.mark.parametrize(("passed", "remembered"), [(0, True), (LIFETIME - 1, True), (LIFETIME, False)])
def test_an_hour_later_it_is_forgotten(passed: float, remembered: bool):  # noqa: FBT001
    memory = Memory()
    memory.learn(PLACE, MONOTONIC, base64=False)
    assert memory.known(PLACE, MONOTONIC + passed).base64 is not remembered


def test_what_is_forgotten_does_not_come_back_with_the_next_fact():
    memory = Memory()
    memory.learn(PLACE, MONOTONIC, base64=False)
    memory.learn(PLACE, MONOTONIC + 2 * LIFETIME, paused_until=MONOTONIC + 2 * LIFETIME + 1)
    assert memory.known(PLACE, MONOTONIC + 2 * LIFETIME).base64


def test_the_oldest_places_go_first():
    memory = Memory()
    for number in range(CAPACITY + 2):
        memory.learn(("https://a.test", str(number), 0), MONOTONIC, base64=False)
        memory.learn(("https://a.test", "0", 0), MONOTONIC, base64=False)  # in use all the time
    kept = [not memory.known(("https://a.test", str(n), 0), MONOTONIC).base64 for n in range(CAPACITY + 2)]
    assert kept == [True, False, False, *[True] * (CAPACITY - 1)]


@given(st.lists(st.floats(0, 100), min_size=1))
@PROPERTY
def test_a_pause_only_grows(pauses: list[float]):
    memory = Memory()
    for pause in pauses:
        memory.learn(PLACE, MONOTONIC, paused_until=MONOTONIC + pause)
    assert memory.known(PLACE, MONOTONIC).paused_until == MONOTONIC + max(pauses)


@pytest.mark.parametrize(("passed", "wait"), [(0, 4.0), (1, 3.0), (3.5, 0.5), (4, 0.0), (5, 0.0)])
def test_a_pause_holds_until_it_is_over(passed: float, wait: float):
    memory = Memory()
    memory.learn(PLACE, MONOTONIC, paused_until=MONOTONIC + 4)
    assert admit(memory, PLACE, MONOTONIC + passed) == wait
    assert admit(memory, ELSEWHERE, MONOTONIC + passed) == 0


def test_a_forked_child_can_learn():
    memory = Memory()
    memory._lock.acquire()
    memory.unlock()
    memory.learn(PLACE, MONOTONIC, base64=False)
    assert not memory.known(PLACE, MONOTONIC).base64
    assert isinstance(MEMORY, Memory)
