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
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import urllib3

from any_llm.exceptions import InvalidRequestError
from any_llm.transport.admission import admitted
from any_llm.transport.broken import lost
from any_llm.transport.connection import CURRENT, BoundedHTTPPool, BoundedHTTPSPool
from any_llm.transport.drive import called, drive
from any_llm.transport.network import CONNECT, CONNECTIONS, TLS, Network, proxy_for, signed
from any_llm.transport.once import Threads
from any_llm.transport.scope import Scope
from any_llm.wire import Admit, Once, Outcome, Reply, Run, Send, TransportError

if TYPE_CHECKING:
    from any_llm.transport.work import Flow, Made, Work
    from any_llm.wire import Command

CUT = range(200, 204)
"""Statuses whose reply has a body: without one, and without a word on its length, it was cut off."""
FAREWELL = 0.15
"""Seconds an ended call waits for its threads: only a name look-up cannot be woken."""


class BlockingTransport:
    """One client's connections for threads."""

    def __init__(self, network: Network, concurrency: int) -> None:
        """Open nothing yet."""
        self._network = network
        self._concurrency = concurrency
        self._tls = TLS(network)
        self._once = Threads()
        self._openers: dict[tuple[str, str], tuple[urllib3.HTTPConnectionPool | urllib3.PoolManager, bool]] = {}
        _ALIVE.add(self)

    def run(self, job: Work[Made], *, timeout: float | None, deadline: float | None) -> Made:
        """Drive every conversation of the job; `timeout` is seconds a read, `deadline` seconds for all."""
        begun, timeout = time.monotonic(), timeout or self._network.timeout
        opening = job.opening(begun)
        flows: list[Flow] = [] if opening is not None else self._flows(job)
        deadline = job.deadline(timeout) if deadline is None else deadline
        scope = Scope(timeout, None if deadline is None else begun + deadline)
        try:
            if opening is not None:
                drive(opening, partial(self._perform, scope))
                flows = self._flows(job)
            if len(flows) > 1:
                self._fan_out(job, flows, scope)
            elif flows:
                self._work(job, flows[0], scope)
        except BaseException as error:
            job.end(error)
            raise
        return job.response()

    def _flows(self, job: Work[Any]) -> list[Flow]:
        taken = (job.next_conversation() for _ in range(self._concurrency))
        return [flow for flow in taken if flow is not None]

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
            value = _call(command, nested=scope.holds is not None)
        elif isinstance(command, Admit):
            admitted(command, scope)
        elif isinstance(command, Once):
            value = self._once.run(command.key, lambda: drive(command.flow(), partial(self._perform, scope)), scope)
        else:
            scope.sleep(command.seconds)
        return Outcome(value, (time.monotonic(), time.time()))

    def _send(self, command: Send, scope: Scope) -> Reply:
        opener, absolute, target = self._opener(command.url)
        CURRENT.scope = scope
        try:
            response = opener.urlopen(
                command.method,
                command.url if absolute else target,
                body=command.body or None,
                headers=signed(command),
                timeout=urllib3.Timeout(connect=min(CONNECT, scope.left()), read=scope.left()),
                retries=False,
                redirect=False,
            )
        except (urllib3.exceptions.HTTPError, OSError) as error:
            scope.left()  # an abort or a passed deadline is what ended it
            raise lost(error) from None  # its own words may repeat a reply
        headers = {name.lower(): word for name, word in response.headers.items()}
        cut = response.status in CUT and headers.keys().isdisjoint({"content-length", "transfer-encoding"})
        if cut and not response.data:
            raise TransportError("the reply ended in its headers")  # http.client takes that for the end of them
        return Reply(response.status, headers, response.data)

    def _opener(self, url: str) -> tuple[Any, bool, str]:
        """What opens this address, whether it wants it whole, and the target at the host."""
        parts = urlsplit(url)
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        origin = (parts.scheme, parts.netloc)
        known = self._openers.get(origin)
        if known is None:
            known = self._openers.setdefault(origin, self._open(url, parts.scheme, parts.hostname or "", parts.port))
        return known[0], known[1], target

    def _open(self, url: str, scheme: str, host: str, port: int | None) -> tuple[Any, bool]:
        options: dict[str, Any] = {"maxsize": max(CONNECTIONS, self._network.connections), "block": False}
        if scheme == "https":
            options["ssl_context"] = self._tls.context()
        proxy = proxy_for(self._network, url)
        if proxy is None:
            kind = BoundedHTTPSPool if scheme == "https" else BoundedHTTPPool
            return kind(host, port, **options), False
        login = urlsplit(proxy)
        credentials = f"{unquote(login.username)}:{unquote(login.password or '')}" if login.username else None
        headers = urllib3.make_headers(proxy_basic_auth=credentials)
        manager = urllib3.ProxyManager(proxy, proxy_headers=headers, **options)
        manager.pool_classes_by_scheme = {"http": BoundedHTTPPool, "https": BoundedHTTPSPool}
        return manager, True

    def close(self) -> None:
        """Close idle connections. A call in flight ends undisturbed."""
        openers, self._openers = self._openers, {}
        for opener, _ in openers.values():
            opener.clear() if isinstance(opener, urllib3.PoolManager) else opener.close()

    def forget(self) -> None:
        """In a forked child: these connections belong to the parent."""
        self._openers = {}
        self._tls.unlock()
        self._once.forget()


_ALIVE: weakref.WeakSet[BlockingTransport] = weakref.WeakSet()


def _forget_all() -> None:
    for transport in list(_ALIVE):
        transport.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)


def _call(command: Run, *, nested: bool) -> Any:
    """Call a blocking function; await what it returns, if that is to be awaited and no loop waits for this call."""
    value = called(command.function)
    if not inspect.isawaitable(value):
        return value
    if not nested:
        return asyncio.run(_wait(value))
    if (close := getattr(value, "close", None)) is not None:
        close()  # a coroutine that is dropped is a warning
    raise InvalidRequestError("An async api_key cannot be awaited by embedding() in a running loop; use aembedding().")


async def _wait(value: Any) -> Any:
    return await value
