"""What carries a client's calls? Threads or tasks, each with connections of its own, opened by the first call."""

from __future__ import annotations

from contextlib import aclosing, nullcontext
from functools import partial
from typing import TYPE_CHECKING

from any_llm.checks import seconds
from any_llm.loading import load

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from any_llm.configuration import Configuration
    from any_llm.transport.asynchronous import AsyncTransport
    from any_llm.transport.blocking import BlockingTransport
    from any_llm.transport.network import Network
    from any_llm.work import Feed, Made, Work

UNWATCHED = nullcontext()


class Connections:
    """One client's transports."""

    def __init__(self, configuration: Configuration) -> None:
        """Open nothing yet."""
        self._configuration = configuration
        self._blocking: BlockingTransport | None = None
        self._asynchronous: AsyncTransport | None = None

    def run(self, work: Work[Made], *, timeout: float | None, deadline: float | None) -> Made:
        """Do the work on this thread and others. `timeout` is seconds a read, `deadline` seconds for all."""
        transport = self._threads()
        with work.watch or UNWATCHED:
            return transport.run(work, timeout=seconds("timeout", timeout), deadline=seconds("deadline", deadline))

    def stream(
        self, feed: Feed[Made], inputs: Iterator[Sequence[str]], *, timeout: float | None, deadline: float | None
    ) -> Iterator[Made]:
        """Do work without an end on other threads, for whoever reads it."""
        return self._threads().stream(
            feed, inputs, timeout=seconds("timeout", timeout), deadline=seconds("deadline", deadline)
        )

    async def astream(
        self,
        feed: Feed[Made],
        inputs: AsyncIterator[Sequence[str]],
        *,
        timeout: float | None,  # noqa: ASYNC109  # seconds a read, as in run()
        deadline: float | None,
    ) -> AsyncIterator[Made]:
        """Do work without an end in this loop, for whoever reads it."""
        transport = await self._tasks()
        made = transport.stream(
            feed, inputs, timeout=seconds("timeout", timeout), deadline=seconds("deadline", deadline)
        )
        async with aclosing(made):
            async for each in made:
                yield each

    async def arun(
        self,
        work: Work[Made],
        *,
        timeout: float | None,  # noqa: ASYNC109  # seconds a read, as in run()
        deadline: float | None,
    ) -> Made:
        """Do the work in this loop."""
        transport = await self._tasks()
        with work.watch or UNWATCHED:
            return await transport.run(
                work, timeout=seconds("timeout", timeout), deadline=seconds("deadline", deadline)
            )

    def _threads(self) -> BlockingTransport:
        if self._blocking is None:
            module = load("any_llm.transport.blocking")  # for sync calls only
            self._blocking = self._blocking or module.BlockingTransport(
                self._network(), self._configuration.max_concurrency
            )
        return self._blocking

    async def _tasks(self) -> AsyncTransport:
        if self._asynchronous is None:
            # For async calls only; loaded off the loop, which it would hold for a moment.
            module = await load("any_llm.transport.apart").apart(partial(load, "any_llm.transport.asynchronous"))
            self._asynchronous = self._asynchronous or module.AsyncTransport(
                self._network(), self._configuration.max_concurrency
            )
        return self._asynchronous

    def _network(self) -> Network:
        network: Network = load("any_llm.transport.network").Network(  # ssl, for calls only
            **self._configuration.network
        )
        return network

    def close(self) -> None:
        """Close those of the threads. A later call opens new ones."""
        if self._blocking is not None:
            self._blocking.close()

    async def aclose(self) -> None:
        """Close those of the threads, and those of this loop."""
        self.close()
        if self._asynchronous is not None:
            await self._asynchronous.close()
