"""Is a rate kept over any minute, a limit that a provider tells obeyed, one that it does not tell found?"""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_llm.flow.found import CUT, FORGET, LAST_RESORT, Found
from any_llm.flow.pace import Cost, Pace, Terms
from any_llm.flow.quota import LONGEST, Quota
from any_llm.flow.window import GRAIN, MINUTE, Window
from by_hand import MONOTONIC, PROPERTY, WALL, reply

ONE = Cost(1, 10)
FREE = Terms()

wants = st.tuples(st.floats(0, 40), st.integers(1, 30), st.integers(1, 300), st.floats(0, 1))


@given(rpm=st.none() | st.integers(1, 60), tpm=st.none() | st.integers(1, 600), wants=st.lists(wants, max_size=60))
@PROPERTY
def test_no_minute_holds_more_than_its_rate(
    rpm: int | None, tpm: int | None, wants: list[tuple[float, int, int, float]]
):
    window, now = Window(), MONOTONIC
    went: list[tuple[float, int, int]] = []
    for passed, count, tokens, counted in wants:
        now += passed
        asks = 0
        while (wait := window.wait(now, count, tokens, rpm=rpm, tpm=tpm)) > 0:
            now += wait
            asks += 1
            assert asks < 1000
        step = window.add(now, count, tokens)
        used = int(tokens * counted)  # what the provider counts is known later, and never more than was thought
        window.correct(step, used - tokens)
        went.append((now, count, used))
    for begin, _, _ in went:
        for place, limit in ((1, rpm), (2, tpm)):
            minute = [each[place] for each in went if begin <= each[0] <= begin + MINUTE and each[place] > 0]
            # What is over by itself goes alone.
            assert limit is None or sum(minute) <= limit or len(minute) == 1


ROOM = [
    # rpm, tpm, what went (when, count, tokens), what wants to go -> when it may, of 60
    (2, None, [(0, 1, 5)], (1, 5), 0),
    (2, None, [(0, 1, 5), (10, 1, 5)], (1, 5), 60),
    (2, None, [(0, 2, 5), (10, 2, 5)], (2, 5), 70),
    (None, 10, [(0, 1, 5)], (1, 5), 0),
    (None, 10, [(0, 1, 5), (10, 1, 5)], (1, 5), 60),
    (None, 10, [(0, 1, 5), (10, 1, 5)], (1, 6), 70),
    (None, 10, [(0, 1, 5), (10, 1, 5)], (1, 99), 70),  # more than a minute's by itself: alone
    (None, 10, [], (1, 99), 0),
    (2, 10, [(0, 1, 10), (10, 1, 0)], (1, 1), 60),
    (2, 10, [(0, 1, 0), (10, 1, 10)], (1, 1), 70),
    (None, None, [(0, 99, 99)], (1, 1), 0),
]


@pytest.mark.parametrize(("rpm", "tpm", "went", "wants", "when"), ROOM)
def test_nobody_waits_when_there_is_room(rpm, tpm, went, wants, when):
    window, now = Window(), MONOTONIC + 20
    for at, *cost in went:
        window.add(MONOTONIC + at, *cost)
    wait = window.wait(now, *wants, rpm=rpm, tpm=tpm)
    assert wait == (0 if when == 0 else pytest.approx(when - 20 + GRAIN, abs=0.01))


def test_a_minute_of_a_million_requests_is_a_few_steps():
    window = Window()
    for number in range(100_000):
        window.add(MONOTONIC + number / 1000, 10, 1)
        window.wait(MONOTONIC + number / 1000, 1, 1, rpm=10**9, tpm=None)
    assert (len(window._steps) <= MINUTE / GRAIN + 2, window.count) == (True, pytest.approx(600_000, rel=0.01))


def a_quota(left: float, limit: float | None, until: float) -> Quota:
    quota = Quota()
    quota.hear(MONOTONIC, 1, left=left, limit=limit, until=MONOTONIC + until)
    return quota


TAKEN = [
    # left, limit, until all is back, each costs -> when the next ones go
    (60, 60, 60, 1, [0, 0, 0, 0]),
    (31, 60, 60, 1, [0, 0, 2, 4]),  # from the half on, what is left is spread over what is left of the minute
    (4, 60, 60, 1, [0, 15, 30, 45, 60, 60]),
    (0, 60, 30, 1, [30, 30]),
    (100, 1000, 10, 50, [0, 5, 10, 10]),
    (100, 1000, 10, 200, [10, 10]),
    (3, None, 60, 1, [0, 0, 30, 60]),  # no limit is told: what was left most is taken for it
    (0, 60, LONGEST + 1, 1, [0, 0]),  # a day's: the provider says when that is gone
    (9, 10_000, LONGEST + 1, 1, [0, 0]),
]


@pytest.mark.parametrize(("left", "limit", "until", "cost", "when"), TAKEN)
def test_what_is_left_lasts_until_all_is_back(left, limit, until, cost, when):
    quota, now, went = a_quota(left, limit, until), MONOTONIC, []
    for _ in when:
        while (wait := quota.wait(now, cost)) > 0:
            now += wait
        quota.take(now, cost)
        went.append(now - MONOTONIC)
    assert went == pytest.approx(when)


def test_the_newest_request_knows_best():
    quota = a_quota(5, 10, 30)
    quota.hear(MONOTONIC, 3, left=0, limit=10, until=MONOTONIC + 30)
    quota.hear(MONOTONIC, 2, left=4, limit=10, until=MONOTONIC + 30)
    assert quota.wait(MONOTONIC, 1) == 30
    quota.hear(MONOTONIC, 3, left=9, limit=10, until=MONOTONIC + 30)
    assert quota.wait(MONOTONIC, 1) == 0


def test_what_is_under_way_may_not_be_counted_yet():
    pace = Pace()
    went = pace.take(MONOTONIC, ONE)
    pace.hear(went, reply(b"", x_ratelimit_remaining_tokens="9", x_ratelimit_limit_tokens="100"), (MONOTONIC, WALL))
    assert pace.wait(MONOTONIC, [], Cost(1, 9), FREE) == 0
    assert pace.wait(MONOTONIC, [], Cost(1, 10), FREE) == 20  # the clock's next minute


def test_there_is_no_rate_before_the_first_refusal():
    found = Found()
    for _ in range(100):
        assert (found.wait(MONOTONIC), found.paced) == (0, False)
        found.take(MONOTONIC, 1)
        found.accepted()


def refused(found: Found, rate: float) -> float:
    found.refused(MONOTONIC, MONOTONIC - 1, rate)
    found.take(MONOTONIC, 1)
    return 1 / found.wait(MONOTONIC)


def test_a_refusal_cuts_the_rate_once_for_all_under_way():
    found = Found()
    assert refused(found, 10.0) == pytest.approx(10 * CUT)
    assert refused(found, 10.0) == pytest.approx(10 * CUT)
    found.refused(MONOTONIC + 1, MONOTONIC + 0.5, 99.0)
    found.take(MONOTONIC + 1, 1)
    assert found.wait(MONOTONIC + 1) == pytest.approx(1 / (10 * CUT * CUT))


def test_successes_raise_the_rate_back_and_beyond():
    found = Found()
    refused(found, 10.0)
    rates = []
    for _ in range(110):
        found.accepted()
        found.take(MONOTONIC, 1)
        rates.append(1 / found.wait(MONOTONIC))
    assert rates == sorted(rates)
    assert rates[38] < 10.0 <= rates[41]
    assert rates[-1] == pytest.approx(20, rel=0.05)


def test_an_input_is_a_unit_of_the_rate_where_inputs_are_counted():
    found = Found()
    refused(found, 10.0)
    found.take(MONOTONIC, 16)
    assert found.wait(MONOTONIC) == pytest.approx(16 / (10 * CUT))


@pytest.mark.parametrize(("rate", "held"), [(0.0, 60), (1 / 60, 60), (1.0, 1.25)])
def test_nobody_is_held_for_more_than_a_minute(rate: float, held: float):
    found = Found()
    refused(found, rate)
    assert found.wait(MONOTONIC) == pytest.approx(held)


@pytest.mark.parametrize(
    ("rate", "passed", "paced"), [(10, 60, True), (10, 61, False), (1, 124, True), (1, 126, False)]
)
def test_a_rate_is_forgotten_when_nothing_was_refused_for_long(rate: float, passed: float, paced: bool):  # noqa: FBT001
    found = Found()
    refused(found, rate)
    found.wait(MONOTONIC + passed)
    assert (found.paced, FORGET / (rate * CUT) < passed or passed <= 60) == (paced, not paced or rate == 10)


PAUSES = [
    # refusals (asked, limited), with None for a success in between -> seconds all wait after the last
    ([(2.0, True)], 2.0),
    ([(2.0, False)], 2.0),
    ([(None, False)], 0.0),
    ([(60.0, True)], 60.0),
    ([(61.0, True)], 0.0),  # raised at once: nobody waits so long
    ([(None, True)], LAST_RESORT[0]),
    ([(0.0, True)], LAST_RESORT[0]),  # GitHub: "Please wait 0 seconds"
    ([(None, True)] * 2, LAST_RESORT[1]),
    ([(None, True)] * 3, LAST_RESORT[2]),
    ([(None, True)] * 4, LAST_RESORT[3]),
    ([(None, True)] * 9, LAST_RESORT[3]),
    ([(None, True)] * 3 + [None, (None, True)], LAST_RESORT[0]),
]


@pytest.mark.parametrize(("refusals", "seconds"), PAUSES)
def test_a_pause_holds_all_until_it_is_over(refusals: list, seconds: float):
    pace, now = Pace(), MONOTONIC
    for each in refusals:
        now += 100
        went = pace.take(now, ONE)
        if each is None:
            pace.accepted(went, None)
        else:
            pace.refused(went, now, asked=each[0], limited=each[1])
    assert max(0, pace.paused_until - now) == pytest.approx(seconds)
    assert pace.wait(now, [], ONE, FREE) >= seconds
    assert pace.wait(now + max(61, seconds), [], ONE, FREE) == 0


def test_the_last_resort_outlasts_a_minute():
    assert sum(LAST_RESORT) > MINUTE


@given(st.lists(st.floats(0, 60), min_size=1))
@PROPERTY
def test_a_pause_only_grows(pauses: list[float]):
    pace = Pace()
    for asked in pauses:
        pace.refused(pace.take(MONOTONIC, ONE), MONOTONIC, asked=asked or None, limited=False)
    assert pace.paused_until == MONOTONIC + max(pauses) or max(pauses) == 0


@pytest.mark.parametrize(("latency", "rate"), [(1.0, 100.0), (5.0, 20.0), (20.0, 5.0)])
def test_the_first_cut_starts_from_what_went_of_late(latency: float, rate: float):
    pace = Pace()
    went = [pace.take(MONOTONIC, ONE) for _ in range(100)][-1]
    pace.refused(went, MONOTONIC + latency, asked=1.0, limited=True)
    pace.take(MONOTONIC + latency + 2, ONE)
    assert pace.wait(MONOTONIC + latency + 2, [], ONE, FREE) == pytest.approx(1 / (rate * CUT))


def test_a_success_is_worth_a_part_of_a_retry():
    pace = Pace()
    while pace.budget.spend(MONOTONIC, 8):
        pass
    for _ in range(6):
        pace.accepted(pace.take(MONOTONIC, ONE), None)
    assert pace.budget.spend(MONOTONIC, 8)


@pytest.mark.parametrize(("found", "wait"), [(False, 0), (True, math.inf)])
def test_where_one_goes_at_a_time_it_is_the_first(found: bool, wait: float):  # noqa: FBT001
    pace = Pace()
    if found:
        pace.refused(pace.take(MONOTONIC - 99, ONE), MONOTONIC - 50, asked=None, limited=True)
    assert pace.wait(MONOTONIC, [ONE], ONE, FREE) == wait
    assert pace.wait(MONOTONIC, [], ONE, FREE) == 0


def test_those_ahead_have_their_share_of_the_minute():
    pace, terms = Pace(), Terms(rpm=3, tpm=1000)
    pace.take(MONOTONIC, ONE)
    assert pace.wait(MONOTONIC, [ONE], ONE, terms) == 0
    assert pace.wait(MONOTONIC, [ONE, ONE], ONE, terms) == pytest.approx(60, abs=0.2)
