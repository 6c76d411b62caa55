"""Who goes next, when more requests want to go than may be in flight, or in a minute.

The call with the fewest in flight, and of those one that has had nothing yet: so one text asked for in the middle of a
hundred thousand waits for one reply, not for all of them. A long call lets only so many go first (GENEROSITY), and then
goes on.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

from any_llm.flow.pace import Cost, Pace, Terms, Went

if TYPE_CHECKING:
    from any_llm.flow.memory import Memory, Place
    from any_llm.wire import Now, Reply, Waiter

GENEROSITY = 8
"""How many requests of others may go first, of those that came later or want fewer tokens."""
NEAR = 64
"""Of those who wait, the first so many are compared; behind them, who came first goes first. Else each looks at all."""

_numbers = itertools.count()


class Caller:
    """One call."""

    __slots__ = ("in_flight", "mark", "served")

    def __init__(self) -> None:
        """Nothing is under way yet."""
        self.in_flight = 0
        self.served = False
        self.mark: int | None = None
        """How many requests had gone to the place when its last one went, or when it came."""


class Slot:
    """One request's place in its lane; apart from its Turn, so that a Turn which is dropped can give it back."""

    __slots__ = ("called", "caller", "cost", "number", "waiter", "went")

    def __init__(self, caller: Caller, cost: Cost) -> None:
        """Stand behind all that came before."""
        self.caller = caller
        self.cost = cost
        self.number = next(_numbers)
        self.waiter: Waiter | None = None
        self.called = False
        """Whether it was woken, and has not asked since."""
        self.went: Went | None = None

    def rank(self, gone: int) -> tuple[int, bool, int, int]:
        """Lower goes first. `gone`: how many requests have gone to the place."""
        caller = self.caller
        generous = caller.mark is None or gone - caller.mark < GENEROSITY
        tokens = self.cost.tokens if generous else 0
        return (caller.in_flight, caller.served and generous, tokens, self.number)

    def sleeps(self, other: Slot) -> bool:
        """Whether it cannot come to its turn, or to an end, before `other` does: nobody waits for such a one."""
        return self.waiter is not None and other.waiter is not None and self.waiter.sleeps(other.waiter)


class Lane:
    """One client's requests to one place."""

    __slots__ = ("flying", "waiting")

    def __init__(self) -> None:
        """Nobody is here yet."""
        self.flying: dict[Slot, None] = {}
        self.waiting: dict[Slot, None] = {}

    def free(self, slot: Slot, at_once: int) -> int:
        """How many more may be in flight."""
        free = at_once - len(self.flying)
        return free if free > 0 else at_once - sum(not each.sleeps(slot) for each in list(self.flying))

    def ahead(self, slot: Slot, gone: int, most: int) -> list[Slot]:
        """Who waits and goes before this one: so many of them, that is enough."""
        near, mine = self._near(), slot.rank(gone)
        late = slot not in near
        before = (each for each in near if (late or each.rank(gone) < mine) and not each.sleeps(slot))
        return list(itertools.islice(before, most))

    def _near(self) -> list[Slot]:
        """Those who have waited longest."""
        return list(itertools.islice(self.waiting, NEAR))

    def wake(self, after: Slot, gone: int) -> None:
        """Let the next one ask, of those who wait."""
        for waiting in (self._near(), list(self.waiting)):
            for each in sorted(waiting, key=lambda each: each.rank(gone)):
                if each.waiter is not None and not each.sleeps(after):
                    each.called = True
                    each.waiter.wake()
                    return
            if len(self.waiting) <= NEAR:
                return


class Turn:
    """One request, from when it wants to go until it has ended: then `release()`. A dropped one does it by itself."""

    def __init__(self, memory: Memory, place: Place, terms: Terms, caller: Caller, cost: Cost) -> None:
        """Wait for nothing yet. `cost`: inputs and tokens."""
        self._memory = memory
        self._place = place
        self._terms = terms
        self._slot = Slot(caller, cost if terms.count_inputs else Cost(1, cost.tokens))
        self._pace: Pace | None = None

    @property
    def cost(self) -> Cost:
        """What it takes of the limits."""
        return self._slot.cost

    def ask(self, now: float, waiter: Waiter | None = None) -> float:
        """Seconds to wait before asking again; 0: go; infinity: until `waiter` is woken."""
        slot = self._slot
        with self._memory.lock:
            if slot.went is not None:
                return 0.0
            pace = self._pace = self._pace or self._memory.pace(self._place, now)
            pace.used = max(pace.used, now)
            lane = pace.lanes.get(self._terms.client)
            if lane is None:
                lane = pace.lanes[self._terms.client] = Lane()
            lane.waiting[slot] = None
            slot.waiter, slot.called = waiter, False
            if slot.caller.mark is None:
                slot.caller.mark = pace.gone
            free = lane.free(slot, self._terms.at_once)
            ahead = lane.ahead(slot, pace.gone, free) if free > 0 and len(lane.waiting) > 1 else []
            if free <= len(ahead):
                if not all(each.called for each in ahead):
                    lane.wake(slot, pace.gone)
                return math.inf
            wait = pace.wait(now, [each.cost for each in ahead], slot.cost, self._terms)
            if wait == 0:
                del lane.waiting[slot]
                lane.flying[slot] = None
                slot.caller.in_flight += 1
                slot.went = pace.take(now, slot.cost)
                slot.caller.served, slot.caller.mark = True, pace.gone
                if free > 1 and lane.waiting:
                    lane.wake(slot, pace.gone)
            return wait

    def answered(self, reply: Reply, now: Now) -> None:
        """Learn from what its reply says of limits."""
        with self._memory.lock:
            if self._pace is not None and self._slot.went is not None:
                self._pace.hear(self._slot.went, reply, now)

    def accepted(self, tokens: int | None) -> None:
        """It was taken, and counted as so many tokens, if that is known."""
        with self._memory.lock:
            if self._pace is not None and self._slot.went is not None:
                self._pace.accepted(self._slot.went, tokens)

    def refused(self, now: float, *, asked: float | None, limited: bool) -> None:
        """It was not taken: say for how many seconds, if that is known, and whether a limit was the reason."""
        with self._memory.lock:
            if self._pace is not None and self._slot.went is not None:
                self._pace.refused(self._slot.went, now, asked=asked, limited=limited)

    def may_try_again(self, now: float) -> bool:
        """Whether the place is worth another retry."""
        with self._memory.lock:
            return self._pace is None or self._pace.budget.spend(now, self._terms.at_once)

    def release(self) -> None:
        """It has ended, or waits no more: its place is the next one's. Half of it, and then all again, does no harm."""
        slot, pace = self._slot, self._pace
        if pace is None:
            return
        with self._memory.lock:
            lane = pace.lanes.get(self._terms.client)
            if lane is not None:
                if slot in lane.flying:
                    slot.caller.in_flight -= 1
                    del lane.flying[slot]
                lane.waiting.pop(slot, None)
                if lane.waiting:
                    lane.wake(slot, pace.gone)
                elif not lane.flying:
                    del pace.lanes[self._terms.client]
            self._pace = None

    __del__ = release
