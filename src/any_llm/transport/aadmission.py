"""How a task waits until it is admitted: for a time the pace says, or until it is woken."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from typing import TYPE_CHECKING

from any_llm.transport.admission import LOOK

if TYPE_CHECKING:
    from any_llm.transport.scope import Scope
    from any_llm.wire import Admit, Waiter


class TaskWaits:
    """A task of the running loop."""

    holds = None

    def __init__(self) -> None:
        """Wait for nothing yet."""
        self.bell = asyncio.Event()
        self.loop = asyncio.get_running_loop()

    def wake(self) -> None:
        """Have it ask again, unless its loop is gone."""
        with contextlib.suppress(RuntimeError):
            self.loop.call_soon_threadsafe(self.bell.set)

    def sleeps(self, other: Waiter) -> bool:
        """A loop may have been stopped, or be held up by the very call that asks."""
        return other.holds is self.loop or not self.loop.is_running()


async def aadmitted(command: Admit, scope: Scope) -> None:
    """Wait. Raises TransportError when the call would end before its turn can come."""
    waiter = TaskWaits()
    while (seconds := command.ask(time.monotonic(), waiter)) > 0:
        alarm = waiter.loop.call_later(LOOK if seconds == math.inf else scope.pause(seconds), waiter.bell.set)
        try:
            await waiter.bell.wait()
        finally:
            alarm.cancel()
        waiter.bell.clear()
