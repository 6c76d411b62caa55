"""What runs on the machines of a cluster? Workers, each on one shard after another, and the limits of all of them."""

from __future__ import annotations

import math
import os
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import msgspec

from any_llm.bulk import manifest as manifests
from any_llm.bulk.errors import JobError
from any_llm.bulk.folder import Folder
from any_llm.bulk.manifest import Done
from any_llm.bulk.ray_cluster import ray
from any_llm.bulk.report import Pauses
from any_llm.bulk.shard import Shard
from any_llm.bulk.shards import unstaged
from any_llm.exceptions import AnyLLMError
from any_llm.limits import SharedLimits

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from any_llm import AnyLLM
    from any_llm.bulk.asking import Asking
    from any_llm.bulk.columns import VectorType


class Cargo(msgspec.Struct, frozen=True):
    """What every worker is given."""

    asking: Asking
    environment: dict[str, str]
    """What the driver's says of the provider; a machine's own counts more."""
    output: Path
    column: str
    vectors: VectorType
    shard_rows: int
    budget: float | None
    """USD that all together may spend, as it was when the job began."""

    def __repr__(self) -> str:
        """Never a key."""
        return f"Cargo({self.asking!r})"


class State(msgspec.Struct, frozen=True):
    """How far a shard is."""

    number: int
    ready: Done | None = None
    """What it had before anything was sent; None: it could not be looked at."""
    came: Done = Done(0)
    """What has come since."""
    most: int = 0
    """Texts under way at once, at most."""
    texts: int = 0
    damaged: Sequence[str] = ()
    done: Done | None = None
    """None: it is not, as texts were left, or for the error."""
    error: AnyLLMError | None = None


class Told(msgspec.Struct, frozen=True):
    """What a worker tells of itself."""

    process: str
    states: list[State]
    pauses: int
    paused: float


class Limits:
    """The one actor that all workers ask. One that comes back reads what was spent from the job's folder."""

    def __init__(self, output: Path, rpm: int | None, tpm: int | None, max_cost: float | None) -> None:
        """Let everything go that these allow."""
        folder = Folder(output)
        manifest = None if max_cost is None else manifests.load(folder.manifest)
        spent = 0.0 if manifest is None else folder.spent(manifest)
        self._limits = SharedLimits(rpm=rpm, tpm=tpm, max_usd=max_cost, spent=spent or 0.0)
        self._processes: dict[int, str] = {}
        if ray().get_runtime_context().was_current_actor_reconstructed:
            self._limits.forgotten(time.monotonic())

    def ask(self, place: int, process: str, number: int, **cost: Any) -> float:
        """SharedLimits.ask()."""
        before = self._processes.setdefault(place, process)
        if before != process:
            self._limits.gone(before)
            self._processes[place] = process
        return self._limits.ask(time.monotonic(), process, number, **cost)

    def ended(self, process: str, number: int, **how: Any) -> None:
        """SharedLimits.ended()."""
        self._limits.ended(time.monotonic(), process, number, **how)


class Asked:
    """A worker's way to the limits: its client's `limiter`. While one of its requests waits, the others ask nobody."""

    def __init__(self, limits: str, place: int, process: str) -> None:
        """Ask nothing yet. `limits`: the actor's name."""
        self._limits: Any = ray().get_actor(limits)
        self._place, self._process = place, process
        self._lock, self._until = threading.Lock(), 0.0

    def ask(self, number: int, **cost: Any) -> float:
        """Limiter.ask(). Raises JobError when there are no limits any more, as the driver is gone."""
        with self._lock:
            if (left := self._until - time.monotonic()) > 0:
                return left
            try:
                wait: float = ray().get(self._limits.ask.remote(self._place, self._process, number, **cost))
            except ray().exceptions.RayError as error:
                raise JobError(f"the job's limits cannot be asked: {type(error).__name__}") from None
            if 0 < wait < math.inf:
                self._until = time.monotonic() + wait
            return wait

    def ended(self, number: int, **how: Any) -> None:
        """Limiter.ended()."""
        with suppress(ray().exceptions.RayError):
            self._limits.ended.remote(self._process, number, **how)


class Worker:
    """One process. It is restarted when it dies, and its shards go on from their journals."""

    def __init__(self, cargo: Cargo, limits: str, place: int, at_once: int | None) -> None:
        """Open nothing yet. `at_once`: requests under way at most; None: as many as a client's."""
        self._cargo, self._process, self._at_once = cargo, os.urandom(8).hex(), at_once
        self._asked, self._pauses = Asked(limits, place, self._process), Pauses()
        self._client: AnyLLM | None = None
        self._stopped = threading.Event()
        self._states: dict[int, State] = {}

    def shard(self, number: int, leave: Sequence[int]) -> State:
        """Embed a shard, but for some texts that another one is about to pay for; without such, write its part."""
        cargo = self._cargo
        folder, error, begun = Folder(cargo.output), None, State(number)
        try:
            client = self._client = self._client or self._made()
            with Shard(folder, number, unstaged(folder.staged(number)), cargo.column) as shard:
                self._states[number] = State(number, shard.ready(), damaged=shard.damaged)
                try:
                    ask, begin = cargo.asking.ask(client), number * cargo.shard_rows
                    came = lambda more: self._came(number, shard, more)  # noqa: E731
                    shard.send(ask, self._stopped.is_set, came, begin=begin, leave=frozenset(leave))
                finally:
                    self._note(number, most=shard.most, texts=shard.sent)
                if not leave:
                    self._note(number, done=shard.write(cargo.vectors))
        except AnyLLMError as failure:
            error = failure
            error.original_exception = error.partial = None  # no vectors go that way
        return msgspec.structs.replace(self._states.pop(number, begun), error=error)

    def told(self) -> Told:
        """Tell how far it is."""
        return Told(self._process, list(self._states.values()), self._pauses.times, self._pauses.seconds)

    def stop(self) -> None:
        """Send nothing more."""
        self._stopped.set()

    def _made(self) -> AnyLLM:
        for name, value in self._cargo.environment.items():
            os.environ.setdefault(name, value)
        more = {} if self._at_once is None else {"max_concurrency": self._at_once}
        return self._cargo.asking.client(self._cargo.budget, self._pauses, limiter=self._asked, **more)

    def _came(self, number: int, shard: Shard, more: Done) -> None:
        self._note(number, came=plus(self._states[number].came, more), most=shard.most)

    def _note(self, number: int, **facts: Any) -> None:
        self._states[number] = msgspec.structs.replace(self._states[number], **facts)


def plus(one: Done, more: Done, sign: int = 1) -> Done:
    """Add up what two have cost; sign=-1: the difference."""
    return Done(
        rows=one.rows + sign * more.rows,
        failed=one.failed + sign * more.failed,
        tokens=one.tokens + sign * more.tokens,
        usd=None if one.usd is None or more.usd is None else one.usd + sign * more.usd,
        requests=one.requests + sign * more.requests,
    )
