"""What one call sent and what it was billed, from any thread."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Literal

from any_llm.types.requests import Requests
from any_llm.types.usage import Usage
from any_llm.wire import Send, TransportError

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from any_llm.wire import Command, Outcome, Run


class Tally:
    """Counts only go up."""

    def __init__(self) -> None:
        """Nothing was sent."""
        self._lock = threading.Lock()
        self._requests = Requests()
        self._prompt = self._total = 0
        self._source: Literal["measured", "estimated", "unknown"] = "measured"

    def add(self, **more: int) -> None:
        """Count so many more, by the names of Requests."""
        with self._lock:
            counted = self._requests
            self._requests = counted._replace(**{name: getattr(counted, name) + count for name, count in more.items()})

    def bill(self, prompt: int | None, total: int | None, *, estimated: bool) -> None:
        """Count the tokens of a reply, be it of use or not. One without a count makes the whole unknown."""
        with self._lock:
            if prompt is None:
                self._source = "unknown"
            elif estimated and self._source == "measured":
                self._source = "estimated"
            self._prompt += prompt or 0
            self._total += total or 0

    def counted(self, command: Send | Run, why: Mapping[str, int]) -> Generator[Command, Outcome, Outcome]:
        """Have a command performed, and count what was sent. `why` not for the first time: by the names of Requests."""
        sent = 1
        try:
            outcome = yield command
            sent = outcome.sent
        except TransportError as lost:
            sent = lost.sent
            raise
        finally:
            if sent and isinstance(command, Send):
                self.add(sent=1, **why)
                self.add(sent=sent - 1, retried=sent - 1, possibly_billed_twice=sent - 1)
        return outcome

    def requests(self) -> Requests:
        """What was sent."""
        return self._requests

    def usage(self) -> Usage:
        """What was billed, as far as replies said so: zero never means free."""
        return Usage(prompt_tokens=self._prompt, total_tokens=self._total, source=self._source)


def repeated(why: Mapping[str, int], *, unsent: bool, twice: bool) -> Mapping[str, int]:
    """Why the same goes again: as before, if nobody has heard of it; else it may be billed twice, or not."""
    return why if unsent else {"retried": 1, "possibly_billed_twice": int(twice)}
