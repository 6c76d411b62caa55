"""Calls to a server that does wrong at random, through real connections: on threads, and as tasks of one loop."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import msgspec

from any_llm import AnyLLM, AnyLLMError
from any_llm.flow.job import Job
from any_llm.flow.matrix import Matrix
from any_llm.flow.retry import Retry
from chaos import Chaos
from loopback import Answer, Loopback, Raw
from numbered import KEY, NOT_GIVEN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from any_llm.wire import Reply, TransportError
    from loopback import Connection, Request

SLOW = {"late", "429", "429 for a while", "429 for a moment", "503", "refused", "no host"}
"""What would take time, or cannot be done by a server that is there."""
WAITED = 60
"""Seconds for a call that should take none: it would have to hang."""


class Broken:
    """One server for all, at an address each."""

    def __init__(self) -> None:
        """Know no call yet."""
        self.calls: dict[str, Chaos] = {}
        self._lock = threading.Lock()

    def add(self, seed: int) -> Chaos:
        """Draw a call."""
        chaos = Chaos(seed, without=SLOW)
        self.calls[f"/{seed}/embeddings"] = chaos
        return chaos

    def __call__(self, request: Request) -> Answer | Raw:
        """Answer as it was drawn."""
        with self._lock:
            reply = self.calls[request.path].server.serve(request.body)
        return on_the_wire(reply)


def on_the_wire(reply: Reply | TransportError) -> Answer | Raw:
    """The same, in bytes."""
    if isinstance(reply, Exception):
        begun = reply.begun

        def write(connection: Connection) -> None:
            if begun:
                connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{")
            connection.reset()

        return Raw(write)
    return Answer(reply.status, body=reply.body, headers=reply.headers)


def job_of(client: AnyLLM, chaos: Chaos) -> Job:
    """The call, as `client` would make it, but that nobody waits before another try."""
    made: Any = client._job("m", ["a"], {}, **{**NOT_GIVEN, **chaos.options})
    setting = msgspec.structs.replace(
        made.setting,
        call=msgspec.structs.replace(made.setting.call, row=chaos.row),
        matrix=Matrix(len(chaos.inputs), made.setting.matrix.form),
        retry=Retry(attempts=chaos.retries),
        chance=lambda: 0.0,
    )
    return Job(setting, chaos.inputs)


def client_of(chaos: Chaos, url: str, seed: int) -> AnyLLM:
    """A client of its own."""
    return AnyLLM.create("openai", KEY, f"{url}/{seed}", max_concurrency=chaos.workers)


def synchronously(seeds: Iterable[int]) -> None:
    """Make these calls on threads. Raises AssertionError when a law is broken."""
    broken = Broken()
    with Loopback(broken) as server:
        for seed in seeds:
            chaos = broken.add(seed)
            with client_of(chaos, server.url, seed) as client:
                try:
                    result = client._connections.run(job_of(client, chaos), timeout=WAITED, deadline=WAITED)
                except AnyLLMError as error:
                    chaos.judge(None, error, cancelled=chaos.workers > 1)
                else:
                    chaos.judge(result, None)


async def asynchronously(seeds: Iterable[int]) -> None:
    """Make these calls as tasks. Raises AssertionError when a law is broken."""
    broken = Broken()
    with Loopback(broken) as server:
        for seed in seeds:
            chaos = broken.add(seed)
            async with client_of(chaos, server.url, seed) as client:
                try:
                    result = await client._connections.arun(job_of(client, chaos), timeout=WAITED, deadline=WAITED)
                except AnyLLMError as error:
                    chaos.judge(None, error, cancelled=chaos.workers > 1)
                else:
                    chaos.judge(result, None)
