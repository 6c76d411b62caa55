"""Does a client ask its limiter before each request, and tell it how each ended; and may many share one?"""

from __future__ import annotations

import math

import pytest

from any_llm import AnyLLM, AnyLLMError, InsufficientFundsError, InvalidRequestError
from any_llm.limits import SharedLimits
from colours import COLOURS
from loopback import Answer
from numbered import KEY, numbers, texts, to, vectors

SLOW = Answer(429, json={"error": {"message": "slow"}}, headers={"retry-after": "0"})


class Noted:
    """A limiter that says what it was given, and keeps what it is told."""

    def __init__(self, *says):
        self.says, self.asked, self.told = iter(says), [], []

    def ask(self, number, *, units, tokens, usd):
        self.asked.append((number, units))
        said = next(self.says, 0.0)
        if isinstance(said, Exception):
            raise said
        return said

    def ended(self, number, *, tokens, usd, limited, asked):
        self.told.append((number, tokens, limited, asked))


@COLOURS
def test_each_request_is_asked_for_until_it_may_go_and_told_of(call, loopback):
    first = iter([SLOW])
    server = loopback(lambda request: next(first, None) or vectors(request))
    limiter = Noted(0.001, 0.0, 0.001)
    made = call(inputs=texts(3), batch_size=2, **to(server.url, limiter=limiter))
    assert numbers(made) == [0, 1, 2]
    one, again, other = sorted({number for number, _ in limiter.asked})
    assert [number for number, _ in limiter.asked] == [one, one, again, again, other]
    assert limiter.told == [(one, None, True, 0.0), (again, 1, False, None), (other, 1, False, None)]


@COLOURS
def test_what_a_limiter_raises_ends_the_call_and_sends_nothing(call, loopback):
    server = loopback(vectors)
    with pytest.raises(AnyLLMError, match="closed"):
        call(inputs=["1"], **to(server.url, limiter=Noted(AnyLLMError("closed"))))
    assert server.requests == []


@COLOURS
def test_money_that_is_spent_elsewhere_is_spent(call, loopback):
    server = loopback(vectors)
    arguments = {**to(server.url, limiter=Noted(math.inf), max_usd=1.0), "model": "text-embedding-3-small"}
    with pytest.raises(InsufficientFundsError, match="was not sent"):
        call(inputs=["1"], **arguments)
    assert server.requests == []


@COLOURS
def test_a_deadline_ends_the_wait_for_a_limiter(call, loopback):
    server = loopback(vectors)
    with pytest.raises(AnyLLMError, match="deadline"):
        call(inputs=["1"], deadline=0.1, **to(server.url, limiter=Noted(60.0)))
    assert server.requests == []


def test_a_limiter_asks_and_is_told():
    with pytest.raises(InvalidRequestError, match=r"limiter must have the methods ask\(\) and ended\(\)"):
        AnyLLM.create("openai", KEY, limiter=print)


ONE = {"units": 1, "tokens": 10, "usd": 0.0}
WELL = {"tokens": 10, "usd": 0.0, "limited": False, "asked": None}


def ask(limits, now, *requests, **cost):
    return [limits.ask(now, whose, number, **{**ONE, **cost}) for whose, number in requests]


def test_a_minute_holds_no_more_whoever_asks():
    limits = SharedLimits(rpm=3)
    assert ask(limits, 0.0, ("a", 0), ("b", 0), ("a", 1)) == [0, 0, 0]
    (wait,) = ask(limits, 1.0, ("b", 1))
    assert 59 < wait < 60.2
    assert ask(limits, 0.5 + wait, ("b", 1)) != [0]
    assert ask(limits, 1.0 + wait, ("b", 1)) == [0]


def test_a_request_that_asks_twice_is_counted_once():
    limits = SharedLimits(rpm=2)
    assert ask(limits, 0.0, ("a", 0), ("a", 0), ("a", 1)) == [0, 0, 0]


def test_one_refusal_holds_all():
    limits = SharedLimits()
    ask(limits, 0.0, ("a", 0), ("b", 0))
    limits.ended(1.0, "a", 0, tokens=None, usd=0.0, limited=True, asked=7.0)
    assert ask(limits, 1.0, ("b", 1), ("c", 0)) == [7, 7]
    limits.ended(2.0, "b", 0, **WELL)
    assert ask(limits, 8.0, ("b", 1)) == [0]


def test_who_waits_asks_the_more_seldom_the_more_there_are():
    limits = SharedLimits(rpm=1)
    ask(limits, 0.0, ("a", 0))
    waits = ask(limits, 60.0, *((f"p{number}", 0) for number in range(100)))
    assert waits[0] == pytest.approx(0.1)
    assert waits[-1] == pytest.approx(0.5)


def test_money_is_held_until_what_it_was_for_has_ended():
    limits = SharedLimits(max_usd=1.0, spent=0.3)
    assert ask(limits, 0.0, ("a", 0), ("b", 0), usd=0.5) == [0, 0.1]
    limits.ended(1.0, "a", 0, **{**WELL, "usd": 0.1})
    assert ask(limits, 1.0, ("b", 0), usd=0.5) == [0]
    limits.gone("b")  # it may have been billed
    assert limits.spent == pytest.approx(0.9)
    assert ask(limits, 2.0, ("c", 0), usd=0.5) == [math.inf]


def test_what_ends_after_its_limits_were_lost_is_paid_for_all_the_same():
    limits = SharedLimits(max_usd=1.0)
    limits.ended(1.0, "a", 7, **{**WELL, "usd": 0.8})
    assert ask(limits, 1.0, ("a", 8), usd=0.5) == [math.inf]


@pytest.mark.parametrize(("given", "waits"), [({"rpm": 5}, [60.0]), ({"tpm": 50}, [60.0]), ({}, [0.0])])
def test_limits_that_come_back_wait_for_a_minute_of_which_they_know_nothing(given, waits):
    limits = SharedLimits(**given)
    limits.forgotten(0.0)
    assert ask(limits, 0.0, ("a", 0)) == waits
