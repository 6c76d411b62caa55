"""Run a job's conversations on this thread, or on threads that live only for the call."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import os
import queue
import threading
import time
import weakref
from functools import partial
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

import urllib3

from any_llm.exceptions import InvalidRequestError
from any_llm.transport.admission import admitted
from any_llm.transport.body import Body
from any_llm.transport.broken import lost
from any_llm.transport.drive import called, drive
from any_llm.transport.exchange import Exchange
from any_llm.transport.network import CONNECT, Network, signed
from any_llm.transport.once import Threads
from any_llm.transport.openers import Openers
from any_llm.transport.scope import Scope
from any_llm.transport.stream import CURRENT
from any_llm.wire import Admit, Once, Outcome, Reply, Run, Send, TransportError

if TYPE_CHECKING:
    from any_llm.wire import Command
    from any_llm.work import Flow, Made, Work

PIECE = 1 << 18
"""Bytes read at once of a reply whose length is not known, or not believed."""
FAREWELL = 0.15
"""Seconds an ended call waits for its threads: only a name look-up cannot be woken."""


class BlockingTransport:
    """One client's connections for threads."""

    def __init__(self, network: Network, concurrency: int) -> None:
        """Open nothing yet."""
        self._network = network
        self._concurrency = concurrency
        self._once = Threads()
        self._openers = Openers(network)
        _ALIVE.add(self)

    def run(self, job: Work[Made], *, timeout: float | None, deadline: float | None) -> Made:
        """Drive every conversation of the job; `timeout` is seconds a read, `deadline` seconds for all."""
        begun, timeout = time.monotonic(), timeout or self._network.timeout
        opening = job.opening(begun)
        flows: list[Flow] = [] if opening is not None else self._flows(job)
        deadline = job.deadline(timeout) if deadline is None else deadline
        scope = Scope(timeout, None if deadline is None else begun + deadline)
        try:
            while opening is not None:
                drive(opening, partial(self._perform, scope))
                opening = job.opening(time.monotonic())
            flows = flows or self._flows(job)
            if len(flows) > 1:
                self._fan_out(job, flows, scope)
            elif flows:
                self._work(job, flows[0], scope)
        except BaseException as error:
            job.end(error)
            raise
        return job.response()

    def _flows(self, job: Work[Any]) -> list[Flow]:
        flows: list[Flow] = []
        while len(flows) < self._concurrency and (flow := job.next_conversation()) is not None:
            flows.append(flow)
        return flows

    def _work(self, job: Work[Any], flow: Flow | None, scope: Scope) -> None:
        while flow is not None:
            drive(flow, partial(self._perform, scope))
            flow = job.next_conversation()

    def _fan_out(self, job: Work[Any], flows: list[Flow], scope: Scope) -> None:
        """Let the first error end the rest, and leave bare."""
        ended: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()

        def work(flow: Flow) -> None:
            try:
                self._work(job, flow, scope)
            except BaseException as error:  # noqa: BLE001  # raised again by the thread that waits
                ended.put(error)
            else:
                ended.put(None)

        threads = [
            threading.Thread(target=contextvars.copy_context().run, args=(work, flow), daemon=True) for flow in flows
        ]
        try:
            for thread in threads:
                thread.start()
            for _ in threads:
                if (error := ended.get()) is not None:
                    raise error  # noqa: TRY301  # an error of a thread and Ctrl-C here end the rest alike
        except BaseException:
            scope.abort()
            raise
        finally:
            until = time.monotonic() + FAREWELL
            for thread in threads:
                if thread.ident is not None:
                    thread.join(max(0.0, until - time.monotonic()))

    def _perform(self, scope: Scope, command: Command) -> Outcome:
        value: Any = None
        if isinstance(command, Send):
            value = self._send(command, scope)
        elif isinstance(command, Run):
            value = _call(command, scope)
        elif isinstance(command, Admit):
            admitted(command, scope)
        elif isinstance(command, Once):
            value = self._once.run(command.key, lambda: drive(command.flow(), partial(self._perform, scope)), scope)
        else:
            scope.sleep(command.seconds)
        return Outcome(value, (time.monotonic(), time.time()))

    def _send(self, command: Send, scope: Scope) -> Reply:
        exchange = Exchange()
        try:
            return self._exchange(command, scope, exchange)
        except TransportError as error:
            if not exchange.stale(error):
                raise
        return self._exchange(command, scope, Exchange(fresh=True))

    def _exchange(self, command: Send, scope: Scope, exchange: Exchange) -> Reply:
        """Send one request and read its reply. Raises TransportError."""
        CURRENT.scope, CURRENT.exchange = scope, exchange
        body: Body | None = None
        try:
            opener, target = self._openers.opener(command.url)
            response = opener.urlopen(
                command.method,
                target,
                body=command.body or None,
                headers=signed(command),
                timeout=urllib3.Timeout(connect=min(CONNECT, scope.left()), read=scope.left()),
                retries=False,
                redirect=False,
                preload_content=False,
                decode_content=False,
            )
            exchange.begun = True
            with response:
                body = Body(command, response.status, {name.lower(): word for name, word in response.headers.items()})
                _read(response, body)
                return body.whole()
        except (urllib3.exceptions.HTTPError, HTTPException, OSError) as error:
            scope.left()  # an abort or a passed deadline is what ended it
            broken = lost(error, begun=body is not None)
            if body is not None:
                return body.cut(broken)
            raise broken from None  # its own words may repeat a reply

    def close(self) -> None:
        """Close idle connections. A call in flight ends undisturbed."""
        self._openers.close()

    def forget(self) -> None:
        """In a forked child: these connections belong to the parent."""
        self._openers.forget()
        self._once.forget()


_ALIVE: weakref.WeakSet[BlockingTransport] = weakref.WeakSet()


def _forget_all() -> None:
    for transport in list(_ALIVE):
        transport.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)


def _read(response: urllib3.BaseHTTPResponse, body: Body) -> None:
    """Read the reply's body to its end, or until no more of it is wanted."""
    amount = min(getattr(response, "length_remaining", None) or PIECE, body.limit + 1)
    while not body.full and (piece := response.read(amount, decode_content=False)):
        body.add(piece)


def _call(command: Run, scope: Scope) -> Any:
    """Call a blocking function; await what it returns, if that is to be awaited and no loop waits for this call."""
    function = partial(called, command.function)
    value = scope.apart(function) if command.apart else function()
    if not inspect.isawaitable(value):
        return value
    if scope.holds is None:
        return asyncio.run(_wait(value, scope))
    if (close := getattr(value, "close", None)) is not None:
        close()  # a coroutine that is dropped is a warning
    raise InvalidRequestError("An async api_key cannot be awaited by embedding() in a running loop; use aembedding().")


async def _wait(value: Any, scope: Scope) -> Any:
    try:
        async with asyncio.timeout(scope.left(float("inf")) if scope.bounded else None) as limit:
            return await value
    except TimeoutError:
        if limit.expired():
            scope.left()
        raise
