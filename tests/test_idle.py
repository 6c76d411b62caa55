"""Which idle connection serves the next request, and which are closed?"""

from __future__ import annotations

import socket

import pytest

from any_llm.transport.idle import AGE, KEPT, Idle
from any_llm.transport.route import Hop, Route

ROUTE, OTHER = (Route(Hop(name, 80, secure=False), name) for name in ("a.test", "b.test"))


class Line:
    """One end of a connection."""

    def __init__(self):
        self._here, self.there = socket.socketpair()

    @property
    def descriptor(self):
        return self._here.fileno()

    def close(self):
        self._here.close()


@pytest.fixture
def opened():
    """Opens lines, and closes what is left of them."""
    lines = []

    def line():
        lines.append(Line())
        return lines[-1]

    yield line
    for each in lines:
        each.close()
        each.there.close()


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_the_one_used_last_goes_first_and_to_its_own_host(opened):
    idle, first, last = Idle(), opened(), opened()
    idle.give(ROUTE, first)
    idle.give(ROUTE, last)
    assert [idle.take(OTHER), idle.take(ROUTE), idle.take(ROUTE), idle.take(ROUTE)] == [None, last, first, None]


def test_one_that_lay_idle_for_too_long_is_not_used(opened):
    clock = Clock()
    idle, line = Idle(clock), opened()
    idle.give(ROUTE, line)
    clock.now = AGE - 1
    assert idle.take(ROUTE) is line
    idle.give(ROUTE, line)
    clock.now += AGE
    assert idle.take(ROUTE) is None
    assert line.descriptor == -1


def test_those_that_nobody_needs_are_closed_while_one_serves_all(opened):
    clock = Clock()
    idle, crowd = Idle(clock), [opened() for _ in range(5)]
    for line in crowd:
        idle.give(ROUTE, line)
    for clock.now in range(0, int(AGE) + 1, 10):
        assert idle.take(ROUTE) is crowd[-1]
        idle.give(ROUTE, crowd[-1])
    assert [line.descriptor == -1 for line in crowd] == [True] * 4 + [False]


class Counted:
    """A line that only counts how often one like it was closed."""

    closed = 0

    def close(self):
        Counted.closed += 1


def test_no_more_are_kept_than_there_is_room_for():
    idle = Idle()
    for _ in range(KEPT + 3):
        idle.give(ROUTE, Counted())
    assert Counted.closed == 3
    idle.retire()
    assert Counted.closed == KEPT + 3


def test_what_comes_back_after_the_end_is_closed(opened):
    idle, kept, used = Idle(), opened(), opened()
    idle.give(ROUTE, kept)
    idle.retire()
    idle.give(ROUTE, used)
    assert (kept.descriptor, used.descriptor, idle.take(ROUTE)) == (-1, -1, None)
