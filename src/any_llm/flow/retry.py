"""Whether to try again, and after how long."""

from __future__ import annotations

import msgspec

RETRYABLE = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
"""Statuses that the same request may not meet again."""
LONGEST_WAIT = 60.0
"""Seconds: a provider that asks for more gets its error raised, with `retry_after`."""


ONE_REQUEST, MANY_REQUESTS = 2, 4
"""Retries of a call of one request, and of each request of a call of more: its other requests are paid for."""
DEADLINE = 60.0
"""Seconds a call of one request may take when nobody said how long. A call of many takes the time it takes."""


class Retry(msgspec.Struct, frozen=True, kw_only=True):
    """How often, and how patiently, in seconds."""

    attempts: int | None = None
    """Retries after the first try; None: as many as the call deserves."""
    first: float = 0.5
    most: float = 8.0
    final: frozenset[int] = frozenset()
    """Statuses with which nothing is tried again."""


def delay(retry: Retry, attempt: int, *, asked: float | None, chance: float) -> float | None:
    """Seconds to wait after failed try number `attempt` (from 1), or None to give up.

    Full jitter: `chance` in [0, 1) picks a point between nothing and the exponential step. `asked` is what the provider
    asked for; it is honoured, up to a minute.
    """
    most = ONE_REQUEST if retry.attempts is None else retry.attempts
    if attempt > most or (asked is not None and asked > LONGEST_WAIT):
        return None
    step = min(retry.most, retry.first * 2.0 ** min(attempt - 1, 32)) * chance
    return step if asked is None else asked + min(step, 1.0)


SHARE = 0.2
"""Of a retry, earned by each request that is answered."""
FLOOR = 50
"""Retries that are there in any case, again after a minute."""


class Budget:
    """How many retries one place is worth, over all calls, so that a storm ends.

    With n requests answered in t seconds, at most 50 + n / 5 + 50 t / 60 are retries; or, instead of 50, four for each
    that may be in flight, if that is more. So a call can always use up its patience: 8 in flight with 4 retries each
    are 32. But a host that falls ill with 1,000 calls waiting gets 50 requests more in the first minute, not 2,000.
    """

    __slots__ = ("_at", "_owed")

    def __init__(self) -> None:
        """Owe nothing."""
        self._owed = 0.0
        self._at = 0.0

    def earn(self) -> None:
        """A request was answered."""
        self._owed -= SHARE

    def spend(self, now: float, at_once: int) -> bool:
        """Whether one more may be tried again. `now`: monotonic seconds; `at_once`: how many may be in flight."""
        floor = max(FLOOR, MANY_REQUESTS * at_once)
        self._owed = max(0.0, self._owed - max(0.0, now - self._at) * floor / 60)
        self._at = max(now, self._at)
        if self._owed + 1 > floor:
            return False
        self._owed += 1
        return True
