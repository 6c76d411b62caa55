"""What may go when, for clients in many processes? Whoever holds it answers their `limiter`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from any_llm.flow.attempt import LOOK
from any_llm.flow.pace import Cost, Pace, Terms
from any_llm.flow.window import MINUTE
from any_llm.types.limiter import Limiter

if TYPE_CHECKING:
    from collections.abc import Hashable

    from any_llm.flow.pace import Went

__all__ = ["Limiter", "SharedLimits"]

EACH = 0.005
"""Seconds between two questions, however many processes wait."""


class Flying(NamedTuple):
    """A request that was let go."""

    went: Went
    usd: float
    """What it may cost."""


class SharedLimits:
    """Rates, pauses and money of one model, as a client knows them of itself. Times are monotonic seconds.

    A request is named by whose it is and by a number.
    """

    def __init__(
        self, *, rpm: int | None = None, tpm: int | None = None, max_usd: float | None = None, spent: float = 0.0
    ) -> None:
        """Let everything go that these allow. `spent`: USD, of `max_usd`."""
        self.spent = spent
        self._most = max_usd
        self._pace, self._terms = Pace(), Terms(rpm=rpm, tpm=tpm)
        self._flying: dict[tuple[Hashable, int], Flying] = {}
        self._waiting: set[Hashable] = set()

    def ask(self, now: float, whose: Hashable, number: int, *, units: int, tokens: int, usd: float) -> float:
        """Seconds after which to ask again for this request; 0: it goes; infinity: its money is spent."""
        if (whose, number) in self._flying:  # the answer was lost
            return 0.0
        held = sum(each.usd for each in self._flying.values()) if usd else 0.0
        if self._most is not None and self.spent + held + usd > self._most:
            return LOOK if held else math.inf  # those in flight may cost less than they might
        cost = Cost(units, tokens)
        wait = self._pace.wait(now, (), cost, self._terms)
        if wait > 0:
            self._waiting.add(whose)
            return max(wait, EACH * len(self._waiting))
        self._waiting.discard(whose)
        self._flying[whose, number] = Flying(self._pace.take(now, cost), usd)
        return 0.0

    def ended(
        self,
        now: float,
        whose: Hashable,
        number: int,
        *,
        tokens: int | None,
        usd: float,
        limited: bool,
        asked: float | None,
    ) -> None:
        """Learn how it ended: Limiter.ended()."""
        self.spent += usd
        flying = self._flying.pop((whose, number), None)
        if flying is None:  # let go before this was made
            return
        if limited or asked:
            self._pace.refused(flying.went, now, asked=asked, limited=limited)
        else:
            self._pace.accepted(flying.went, tokens)

    def gone(self, whose: Hashable) -> None:
        """Whose process has died: what it had under way may have been billed."""
        self._waiting.discard(whose)
        for request in [request for request in self._flying if request[0] == whose]:
            self.spent += self._flying.pop(request).usd

    def forgotten(self, now: float) -> None:
        """Nobody knows any more what went in the last minute: where a rate is given, wait for one."""
        if self._terms.rpm is not None or self._terms.tpm is not None:
            self._pace.paused_until = now + MINUTE
