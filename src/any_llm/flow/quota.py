"""What a provider says is left of its limit, and how to spend it."""

from __future__ import annotations

import math

LONGEST = 61.0
"""Seconds: what is back only after a longer time is no rate to keep, but an allowance of a day or a month: it is spent
as fast as the caller likes, and the provider's refusal says when it is gone. (A second more than a minute, for clocks.)
"""
PLENTY = 0.5
"""Of a limit. While more is left nobody waits; below, what is left is spread evenly over the time until all is back.

A limit that is refilled all the time (OpenAI's) then settles where what goes equals what comes, at half of it; one that
comes back all at once (Together's) lasts until it does. Without it the last request of a minute would take the last of
the limit, and the next call, a search somebody waits for, would wait for the whole minute.
"""


class Quota:
    """What is left of one kind. Times are monotonic seconds."""

    __slots__ = ("_free", "_full", "_left", "_number", "_until")

    def __init__(self) -> None:
        """Know nothing yet."""
        self._number = 0
        self._full = 0.0
        self._left = math.inf
        self._until = 0.0
        self._free = 0.0

    def hear(self, now: float, number: int, *, left: float, limit: float | None, until: float) -> None:
        """Believe a reply to request `number`, unless one to a later request was heard before."""
        if number < self._number:
            return
        self._number = number
        self._full = max(self._full, left) if limit is None else limit
        self._left = left if until - now <= LONGEST else math.inf
        self._until = until

    def scarce(self, now: float) -> bool:
        """Whether what is left is spread over the time until all is back."""
        return now < self._until and self._left < self._full * PLENTY

    def wait(self, now: float, cost: int) -> float:
        """Seconds until so much may go, as far as is known."""
        if now >= self._until:
            return 0.0
        return max(0.0, (self._free if self._left >= cost else self._until) - now)

    def take(self, now: float, cost: int) -> None:
        """Count what goes now, until the next reply says what is left."""
        if self._left == math.inf:
            return
        before, self._left = self._left, max(0.0, self._left - cost)
        if self.scarce(now):
            self._free = now + (self._until - now) * min(1.0, cost / max(before, 1.0))
