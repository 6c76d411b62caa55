"""Counts a call's requests, from any thread."""

from __future__ import annotations

import threading

from any_llm.types.requests import Requests


class Tally:
    """Counts for one call, from any thread."""

    def __init__(self) -> None:
        """Nothing was sent."""
        self._lock = threading.Lock()
        self._counted = Requests()

    def add(self, **more: int) -> None:
        """Count so many more, by the names of Requests."""
        with self._lock:
            counted = self._counted
            self._counted = counted._replace(**{name: getattr(counted, name) + count for name, count in more.items()})

    def requests(self) -> Requests:
        """What was counted."""
        return self._counted
