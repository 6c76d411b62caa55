"""Who goes next, and does everybody give the place back? A letter is a call."""

from __future__ import annotations

import gc
import math
import threading

import pytest

from any_llm.flow.memory import Memory
from any_llm.flow.pace import Cost, Terms
from any_llm.flow.turn import GENEROSITY, Caller, Turn
from by_hand import MONOTONIC, PLACE


class Bell:
    """A waiter that counts how often it was woken. `on`: its event loop; `holds`: the one that stands still for it."""

    def __init__(self, on=None, holds=None, stopped=()):
        self.rung, self.on, self.holds, self.stopped = 0, on, holds, stopped

    def wake(self):
        self.rung += 1

    def sleeps(self, other):
        return self.on is not None and (self.on is other.holds or self.on in self.stopped)


class Stage:
    """Some calls of one client to one place."""

    def __init__(self, at_once=2, **terms):
        self.memory, self.terms, self.now = Memory(), Terms(at_once=at_once, **terms), MONOTONIC
        self.callers: dict[str, Caller] = {}

    def turn(self, name, tokens=10, terms=None):
        caller = self.callers.setdefault(name, Caller())
        return Turn(self.memory, PLACE, terms or self.terms, caller, Cost(1, tokens))

    def goes(self, name, tokens=10):
        turn = self.turn(name, tokens)
        assert turn.ask(self.now, Bell()) == 0
        return turn

    def waits(self, name, tokens=10, bell=None):
        turn = self.turn(name, tokens)
        bell = bell or Bell()
        assert turn.ask(self.now, bell) == math.inf
        return turn, bell

    def lanes(self):
        return self.memory.pace(PLACE, self.now).lanes


NEXT = [
    # in flight (two at most), who waits with how many tokens; then the first in flight ends -> who goes
    ("the only one", "aa", [("a", 10)], "a"),
    ("the call with fewest in flight", "aa", [("a", 10), ("b", 10)], "b"),
    ("however many tokens it wants", "aa", [("a", 10), ("b", 99)], "b"),
    ("one that has had nothing", "ab", [("a", 10), ("c", 99)], "c"),
    ("the first of equals", "aa", [("c", 10), ("b", 10)], "c"),
    ("fewer tokens of equals", "aa", [("c", 11), ("b", 10)], "b"),
]


@pytest.mark.parametrize(("flying", "waiting", "expected"), [pytest.param(*line[1:], id=line[0]) for line in NEXT])
def test_who_goes_next(flying, waiting, expected):
    stage = Stage()
    first, _second = [stage.goes(name) for name in flying]
    queue = [(name, *stage.waits(name, tokens)) for name, tokens in waiting]
    first.release()
    assert [name for name, _, bell in queue if bell.rung] == [expected]
    for name, turn, _ in queue:  # whoever asks first, it is the right one's turn
        if name != expected:
            assert turn.ask(stage.now, Bell()) == math.inf
    assert next(turn for name, turn, _ in queue if name == expected).ask(stage.now, Bell()) == 0


@pytest.mark.parametrize(("name", "tokens"), [("a", 10), ("never served", 99)])
def test_nobody_lets_others_go_first_for_ever(name, tokens):
    stage = Stage(at_once=1)
    flying = stage.goes("a")
    patient, _ = stage.waits(name, tokens)
    for number in range(GENEROSITY):
        another, _ = stage.waits(f"b{number}")
        flying.release()
        flying = another
        assert patient.ask(stage.now, Bell()) == math.inf
        assert flying.ask(stage.now, Bell()) == 0
    another, _ = stage.waits("c")
    flying.release()
    assert another.ask(stage.now, Bell()) == math.inf
    assert patient.ask(stage.now, Bell()) == 0


def test_nobody_waits_when_there_is_room():
    stage = Stage(at_once=3)
    assert [stage.turn("a").ask(stage.now, Bell()) for _ in range(3)] == [0, 0, 0]


def test_one_who_was_admitted_may_ask_again():
    stage = Stage(at_once=1)
    turn = stage.goes("a")
    assert turn.ask(stage.now, Bell()) == 0
    turn.release()
    stage.goes("b")


def test_one_who_is_late_holds_up_one_place_only():
    """Two places are free and the first of the queue does not come: the third in the queue must not wait for it."""
    stage = Stage(at_once=3)
    flying = [stage.goes("a") for _ in range(3)]
    (_late, late), (second, _), (third, _) = stage.waits("b"), stage.waits("c"), stage.waits("d")
    for each in flying[:2]:
        each.release()
    assert third.ask(stage.now, Bell()) == math.inf
    assert second.ask(stage.now, Bell()) == 0
    assert late.rung


def test_one_who_gives_up_lets_the_next_one_go():
    stage = Stage(at_once=1)
    flying = stage.goes("a")
    (first, bell), (second, other) = stage.waits("b"), stage.waits("c")
    flying.release()
    assert (bell.rung, other.rung) == (1, 0)
    first.release()
    assert other.rung == 1
    assert second.ask(stage.now, other) == 0


def test_one_who_goes_wakes_the_next_while_there_is_room():
    stage = Stage(at_once=2)
    flying = [stage.goes("a"), stage.goes("a")]
    (first, bell), (second, other) = stage.waits("b"), stage.waits("c")
    for each in flying:
        each.release()
    assert first.ask(stage.now, bell) == 0
    assert other.rung == 1
    assert second.ask(stage.now, other) == 0


def test_a_full_lane_wakes_nobody():
    """Else two who wait would wake each other for ever."""
    stage = Stage(at_once=1)
    flying = stage.goes("a")
    (second, bell), (third, other) = stage.waits("b"), stage.waits("c")
    assert (bell.rung, other.rung) == (0, 0)
    for turn in (second, third, flying):
        turn.release()


def test_clients_have_places_of_their_own_and_share_the_pace():
    stage = Stage(at_once=1, client="one")
    flying = stage.goes("a")
    another = stage.turn("b", terms=Terms(at_once=1, client="another"))
    assert another.ask(stage.now, Bell()) == 0
    stage.memory.pace(PLACE, stage.now).paused_until = stage.now + 5
    third = stage.turn("c", terms=Terms(at_once=1, client="a third"))
    assert third.ask(stage.now, Bell()) == 5
    for turn in (flying, another, third):
        turn.release()
    assert stage.lanes() == {}


def test_inputs_are_counted_where_the_provider_counts_them():
    for count_inputs, wait in ((False, 0.0), (True, 60.0)):
        memory, terms = Memory(), Terms(rpm=100, count_inputs=count_inputs)
        turns = [Turn(memory, PLACE, terms, Caller(), Cost(96, 10)) for _ in range(2)]
        assert [turn.ask(MONOTONIC) for turn in turns] == [0, pytest.approx(wait, abs=0.2)]


ASLEEP = [
    # the other's loop, what this call holds, which loops were stopped -> seconds to wait
    ("awake", "loop", None, (), math.inf),
    ("a thread", None, None, (), math.inf),
    ("stopped", "loop", None, ("loop",), 0),
    ("held up by this very call", "loop", "loop", (), 0),
    ("another is held up", "loop", "another", (), math.inf),
]


asleep = pytest.mark.parametrize(
    ("on", "holds", "stopped", "wait"), [pytest.param(*line[1:], id=line[0]) for line in ASLEEP]
)


@asleep
def test_nobody_waits_for_a_request_whose_loop_stands_still(on, holds, stopped, wait):
    stage = Stage(at_once=1)
    flying = stage.turn("a")
    assert flying.ask(stage.now, Bell(on=on, stopped=stopped)) == 0
    assert stage.turn("b").ask(stage.now, Bell(holds=holds)) == wait


@asleep
def test_nobody_waits_behind_a_call_whose_loop_stands_still(on, holds, stopped, wait):
    stage = Stage(at_once=1)
    flying = stage.goes("a")
    ahead, _ = stage.waits("b", bell=Bell(on=on, stopped=stopped))
    flying.release()
    assert stage.turn("c").ask(stage.now, Bell(holds=holds)) == wait
    ahead.release()


def test_whoever_stands_still_is_not_woken():
    stage = Stage(at_once=1)
    flying = stage.goes("a")
    asleep = Bell(on="loop", stopped=("loop",))
    _kept = stage.waits("b", bell=asleep)
    _also, awake = stage.waits("c")
    flying.release()
    assert (asleep.rung, awake.rung) == (0, 1)


@pytest.mark.parametrize("asked", [False, True])
@pytest.mark.parametrize("times", [1, 2])
def test_a_place_is_given_back_once(asked: bool, times: int):  # noqa: FBT001
    stage = Stage()
    turn = stage.turn("a")
    if asked:
        turn.ask(stage.now, Bell())
    for _ in range(times):
        turn.release()
    assert (stage.lanes(), stage.callers["a"].in_flight) == ({}, 0)


@pytest.mark.parametrize("waiting", [False, True])
def test_a_turn_that_is_dropped_gives_its_place_back(waiting: bool):  # noqa: FBT001
    stage = Stage(at_once=1)
    flying = stage.goes("a")
    turn = stage.waits("b")[0] if waiting else flying
    _kept, bell = stage.waits("c")
    flying.release() if waiting else None
    knot = [turn]
    knot.append(knot)
    del turn, flying, knot
    gc.collect()
    assert bell.rung == 1


def test_a_place_given_back_by_the_collector_locks_nobody_out():
    """The collector runs wherever it likes: here, where this thread holds the lock."""
    stage = Stage(at_once=1)
    done = threading.Event()

    def collect():
        with stage.memory.lock:
            stage.turn("a").ask(stage.now)
        done.set()

    threading.Thread(target=collect, daemon=True).start()
    assert done.wait(10)
    assert stage.lanes() == {}
