"""Who drives a call's conversations when there are several at once: threads that live only for the call."""

from __future__ import annotations

import contextvars
import queue
import threading
import time
from typing import TYPE_CHECKING, Protocol

from any_llm.transport.drive import drive

if TYPE_CHECKING:
    from collections.abc import Callable

    from any_llm.transport.scope import Scope
    from any_llm.wire import Command, Outcome
    from any_llm.work import Flow

FAREWELL = 0.15
"""Seconds an ended call waits for its threads: only a name look-up cannot be woken."""


class Source(Protocol):
    """What conversations are taken from."""

    def next_conversation(self) -> Flow | None:
        """Take the next; None: there is none now."""


def some(source: Source, most: int) -> list[Flow]:
    """Take so many conversations, if there are as many."""
    flows: list[Flow] = []
    while len(flows) < most and (flow := source.next_conversation()) is not None:
        flows.append(flow)
    return flows


class Threads:
    """Daemon threads, each with a copy of the caller's context."""

    def __init__(self, source: Source, scope: Scope, perform: Callable[[Command], Outcome]) -> None:
        """Start none yet."""
        self._source = source
        self._scope = scope
        self._perform = perform
        self._threads: list[threading.Thread] = []
        self._busy = 0
        self._news: queue.SimpleQueue[BaseException | int] = queue.SimpleQueue()
        """What happened: a conversation ended, and so many threads; or an error ends all."""

    def fill(self, most: int) -> None:
        """Let so many conversations be under way, if there are as many."""
        while self._busy < most and (flow := self._source.next_conversation()) is not None:
            self.start(flow)

    def start(self, flow: Flow) -> None:
        """Begin with this conversation, and go on with others."""
        thread = threading.Thread(target=contextvars.copy_context().run, args=(self._work, flow), daemon=True)
        self._threads.append(thread)
        self._busy += 1
        thread.start()

    def _work(self, flow: Flow | None) -> None:
        try:
            while flow is not None:
                drive(flow, self._perform)
                self._news.put(0)
                flow = self._source.next_conversation()
        except BaseException as error:  # noqa: BLE001  # raised again by the thread that waits
            self._news.put(error)
        else:
            self._news.put(1)

    def wait(self) -> bool:
        """Wait until something has ended; False: nothing is under way. Raises the first error, bare."""
        if not self._busy:
            return False
        news = self._news.get()
        if isinstance(news, BaseException):
            self._busy -= 1
            raise news
        self._busy -= news
        return True

    def dismiss(self) -> None:
        """End what is still under way, and see the threads off."""
        if self._busy:
            self._scope.abort()
        until = time.monotonic() + FAREWELL
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(max(0.0, until - time.monotonic()))
