"""How a thread waits until it is admitted: for a time the pace says, or until it is woken."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

from any_llm.transport.scope import Bell

if TYPE_CHECKING:
    from any_llm.transport.scope import Scope
    from any_llm.wire import Admit, Waiter

LOOK = 1.0
"""Seconds after which one who waits to be woken asks by itself: an event loop may have been stopped meanwhile, with
requests of its own in flight, and nobody waits for those."""


class ThreadWaits:
    """A thread."""

    def __init__(self, holds: Any) -> None:
        """Wait for nothing yet."""
        self.holds = holds
        self.bell = Bell()

    def wake(self) -> None:
        """Have it ask again."""
        self.bell.ring()

    def sleeps(self, other: Waiter) -> bool:
        """Threads are always awake."""
        return False


def admitted(command: Admit, scope: Scope) -> None:
    """Wait. Raises TransportError when the call ends, or would end before its turn can come."""
    waiter = ThreadWaits(scope.holds)
    while (seconds := command.ask(time.monotonic(), waiter)) > 0:
        scope.listen(waiter.bell, LOOK if seconds == math.inf else scope.pause(seconds))
    scope.left()
