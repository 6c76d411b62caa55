"""Run a job's conversations as tasks of the running loop."""

from __future__ import annotations

import asyncio
import inspect
import io
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import aiohttp
from yarl import URL

from any_llm.transport.admission import aadmitted
from any_llm.transport.broken import lost
from any_llm.transport.drive import adrive, called
from any_llm.transport.loops import Connectors
from any_llm.transport.network import CONNECT, Network, proxy_for, signed
from any_llm.transport.once import Tasks
from any_llm.transport.scope import Scope
from any_llm.wire import Admit, Once, Outcome, Reply, Run, Send, TransportError

if TYPE_CHECKING:
    from any_llm.transport.work import Flow, Made, Work
    from any_llm.wire import Command


class AsyncTransport:
    """One client's connections for tasks."""

    def __init__(self, network: Network, concurrency: int) -> None:
        """Open nothing yet."""
        self._network = network
        self._concurrency = concurrency
        self._connectors = Connectors(network)
        self._once = Tasks()

    async def run(
        self,
        job: Work[Made],
        *,
        timeout: float | None,  # noqa: ASYNC109  # seconds a read
        deadline: float | None,
    ) -> Made:
        """Drive every conversation of the job; `timeout` is seconds a read, `deadline` seconds for all."""
        begun, timeout = time.monotonic(), timeout or self._network.timeout
        opening = job.opening(begun)
        flows: list[Flow] = [] if opening is not None else self._flows(job)
        deadline = job.deadline(timeout) if deadline is None else deadline
        scope = Scope(timeout, None if deadline is None else begun + deadline)
        try:
            async with asyncio.timeout(deadline) as limit:
                if opening is not None:
                    await adrive(opening, partial(self._perform, scope))
                    flows = self._flows(job)
                if len(flows) > 1:
                    await self._fan_out(job, flows, scope)
                elif flows:
                    await self._work(job, flows[0], scope)
        except TimeoutError as error:
            if not limit.expired():
                raise
            ended = job.lost(TransportError("the deadline has passed", timed_out=True))
            job.end(ended)
            raise ended from error
        except BaseException as error:
            job.end(error)
            raise
        return job.response()

    def _flows(self, job: Work[Any]) -> list[Flow]:
        taken = (job.next_conversation() for _ in range(self._concurrency))
        return [flow for flow in taken if flow is not None]

    async def _work(self, job: Work[Any], flow: Flow | None, scope: Scope) -> None:
        while flow is not None:
            await adrive(flow, partial(self._perform, scope))
            flow = job.next_conversation()

    async def _fan_out(self, job: Work[Any], flows: list[Flow], scope: Scope) -> None:
        """Let the first error end the rest, and leave bare."""
        tasks = [asyncio.create_task(self._work(job, flow, scope)) for flow in flows]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
            for task in tasks:
                if task.done():
                    task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _perform(self, scope: Scope, command: Command) -> Outcome:
        value: Any = None
        if isinstance(command, Send):
            value = await self._send(command, scope)
        elif isinstance(command, Run):
            value = await _call(command)
        elif isinstance(command, Admit):
            await aadmitted(command, scope)
        elif isinstance(command, Once):
            perform = partial(self._perform, scope)
            value = await self._once.run(command.key, lambda: adrive(command.flow(), perform))
        else:
            await asyncio.sleep(scope.pause(command.seconds))
        return Outcome(value, (time.monotonic(), time.time()))

    async def _send(self, command: Send, scope: Scope) -> Reply:
        connector = await self._connectors.connector(command.url)
        proxy = proxy_for(self._network, command.url)
        patience = aiohttp.ClientTimeout(connect=min(CONNECT, scope.timeout), sock_read=scope.timeout)
        try:
            async with (
                connector.turn(),
                # A session costs microseconds, and one that lasted would have to be closed in time.
                aiohttp.ClientSession(
                    connector=connector,
                    connector_owner=False,
                    cookie_jar=aiohttp.DummyCookieJar(),
                    skip_auto_headers=("User-Agent",),
                ) as session,
                session.request(
                    command.method,
                    URL(command.url, encoded=True),
                    # As a stream: plain bytes would hold the loop while a large body is written.
                    data=io.BytesIO(command.body) if command.body else None,
                    headers=signed(command),
                    timeout=patience,
                    proxy=proxy,
                    allow_redirects=False,
                ) as response,
            ):
                body = await response.read()
                return Reply(response.status, {name.lower(): word for name, word in response.headers.items()}, body)
        except (aiohttp.ClientError, OSError) as error:
            raise lost(error) from None  # its own words may repeat a reply, or the request's headers

    async def close(self) -> None:
        """Close this loop's connections."""
        await self._connectors.close()


async def _call(command: Run) -> Any:
    """Call a blocking function off the loop; await what it returns, if that is to be awaited."""
    if inspect.iscoroutinefunction(command.function):
        return await command.function()
    value = await asyncio.to_thread(called, command.function)
    return await value if inspect.isawaitable(value) else value
