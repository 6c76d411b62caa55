"""What one call sent and what it was billed, from any thread."""

from __future__ import annotations

import threading
from typing import Literal

from any_llm.types.requests import Requests
from any_llm.types.usage import Usage


class Tally:
    """Counts only go up."""

    def __init__(self) -> None:
        """Nothing was sent."""
        self._lock = threading.Lock()
        self._counts = dict.fromkeys(Requests._fields, 0)
        self._prompt = self._total = 0
        self._source: Literal["measured", "estimated", "unknown"] = "measured"

    def add(self, **more: int) -> None:
        """Count so many more, by the names of Requests."""
        with self._lock:
            for name, count in more.items():
                self._counts[name] += count

    def bill(self, prompt: int | None, total: int | None, *, estimated: bool) -> None:
        """Count the tokens of a reply, be it of use or not. One without a count makes the whole unknown."""
        with self._lock:
            if prompt is None:
                self._source = "unknown"
            elif estimated and self._source == "measured":
                self._source = "estimated"
            self._prompt += prompt or 0
            self._total += total or 0

    def requests(self) -> Requests:
        """What was sent."""
        return Requests(**self._counts)

    def usage(self) -> Usage:
        """What was billed, as far as replies said so: zero never means free."""
        return Usage(prompt_tokens=self._prompt, total_tokens=self._total, source=self._source)
