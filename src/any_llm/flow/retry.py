"""Whether to try again, and after how long."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

RETRYABLE = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
"""Statuses that the same request may not meet again."""
LONGEST_WAIT = 60.0
"""Seconds: a provider that asks for more gets its error raised, with `retry_after`."""


class Retry(msgspec.Struct, frozen=True, kw_only=True):
    """How often, and how patiently, in seconds."""

    attempts: int = 2
    """Retries after the first try."""
    first: float = 0.5
    most: float = 8.0


def delay(retry: Retry, attempt: int, *, asked: float | None, chance: float) -> float | None:
    """Seconds to wait after failed try number `attempt` (from 1), or None to give up.

    Full jitter: `chance` in [0, 1) picks a point between nothing and the exponential step. `asked` is what the provider
    asked for; it is honoured, up to a minute.
    """
    if attempt > retry.attempts or (asked is not None and asked > LONGEST_WAIT):
        return None
    step = min(retry.most, retry.first * 2.0 ** min(attempt - 1, 32)) * chance
    return step if asked is None else asked + min(step, 1.0)


def retry_after(headers: Mapping[str, str], wall: float) -> float | None:
    """Seconds the provider asks us to wait: retry-after-ms, or Retry-After as seconds or an HTTP date."""
    if (milliseconds := _number(headers.get("retry-after-ms"))) is not None:
        return milliseconds / 1000
    word = headers.get("retry-after")
    if word is None:
        return None
    if (seconds := _number(word)) is not None:
        return seconds
    try:
        return max(0.0, parsedate_to_datetime(word).timestamp() - wall)
    except (ValueError, OverflowError):
        return None


def _number(word: str | None) -> float | None:
    try:
        number = float(word or "")
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None
