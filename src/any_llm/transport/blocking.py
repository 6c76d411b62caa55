"""Run a job's conversations on this thread, or on threads that live only for the call."""

from __future__ import annotations

import asyncio
import inspect
import os
import time
import weakref
from functools import partial
from http.client import HTTPException
from itertools import chain
from typing import TYPE_CHECKING, Any

import urllib3

from any_llm.exceptions import InvalidRequestError
from any_llm.transport.admission import admitted
from any_llm.transport.body import Body
from any_llm.transport.broken import lost
from any_llm.transport.crew import Threads, some
from any_llm.transport.drive import called, drive
from any_llm.transport.exchange import Exchange
from any_llm.transport.network import CONNECT, Network, signed
from any_llm.transport.once import Threads as Together
from any_llm.transport.openers import Openers
from any_llm.transport.scope import Scope
from any_llm.transport.stream import CURRENT
from any_llm.wire import Admit, Once, Outcome, Reply, Run, Send, TransportError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from any_llm.wire import Command
    from any_llm.work import Feed, Made, Work

PIECE = 1 << 18
"""Bytes read at once of a reply whose length is not known, or not believed."""


class BlockingTransport:
    """One client's connections for threads."""

    def __init__(self, network: Network, concurrency: int) -> None:
        """Open nothing yet."""
        self._network = network
        self._concurrency = concurrency
        self._once = Together()
        self._openers = Openers(network)
        _ALIVE.add(self)

    def run(self, job: Work[Made], *, timeout: float | None, deadline: float | None) -> Made:
        """Drive every conversation of the job; `timeout` is seconds a read, `deadline` seconds for all."""
        begun, timeout = time.monotonic(), timeout or self._network.timeout
        few = min(2, self._concurrency)
        opening = job.opening(begun)
        flows = some(job, few) if opening is None else []
        deadline = job.deadline(timeout) if deadline is None else deadline
        scope = Scope(timeout, None if deadline is None else begun + deadline)
        perform = partial(self._perform, scope)
        crew = Threads(job, scope, perform)
        try:
            while opening is not None:
                drive(opening, perform)
                opening = job.opening(time.monotonic())
            flows = flows or some(job, few)
            if len(flows) > 1:
                for flow in flows:
                    crew.start(flow)
                crew.fill(self._concurrency)
                while crew.wait():
                    crew.fill(self._concurrency)
            else:
                for flow in chain(flows, iter(job.next_conversation, None)):
                    drive(flow, perform)
        except BaseException as error:
            crew.dismiss()
            job.end(error)
            raise
        crew.dismiss()
        return job.response()

    def stream(
        self, stream: Feed[Made], inputs: Iterator[Sequence[str]], *, timeout: float | None, deadline: float | None
    ) -> Iterator[Made]:
        """Drive the stream's conversations on threads of its own; `inputs` are read on the thread that asks."""
        scope = Scope(timeout or self._network.timeout, None if deadline is None else time.monotonic() + deadline)
        perform = partial(self._perform, scope)
        crew = Threads(stream, scope, perform)
        more, failed = True, None
        try:
            while more or not stream.empty():
                while (opening := stream.opening(time.monotonic())) is not None:
                    drive(opening, perform)
                crew.fill(self._concurrency)
                if (made := stream.ready()) is not None:
                    yield made
                elif more and not stream.full():
                    try:
                        more = (chunk := next(inputs, None)) is not None
                        if chunk is not None:
                            stream.add(chunk)
                    except Exception as error:  # noqa: BLE001  # raised below: what is under way was good
                        more, failed = False, error
                else:
                    crew.wait()
            if failed is not None:
                raise failed  # noqa: TRY301  # late, as it came
        except BaseException as error:
            crew.dismiss()
            stream.end(error)
            raise
        crew.dismiss()

    def _perform(self, scope: Scope, command: Command) -> Outcome:
        value: Any = None
        sent = 1
        if isinstance(command, Send):
            value, sent = self._send(command, scope)
        elif isinstance(command, Run):
            value = _call(command, scope)
        elif isinstance(command, Admit):
            admitted(command, scope)
        elif isinstance(command, Once):
            value = self._once.run(command.key, lambda: drive(command.flow(), partial(self._perform, scope)), scope)
        else:
            scope.sleep(command.seconds)
        return Outcome(value, (time.monotonic(), time.time()), sent)

    def _send(self, command: Send, scope: Scope) -> tuple[Reply, int]:
        exchange = Exchange()
        while True:
            try:
                return self._exchange(command, scope, exchange), exchange.sent
            except TransportError as error:
                if not exchange.renew(error):
                    raise

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
