"""Who drives a call's conversations in a loop when there are several at once: tasks that live only for the call."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from any_llm.transport.drive import adrive

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from any_llm.transport.crew import Source
    from any_llm.wire import Command, Outcome
    from any_llm.work import Flow


class Tasks:
    """Tasks of the running loop."""

    def __init__(self, source: Source, perform: Callable[[Command], Awaitable[Outcome]]) -> None:
        """Start none yet."""
        self._source = source
        self._perform = perform
        self._tasks: set[asyncio.Task[None]] = set()
        self._news = asyncio.Event()

    def fill(self, most: int) -> None:
        """Let so many conversations be under way, if there are as many."""
        while len(self._tasks) < most and (flow := self._source.next_conversation()) is not None:
            self.start(flow)

    def start(self, flow: Flow) -> None:
        """Begin with this conversation, and go on with others."""
        task = asyncio.create_task(self._work(flow))
        self._tasks.add(task)
        task.add_done_callback(self._tell)

    def _tell(self, _: Any = None) -> None:
        self._news.set()

    async def _work(self, flow: Flow | None) -> None:
        while flow is not None:
            await adrive(flow, self._perform)
            self._tell()
            flow = self._source.next_conversation()

    async def wait(self) -> bool:
        """Wait until something has ended; False: nothing is under way. Raises the first error, bare."""
        if not self._tasks:
            return False
        await self._news.wait()
        self._news.clear()
        for task in [task for task in self._tasks if task.done()]:
            self._tasks.discard(task)
            task.result()
        return True

    async def dismiss(self) -> None:
        """End what is still under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
