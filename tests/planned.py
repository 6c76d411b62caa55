"""A whole call without network or clock: a job against a played provider, which keeps a ledger."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec

from any_llm.flow.job import Job
from any_llm.flow.memory import Memory
from any_llm.flow.retry import Retry
from by_hand import MONOTONIC, a_call, a_setting, good
from virtual_time import World

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from any_llm.exceptions import AnyLLMError
    from any_llm.providers.row import Row
    from any_llm.types.completion import CreateEmbeddingResponse
    from any_llm.wire import Reply, TransportError

    Rule = Callable[[list[str]], Reply | TransportError | None]
    """What is wrong with a request of these texts; None: nothing."""

LATENCY = 0.1


def vector_of(text: str) -> list[float]:
    """A vector that only this text has."""
    return [float(int.from_bytes(text.encode()[-3:])), float(len(text)), 1.0]


def answered(texts: Sequence[str]) -> Reply:
    """The right reply."""
    tokens = sum(len(text) // 4 + 1 for text in texts)
    return good(*map(vector_of, texts), usage={"prompt_tokens": tokens, "total_tokens": tokens})


class Provider:
    """Answers by a rule, and keeps the texts of each request."""

    def __init__(self, rule: Rule = lambda _: None) -> None:
        """Begin with an empty ledger."""
        self.rule = rule
        self.requests: list[list[str]] = []
        self.billed: Counter[str] = Counter()

    def __call__(self, _now: float, sent: Any) -> tuple[float, Reply | TransportError]:
        """Serve one request."""
        texts = json.loads(sent.send.body)["input"]
        self.requests.append(texts)
        reply = self.rule(texts)
        if reply is None:
            self.billed.update(texts)
            reply = answered(texts)
        return LATENCY, reply

    @property
    def sizes(self) -> list[int]:
        """Inputs of each request."""
        return [len(texts) for texts in self.requests]


class Ended(msgspec.Struct):
    """How a call went."""

    result: CreateEmbeddingResponse | None
    error: AnyLLMError | None
    seconds: float
    job: Job
    at_rest: bool = True
    """Nobody waits any more, and nothing is held."""


def called(
    inputs: Sequence[str],
    provider: Callable[[float, Any], tuple[float, Reply | TransportError]],
    *,
    memory: Memory | None = None,
    workers: int = 1,
    retries: int | None = None,
    row: Row | None = None,
    setting: dict[str, Any] | None = None,
    now: float = 0.0,
    **options: Any,
) -> Ended:
    """Embed these inputs, as a driver with so many workers does. `setting`: fields of Setting to replace."""
    call = a_call("together", "m", row=row, **options)
    made = a_setting(call, memory=memory or Memory(), count=len(inputs))
    made = msgspec.structs.replace(made, retry=Retry(attempts=retries), **(setting or {}))
    job, world = Job(made, inputs), World(provider)
    world.now = now
    world.call("opening", lambda: job.opening(MONOTONIC + world.now), at=now)
    world.run()
    if not world.errors:
        world.call("call", job.next_conversation, at=world.now, workers=workers)
        world.run()
    error = world.errors[0] if world.errors else None
    if error is not None:
        job.end(error)
    at_rest = not world.stuck() and not made.memory.pace(made.place, MONOTONIC + world.now).lanes
    return Ended(None if error else job.response(), error, world.now - now, job, at_rest)
