"""How much went in the last minute, and when there is room for more."""

from __future__ import annotations

from collections import deque

MINUTE = 60.0
"""Seconds a given rate is for."""
GRAIN = 0.1
"""Seconds that are counted as one: a minute is 600 steps, however many requests it holds."""
LEAST = 0.25
"""Seconds: of less there is no telling what went each second."""


class Step:
    """What went in one GRAIN; it counts until a minute after its end."""

    __slots__ = ("began", "count", "tokens")

    def __init__(self, began: float) -> None:
        """Hold nothing yet."""
        self.began = began
        self.count = 0
        self.tokens = 0

    @property
    def ends(self) -> float:
        """When it counts no more."""
        return self.began + GRAIN + MINUTE


class Window:
    """The last minute. Times are monotonic seconds, and never go back."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        self.count = 0
        self.tokens = 0
        self._steps: deque[Step] = deque()

    def add(self, now: float, count: int, tokens: int) -> Step:
        """Count what goes now."""
        step = self._steps[-1] if self._steps else None
        if step is None or now - step.began >= GRAIN:
            step = Step(now)
            self._steps.append(step)
        self._grow(step, count, tokens)
        return step

    def correct(self, step: Step, more: int) -> None:
        """Count so many tokens more than was thought; less, if negative. What is over stays as it was."""
        if self._steps and step.began >= self._steps[0].began:
            self._grow(step, 0, more)

    def wait(self, now: float, count: int, tokens: int, *, rpm: int | None, tpm: int | None) -> float:
        """Seconds until so much more breaks neither limit. What is over a limit by itself waits for an empty minute."""
        while self._steps and self._steps[0].ends <= now:
            step = self._steps.popleft()
            self.count -= step.count
            self.tokens -= step.tokens
        if rpm is None and tpm is None:
            return 0.0
        surplus = 0 if rpm is None else min(self.count, self.count + count - rpm)
        tokens_surplus = 0 if tpm is None else min(self.tokens, self.tokens + tokens - tpm)
        if surplus <= 0 and tokens_surplus <= 0:
            return 0.0
        for step in self._steps:
            surplus -= step.count
            tokens_surplus -= step.tokens
            if surplus <= 0 and tokens_surplus <= 0:
                return step.ends - now
        return 0.0

    def rate(self, now: float, span: float) -> float:
        """What went each second of late, of `span` seconds at most."""
        count, began = 0, now
        for step in reversed(self._steps):
            if now - step.began > span:
                break
            count += step.count
            began = step.began
        return count / min(span, max(LEAST, now - began))

    def _grow(self, step: Step, count: int, tokens: int) -> None:
        step.count += count
        step.tokens += tokens
        self.count += count
        self.tokens += tokens
