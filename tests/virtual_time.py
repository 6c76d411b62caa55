"""Many conversations at once, in a time that costs nothing: server, network, drivers and clock are played."""

from __future__ import annotations

import heapq
import itertools
import math
from typing import TYPE_CHECKING, Any

import msgspec

from any_llm.exceptions import AnyLLMError
from any_llm.wire import Admit, Outcome, Reply, Run, Send, Sleep, TransportError
from by_hand import MONOTONIC, WALL

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    Flow = Generator[Any, Outcome, Any]
    Take = Callable[[], Flow | None]
    """The next conversation; None: there is none now, though one under way may bring more."""
    Server = Callable[[float, "Sent"], tuple[float, Reply | TransportError]]


class Sent(msgspec.Struct, eq=False):
    """A request on its way. Times are seconds from the beginning."""

    name: str
    send: Send
    asked: float
    at: float
    ended: float = math.inf


class Worker:
    """Runs one conversation after another, as a thread or a task of a call does."""

    holds = None

    def __init__(self, world: World, name: str, take: Take) -> None:
        """Begin with the first."""
        self.world, self.name, self.take = world, name, take
        self.flow: Flow | None = None
        self.command: Any = None
        self.asked = 0.0
        self.alarm = 0
        self.error: AnyLLMError | None = None
        self.ended: float | None = None

    def wake(self) -> None:
        """Ask again at once."""
        self._ask_at(self.world.now)

    def sleeps(self, other: object) -> bool:
        """Never."""
        return False

    def begin(self) -> None:
        """Take the next conversation, or end."""
        self.flow = self.take()
        if self.flow is None:
            self.ended = self.world.now
        else:
            self.resume(next)

    def resume(self, step: Callable[[Flow], Any]) -> None:
        """Go on to the next command."""
        assert self.flow is not None
        try:
            self.command = step(self.flow)
        except StopIteration:
            self.begin()
        except AnyLLMError as error:
            self.error, self.ended = error, self.world.now
        else:
            self._perform()

    def _perform(self) -> None:
        world, command = self.world, self.command
        if isinstance(command, Admit):
            self.asked = world.now
            self._ask()
        elif isinstance(command, Send):
            sent = Sent(self.name, command, self.asked, world.now)
            world.sent.append(sent)
            latency, outcome = world.server(world.now, sent)
            sent.ended = world.now + latency
            if isinstance(outcome, TransportError):
                world.later(latency, lambda: self.resume(lambda flow: flow.throw(outcome)))
            else:
                world.later(latency, lambda: self._answer(outcome))
        elif isinstance(command, Run):
            value = command.function()
            world.later(0, lambda: self._answer(value))
        else:
            assert isinstance(command, Sleep)
            world.later(command.seconds, lambda: self._answer(None))

    def _answer(self, value: Any) -> None:
        now = self.world.now
        self.resume(lambda flow: flow.send(Outcome(value, (MONOTONIC + now, WALL + now))))

    def _ask(self) -> None:
        seconds = self.command.ask(MONOTONIC + self.world.now, self)
        if seconds == 0:
            self._answer(None)
        elif seconds < math.inf:
            self._ask_at(self.world.now + seconds)

    def _ask_at(self, when: float) -> None:
        self.alarm = alarm = next(self.world.numbers)

        def ring() -> None:
            if self.alarm == alarm and isinstance(self.command, Admit) and self.ended is None:
                self._ask()

        self.world.later(when - self.world.now, ring)


class World:
    """Everything that happens, in order."""

    def __init__(self, server: Server) -> None:
        """Begin at 0 seconds."""
        self.server = server
        self.now = 0.0
        self.sent: list[Sent] = []
        self.workers: list[Worker] = []
        self.numbers = itertools.count(1)
        self._events: list[tuple[float, int, Callable[[], None]]] = []

    def later(self, seconds: float, event: Callable[[], None]) -> None:
        """Let this happen after so many seconds."""
        heapq.heappush(self._events, (self.now + seconds, next(self.numbers), event))

    def call(self, name: str, take: Take, *, at: float = 0.0, workers: int = 1) -> None:
        """Begin a call then, with so many conversations under way at most."""
        for _ in range(workers):
            worker = Worker(self, name, take)
            self.workers.append(worker)
            self.later(at - self.now, worker.begin)

    def run(self, *, until: float = math.inf, each: Callable[[], None] = lambda: None) -> None:
        """Let time pass until nothing more can happen; `each` looks at every moment before it passes."""
        while self._events and self._events[0][0] <= until:
            when, _, event = heapq.heappop(self._events)
            self.now = max(self.now, when)
            event()
            if not self._events or self._events[0][0] > self.now:
                each()

    @property
    def errors(self) -> list[AnyLLMError]:
        """What calls ended with."""
        return [worker.error for worker in self.workers if worker.error is not None]

    def stuck(self) -> list[str]:
        """Calls that have not ended, though nothing more happens."""
        return [worker.name for worker in self.workers if worker.ended is None]
