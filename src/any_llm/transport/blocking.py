"""Run a job's conversations on this thread, or on threads that live only for the call."""

from __future__ import annotations

import os
import time
import weakref
from collections.abc import Awaitable
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from any_llm.exceptions import InvalidRequestError
from any_llm.transport.admission import admitted
from any_llm.transport.broken import lost
from any_llm.transport.connecting import opened
from any_llm.transport.crew import Threads, some
from any_llm.transport.drive import called, drive
from any_llm.transport.exchange import Exchange, request
from any_llm.transport.http1 import GarbledError, Reader
from any_llm.transport.idle import Idle
from any_llm.transport.network import TLS, Network
from any_llm.transport.once import Threads as Together
from any_llm.transport.route import Routes
from any_llm.transport.scope import Scope
from any_llm.wire import Admit, Once, Outcome, Reply, Run, Send, TransportError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from any_llm.transport.connection import Connection
    from any_llm.wire import Command
    from any_llm.work import Feed, Made, Work


class BlockingTransport:
    """One client's connections for threads."""

    def __init__(self, network: Network, concurrency: int) -> None:
        """Open nothing yet."""
        self._network = network
        self._concurrency = concurrency
        self._once = Together()
        self._begin()
        self._routes = Routes(network.proxy)
        self._tls = TLS(network)
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
        idle = self._idle
        route, target, more = self._routes.to(command.url)
        line = None if exchange.fresh else idle.take(route)
        exchange.reused, reader, kept = line is not None, None, False
        try:
            line = line or opened(route, self._tls, scope)
            reader = Reader(command, exchange)
            head = request(command, target, route.name, more)
            line.exchange(head, command.body, reader, scope, exchange)
            kept = reader.kept and not line.pending
            return reader.whole()
        except (GarbledError, OSError) as error:
            scope.left()  # an abort or a passed deadline is what ended it
            broken = lost(error, begun=exchange.begun)
            if reader is not None and reader.body is not None:
                return reader.body.cut(broken)
            raise broken from None  # its own words may repeat a reply
        finally:
            if line is not None:
                idle.give(route, line) if kept else line.close()

    def _begin(self) -> None:
        self._idle: Idle[Connection] = Idle()
        self._end = weakref.finalize(self, self._idle.retire)

    def close(self) -> None:
        """Close idle connections, as those of a dropped client. A call in flight ends undisturbed."""
        end = self._end
        self._begin()
        end()

    def forget(self) -> None:
        """In a forked child: these connections belong to the parent."""
        self.close()
        self._tls.unlock()
        self._once.forget()


_ALIVE: weakref.WeakSet[BlockingTransport] = weakref.WeakSet()


def _forget_all() -> None:
    for transport in list(_ALIVE):
        transport.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)


def _call(command: Run, scope: Scope) -> Any:
    """Call a blocking function; await what it returns, if that is to be awaited and no loop waits for this call."""
    function = partial(called, command.function)
    value = scope.apart(function) if command.apart else function()
    if not isinstance(value, Awaitable):
        return value
    if scope.holds is None:
        import asyncio  # noqa: PLC0415  # 50 ms, for those who await

        return asyncio.run(_wait(value, scope))
    if (close := getattr(value, "close", None)) is not None:
        close()  # a coroutine that is dropped is a warning
    raise InvalidRequestError("An async api_key cannot be awaited by embedding() in a running loop; use aembedding().")


async def _wait(value: Any, scope: Scope) -> Any:
    import asyncio  # noqa: PLC0415  # loaded with its loop

    try:
        async with asyncio.timeout(scope.left(float("inf")) if scope.bounded else None) as limit:
            return await value
    except TimeoutError:
        if limit.expired():
            scope.left()
        raise
