"""Run a job's conversations as tasks of the running loop."""

from __future__ import annotations

import asyncio
import inspect
import os
import time
import weakref
from functools import partial
from typing import TYPE_CHECKING, Any

import aiohttp
from yarl import URL

from any_llm.transport.drive import adrive
from any_llm.transport.network import CONNECT, Network, proxy_for, tls
from any_llm.transport.scope import Scope
from any_llm.wire import Admit, Outcome, Reply, Run, Send, TransportError

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncGenerator, Generator

    from any_llm.flow.job import Job
    from any_llm.types.completion import CreateEmbeddingResponse
    from any_llm.wire import Command

    Flow = Generator[Command, Outcome, None]
    Held = tuple[aiohttp.ClientSession, AsyncGenerator[None]]


class AsyncTransport:
    """One client's connections for tasks: a session for each loop it is used in."""

    def __init__(self, network: Network, concurrency: int) -> None:
        """Open nothing yet."""
        self._network = network
        self._concurrency = concurrency
        self._context: ssl.SSLContext | None = None
        self._sessions: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Held] = weakref.WeakKeyDictionary()
        _ALIVE.add(self)

    async def run(
        self,
        job: Job,
        *,
        timeout: float | None,  # noqa: ASYNC109  # seconds a read
        deadline: float | None,
    ) -> CreateEmbeddingResponse:
        """Drive every conversation of the job; `timeout` is seconds a read, `deadline` seconds for all."""
        scope = Scope(timeout or self._network.timeout, None if deadline is None else time.monotonic() + deadline)
        flows: list[Flow] = []
        while len(flows) < self._concurrency and (flow := job.next_conversation()) is not None:
            flows.append(flow)
        try:
            async with asyncio.timeout(deadline):
                if len(flows) > 1:
                    await self._fan_out(job, flows, scope)
                elif flows:
                    await self._work(job, flows[0], scope)
        except TimeoutError as error:
            if scope.deadline is None or time.monotonic() < scope.deadline:
                raise
            raise job.lost(TransportError("the deadline has passed", timed_out=True)) from error
        return job.response()

    async def _work(self, job: Job, flow: Flow | None, scope: Scope) -> None:
        while flow is not None:
            await adrive(flow, partial(self._perform, scope))
            flow = job.next_conversation()

    async def _fan_out(self, job: Job, flows: list[Flow], scope: Scope) -> None:
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
            while (seconds := command.ask(time.monotonic())) > 0:  # noqa: ASYNC110  # the pace says for how long
                await asyncio.sleep(scope.pause(seconds))  # the pace says for how long
        else:
            await asyncio.sleep(scope.pause(command.seconds))
        return Outcome(value, (time.monotonic(), time.time()))

    async def _send(self, command: Send, scope: Scope) -> Reply:
        session = await self._session(command.url)
        patience = aiohttp.ClientTimeout(total=None, sock_connect=min(CONNECT, scope.timeout), sock_read=scope.timeout)
        try:
            async with session.post(
                URL(command.url, encoded=True),
                data=command.body,
                headers=command.headers,
                timeout=patience,
                proxy=proxy_for(self._network, command.url),
                allow_redirects=False,
            ) as response:
                body = await response.read()
                return Reply(response.status, {name.lower(): word for name, word in response.headers.items()}, body)
        except (aiohttp.ClientError, OSError) as error:
            raise _lost(error) from error

    async def _session(self, url: str) -> aiohttp.ClientSession:
        """Open one session a loop, which the loop's own shutdown closes: it ends the generators begun on it."""
        loop = asyncio.get_running_loop()
        held = self._sessions.get(loop)
        if self._context is None and url.startswith("https:"):
            self._context = await asyncio.to_thread(tls, self._network)  # reads the trust store from disk
            held = self._sessions.get(loop)  # another task may have been here meanwhile
        if held is None or held[0].closed:
            session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, ssl=self._context or True),
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("User-Agent",),
            )
            held = self._sessions[loop] = (session, _until_the_loop_ends(session))
            await anext(held[1])
        return held[0]

    async def close(self) -> None:
        """Close this loop's session."""
        held = self._sessions.pop(asyncio.get_running_loop(), None)
        if held is not None:
            await held[1].aclose()

    def forget(self) -> None:
        """In a forked child: these sessions belong to the parent. Kept, lest their finalisers speak to its loop."""
        _BURIED.append(self._sessions)
        self._sessions = weakref.WeakKeyDictionary()


async def _until_the_loop_ends(session: aiohttp.ClientSession) -> AsyncGenerator[None]:
    try:
        yield
    finally:
        await session.close()


_ALIVE: weakref.WeakSet[AsyncTransport] = weakref.WeakSet()
_BURIED: list[Any] = []


def _forget_all() -> None:
    for transport in list(_ALIVE):
        transport.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)


async def _call(command: Run) -> Any:
    """Call a blocking function off the loop; await what it returns, if that is to be awaited."""
    if inspect.iscoroutinefunction(command.function):
        return await command.function()
    value = await asyncio.to_thread(command.function)
    return await value if inspect.isawaitable(value) else value


def _lost(error: Exception) -> TransportError:
    """Say what broke in the words of the innermost cause."""
    timed_out = isinstance(error, TimeoutError)
    certificate = isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientConnectorSSLError)
    words = "no answer in time" if timed_out else f"{type(error).__name__}: {error}"
    return TransportError(words, timed_out=timed_out, retryable=not certificate)
