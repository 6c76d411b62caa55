"""When the next request may go: pauses, rates that were given, limits a provider tells, rates found by trying.

A driver asks again after each wait, and nobody reserves ahead: at a rate that may change, those who did would hold the
rest up (256 waiters with places in the future went at 4 requests a second where 100 were allowed).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from any_llm.flow.allowance import allowances
from any_llm.flow.found import SPAN, Found
from any_llm.flow.quota import Quota
from any_llm.flow.retry import LONGEST_WAIT, Budget
from any_llm.flow.window import Step, Window
from any_llm.providers.row import UNLIMITED, Limits

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from any_llm.flow.turn import Lane
    from any_llm.wire import Now, Reply


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """On what terms a client's requests to a model are admitted."""

    client: Hashable = None
    """Requests of one client stand in one queue."""
    at_once: int = 8
    """In flight at most."""
    rpm: int | None = None
    """A minute at most: requests; inputs, where the provider counts those."""
    tpm: int | None = None
    """Tokens a minute at most."""
    count_inputs: bool = False
    """The provider's rates are for inputs, not requests."""

    @property
    def minute(self) -> Limits:
        """What one request may hold: what is more than a minute's worth would have to wait for an empty one."""
        items = self.rpm if self.count_inputs else None
        return UNLIMITED if items is None and self.tpm is None else Limits(items=items, tokens=self.tpm)


class Cost(NamedTuple):
    """What a request takes of the limits."""

    units: int
    """Requests, or inputs where the provider counts those."""
    tokens: int


class Went(NamedTuple):
    """A request that was admitted."""

    number: int
    at: float
    cost: Cost
    step: Step


class Pace:
    """All that is known of one place's pace. Whoever calls holds the memory's lock; times are monotonic seconds."""

    def __init__(self) -> None:
        """Know nothing: let everything go."""
        self.lanes: dict[Hashable, Lane] = {}
        self.budget = Budget()
        self.paused_until = 0.0
        self.used = 0.0
        """When it was last asked."""
        self.gone = 0
        """Requests so far."""
        self._window = Window()
        self._requests, self._tokens = Quota(), Quota()
        self._found = Found()

    def wait(self, now: float, ahead: Sequence[Cost], cost: Cost, terms: Terms) -> float:
        """Seconds until a request may go that lets those `ahead` go first; 0: now; infinity: after them."""
        requests, tokens = self._requests, self._tokens
        count, weight = cost
        if ahead:
            if self._found.paced or requests.scarce(now) or tokens.scarce(now):
                return math.inf
            count += sum(each.units for each in ahead)
            weight += sum(each.tokens for each in ahead)
        return max(
            0.0,
            self.paused_until - now,
            self._window.wait(now, count, weight, rpm=terms.rpm, tpm=terms.tpm),
            requests.wait(now, count),
            tokens.wait(now, weight),
            self._found.wait(now),
        )

    def take(self, now: float, cost: Cost) -> Went:
        """A request goes now."""
        self.gone += 1
        self._requests.take(now, cost.units)
        self._tokens.take(now, cost.tokens)
        self._found.take(now, cost.units)
        return Went(self.gone, now, cost, self._window.add(now, *cost))

    def hear(self, went: Went, reply: Reply, now: Now) -> None:
        """Learn from what a reply says of limits."""
        for each in allowances(reply, now[1]):
            # Those still under way may not be counted in what it says is left.
            flying = sum(
                other.cost.tokens if each.kind == "tokens" else other.cost.units
                for lane in self.lanes.values()
                for other in lane.flying
                if other.went is not went
            )
            left = max(0.0, each.left - flying)
            quota = self._tokens if each.kind == "tokens" else self._requests
            quota.hear(now[0], went.number, left=left, limit=each.limit, until=now[0] + each.seconds)

    def accepted(self, went: Went, tokens: int | None) -> None:
        """It was taken, and counted as so many tokens."""
        self._found.accepted()
        self.budget.earn()
        if tokens is not None:
            self._window.correct(went.step, tokens - went.cost.tokens)

    def refused(self, went: Went, now: float, *, asked: float | None, limited: bool) -> None:
        """It was not taken: `asked` says for how long, `limited` that a limit was the reason."""
        pause = 0.0
        if limited:
            rate = self._window.rate(now, max(SPAN, now - went.step.began))
            pause = self._found.refused(now, went.at, rate)
        if asked:
            pause = asked if asked <= LONGEST_WAIT else 0.0
        self.paused_until = max(self.paused_until, now + pause)
