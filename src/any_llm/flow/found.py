"""The rate a provider takes, found by trying: a little more after each success, much less after a refusal."""

from __future__ import annotations

import math

CUT = 0.8
"""What is left of a rate that was refused."""
RISE = 0.005
"""Of the rate that was refused, added by each success until it is reached again: after 40."""
GROW = 0.01
"""Of the rate itself, added by each success beyond that: nobody knows how far it may go. At the limit about one request
in 50 is refused, and four fifths of what is allowed go through, however high the limit is."""
SLOWEST = 1 / 60
"""A second: nobody waits for more than a minute."""
FORGET = 100
"""What must go without a refusal until all may go again: so many at this rate, and a minute. Who is at the limit
is refused before that; who was refused once, by chance, should not be slow for ever."""
SPAN = 5.0
"""Seconds: the first cut starts from what went each second of these."""
LAST_RESORT = (0.25, 1.5, 9.0, 54.0)
"""Seconds everybody waits after a refusal that does not say for how long, and after the next ones, if nothing is taken
in between. Limits are for a minute, mostly: together these outlast one, within the four retries of a batch."""


class Found:
    """What is known of a place that does not say its limits. Nothing, until it refuses."""

    __slots__ = ("_before", "_cut", "_free", "_rate", "_refused", "_rise")

    def __init__(self) -> None:
        """Let everything go."""
        self._rate = math.inf
        self._before = 0.0
        self._rise = 0.0
        self._free = 0.0
        self._cut = -math.inf
        self._refused = 0

    def refused(self, now: float, admitted: float, rate: float) -> float:
        """Go slower, once for all that were under way together; say how many seconds everybody should wait.

        `admitted`: when the refused request went; `rate`: what went each second of late.
        """
        if admitted <= self._cut:
            return 0.0
        self._cut = now
        self._before = max(SLOWEST, min(self._rate, rate))
        self._rate = self._before * CUT
        self._rise = self._before * RISE
        self._refused += 1
        return LAST_RESORT[min(self._refused, len(LAST_RESORT)) - 1]

    def accepted(self) -> None:
        """Go a little faster."""
        self._refused = 0
        if self._rate < math.inf:
            self._rate += self._rise if self._rate < self._before else self._rate * GROW

    @property
    def paced(self) -> bool:
        """Whether it has ever refused."""
        return self._rate < math.inf

    def wait(self, now: float) -> float:
        """Seconds until the next may go."""
        if self._rate < math.inf and now - self._cut > max(60.0, FORGET / self._rate):
            self._rate = math.inf
        return max(0.0, self._free - now)

    def take(self, now: float, count: int) -> None:
        """Count what goes now."""
        self._free = now + min(1 / SLOWEST, count / self._rate)
