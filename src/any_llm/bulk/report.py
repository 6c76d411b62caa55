"""What does a job tell? How far it is, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from pathlib import Path


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a job is. Counts are of all its runs, unless they say otherwise."""

    rows: int
    """Rows that are done, with a vector or with an error."""
    total: int
    """Rows of the input."""
    failed: int = 0
    """Rows without a vector."""
    tokens: int = 0
    usd: float | None = 0.0
    """At list prices; None: no price is known."""
    requests: int = 0
    begun_at: int = 0
    """Rows that were done when this run began."""
    pauses: int = 0
    """Requests of this run that were sent again, after a wait."""
    paused: float = 0.0
    """Seconds of those waits, which may overlap."""
    seconds: float = 0.0
    """How long this run has taken."""

    @property
    def rate(self) -> float:
        """Rows a second, of this run."""
        return (self.rows - self.begun_at) / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """At this rate. None: nothing is done yet."""
        return (self.total - self.rows) / self.rate if self.rate else None

    @property
    def usd_forecast(self) -> float | None:
        """What all rows will have cost, if the rest is like those that are done. None: unknown."""
        return None if self.usd is None or not self.rows else self.usd * self.total / self.rows


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a run."""

    output: Path
    rows: int
    failed: int
    """Rows with a text and without a vector; the column `embedding_error` says why."""
    without_text: int = 0
    texts: int
    """Different texts that this run has sent."""
    tokens: int
    usd: float | None
    """Of all runs, at list prices; None: no price is known."""
    requests: int
    seconds: float
    """Of this run."""
    at_risk: int
    """Texts that were under way at once, at most: so many are paid for again after a kill, and no more."""
    damaged: tuple[str, ...] = ()
    """Where journals were not what had been written; what stood there was embedded again."""
    identity: dict[str, Any] = {}
    """What the vectors are, as EmbeddingIdentity.from_dict() reads it."""
