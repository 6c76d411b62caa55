"""What carries a client's calls? Threads or tasks, each with connections of its own, opened by the first call."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from any_llm.checks import seconds
from any_llm.loading import load

if TYPE_CHECKING:
    from any_llm.configuration import Configuration
    from any_llm.transport.asynchronous import AsyncTransport
    from any_llm.transport.blocking import BlockingTransport
    from any_llm.transport.network import Network
    from any_llm.work import Made, Work


class Connections:
    """One client's transports."""

    def __init__(self, configuration: Configuration) -> None:
        """Open nothing yet."""
        self._configuration = configuration
        self._blocking: BlockingTransport | None = None
        self._asynchronous: AsyncTransport | None = None

    def run(self, work: Work[Made], *, timeout: float | None, deadline: float | None) -> Made:
        """Do the work on this thread and others. `timeout` is seconds a read, `deadline` seconds for all."""
        if self._blocking is None:
            module = load("any_llm.transport.blocking")  # urllib3, for sync calls only
            self._blocking = self._blocking or module.BlockingTransport(
                self._network(), self._configuration.max_concurrency
            )
        return self._blocking.run(work, timeout=seconds("timeout", timeout), deadline=seconds("deadline", deadline))

    async def arun(
        self,
        work: Work[Made],
        *,
        timeout: float | None,  # noqa: ASYNC109  # seconds a read, as in run()
        deadline: float | None,
    ) -> Made:
        """Do the work in this loop."""
        if self._asynchronous is None:
            # aiohttp, for async calls only; loaded off the loop, which it would hold for a tenth of a second.
            module = await load("any_llm.transport.apart").apart(partial(load, "any_llm.transport.asynchronous"))
            self._asynchronous = self._asynchronous or module.AsyncTransport(
                self._network(), self._configuration.max_concurrency
            )
        return await self._asynchronous.run(
            work, timeout=seconds("timeout", timeout), deadline=seconds("deadline", deadline)
        )

    def _network(self) -> Network:
        network: Network = load("any_llm.transport.network").Network(  # ssl, for calls only
            **self._configuration.network, connections=self._configuration.max_concurrency
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
