"""Run a job's conversations as tasks of the running loop."""

from __future__ import annotations

import asyncio
import inspect
import os
import time
import weakref
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from any_llm.transport.aadmission import aadmitted
from any_llm.transport.acrew import Tasks
from any_llm.transport.aonce import Tasks as Together
from any_llm.transport.apart import apart
from any_llm.transport.broken import lost
from any_llm.transport.crew import some
from any_llm.transport.drive import adrive, called
from any_llm.transport.exchange import Exchange, request
from any_llm.transport.http1 import GarbledError, Reader
from any_llm.transport.loops import Loops
from any_llm.transport.network import TLS, Network
from any_llm.transport.route import Routes
from any_llm.transport.scope import Scope
from any_llm.wire import Admit, Once, Outcome, Reply, Run, Send, TransportError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Sequence

    from any_llm.wire import Command
    from any_llm.work import Feed, Made, Work


class AsyncTransport:
    """One client's connections for tasks."""

    def __init__(self, network: Network, concurrency: int) -> None:
        """Open nothing yet."""
        self._network = network
        self._concurrency = concurrency
        self._loops = Loops()
        self._routes = Routes(network.proxy)
        self._tls = TLS(network)
        self._once = Together()
        _ALIVE.add(self)

    async def run(
        self,
        job: Work[Made],
        *,
        timeout: float | None,  # noqa: ASYNC109  # seconds a read
        deadline: float | None,
    ) -> Made:
        """Drive every conversation of the job; `timeout` is seconds a read, `deadline` seconds for all."""
        begun, timeout = time.monotonic(), timeout or self._network.timeout
        few = min(2, self._concurrency)
        opening = job.opening(begun)
        flows = some(job, few) if opening is None else []
        deadline = job.deadline(timeout) if deadline is None else deadline
        perform = partial(self._perform, Scope(timeout, None if deadline is None else begun + deadline))
        crew = Tasks(job, perform)
        try:
            async with asyncio.timeout(deadline) as limit:
                while opening is not None:
                    await adrive(opening, perform)
                    opening = job.opening(time.monotonic())
                flows = flows or some(job, few)
                if len(flows) > 1:
                    for flow in flows:
                        crew.start(flow)
                    crew.fill(self._concurrency)
                    while await crew.wait():
                        crew.fill(self._concurrency)
                else:
                    for flow in chain(flows, iter(job.next_conversation, None)):
                        await adrive(flow, perform)
        except BaseException as error:
            await crew.dismiss()
            ended = error
            if isinstance(error, TimeoutError) and limit.expired():  # a request's own timeout is one too
                ended = job.lost(TransportError("the deadline has passed", timed_out=True))
            job.end(ended)
            if ended is error:
                raise
            raise ended from error
        return job.response()

    async def stream(
        self,
        stream: Feed[Made],
        inputs: AsyncIterator[Sequence[str]],
        *,
        timeout: float | None,  # noqa: ASYNC109  # seconds a read
        deadline: float | None,
    ) -> AsyncGenerator[Made, None]:
        """Drive the stream's conversations as tasks; `inputs` are read by whoever asks."""
        until = None if deadline is None else time.monotonic() + deadline
        perform = partial(self._perform, Scope(timeout or self._network.timeout, until))
        crew = Tasks(stream, perform)
        more, failed = True, None
        try:
            while more or not stream.empty():
                while (opening := stream.opening(time.monotonic())) is not None:
                    await self._bounded(adrive(opening, perform), until, stream)
                crew.fill(self._concurrency)
                if (made := stream.ready()) is not None:
                    yield made
                elif more and not stream.full():
                    try:
                        more = (chunk := await anext(inputs, None)) is not None
                        if chunk is not None:
                            stream.add(chunk)
                    except Exception as error:  # noqa: BLE001  # raised below: what is under way was good
                        more, failed = False, error
                else:
                    await self._bounded(crew.wait(), until, stream)
            if failed is not None:
                raise failed  # noqa: TRY301  # late, as it came
        except BaseException as error:
            await crew.dismiss()
            stream.end(error)
            raise

    async def _bounded(self, waiting: Awaitable[Any], until: float | None, stream: Feed[Any]) -> None:
        """Wait, though not past the deadline."""
        try:
            async with asyncio.timeout(None if until is None else until - time.monotonic()) as limit:
                await waiting
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise stream.lost(TransportError("the deadline has passed", timed_out=True)) from error

    async def _perform(self, scope: Scope, command: Command) -> Outcome:
        value: Any = None
        sent = 1
        if isinstance(command, Send):
            value, sent = await self._send(command, scope)
        elif isinstance(command, Run):
            value = await _call(command)
        elif isinstance(command, Admit):
            await aadmitted(command, scope)
        elif isinstance(command, Once):
            perform = partial(self._perform, scope)
            value = await self._once.run(command.key, lambda: adrive(command.flow(), perform))
        else:
            await asyncio.sleep(scope.pause(command.seconds))
        return Outcome(value, (time.monotonic(), time.time()), sent)

    async def _send(self, command: Send, scope: Scope) -> tuple[Reply, int]:
        exchange = Exchange()
        while True:
            try:
                return await self._exchange(command, scope, exchange), exchange.sent
            except TransportError as error:
                if not exchange.renew(error):
                    raise

    async def _exchange(self, command: Send, scope: Scope, exchange: Exchange) -> Reply:
        """Send one request and read its reply. Raises TransportError."""
        lines = await self._loops.here()
        route, target, more = self._routes.to(command.url)
        line = None if exchange.fresh else lines.idle.take(route)
        exchange.reused, reader, kept = line is not None, None, False
        try:
            line = line or await lines.opened(route, self._tls, scope.timeout)
            reader = Reader(command, exchange)
            head = request(command, target, route.name, more)
            await line.exchange(head, command.body, reader, scope.timeout, exchange)
            kept = reader.kept
            return reader.whole()
        except (GarbledError, OSError) as error:
            broken = lost(error, begun=exchange.begun)
            if reader is not None and reader.body is not None:
                return reader.body.cut(broken)
            raise broken from None  # its own words may repeat a reply, or the request's headers
        finally:
            if line is not None:
                lines.idle.give(route, line) if kept else line.close()

    async def close(self) -> None:
        """Close this loop's connections. A call in flight ends undisturbed."""
        await self._loops.close()

    def forget(self) -> None:
        """In a forked child: these connections belong to the parent."""
        self._loops.forget()
        self._tls.unlock()
        self._once.forget()


_ALIVE: weakref.WeakSet[AsyncTransport] = weakref.WeakSet()


def _forget_all() -> None:
    for transport in list(_ALIVE):
        transport.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)


async def _call(command: Run) -> Any:
    """Call a blocking function off the loop; await what it returns, if that is to be awaited."""
    if inspect.iscoroutinefunction(command.function):
        return await command.function()
    function = partial(called, command.function)
    value = await (apart(function) if command.apart else asyncio.to_thread(function))
    return await value if inspect.isawaitable(value) else value
