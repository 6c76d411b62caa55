"""How does a job run on many machines? The driver cuts shards and keeps the books, workers embed; only ids pass."""

from __future__ import annotations

import os
from collections import deque
from contextlib import suppress
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from any_llm.bulk.echoes import Echoes
from any_llm.bulk.errors import JobError, JobStoppedError
from any_llm.bulk.loans import Loans
from any_llm.bulk.ray_actors import Cargo, Limits, State, Told, Worker, plus
from any_llm.bulk.ray_cluster import cluster
from any_llm.bulk.shard import STOPPED, Shard
from any_llm.bulk.shards import stage, unstaged

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from any_llm.bulk.asking import Asking
    from any_llm.bulk.job import Job
    from any_llm.bulk.manifest import Done
    from any_llm.bulk.report import Pauses

QUEUED = 2
"""Shards that a worker has at once: the one it is on, and the next."""
DEATHS = 10
"""How often a worker may die of a shard before the job is given up."""
LOOK = 0.5
"""Seconds between two looks at the workers."""
FAREWELL = 5.0
"""Seconds to wait for what was asked last."""


class Task(NamedTuple):
    """A shard that a worker has."""

    number: int
    place: int


def run(
    job: Job, asked: Asking, pauses: Pauses, *, address: str | None, budget: float | None, max_cost: float | None
) -> None:
    """Bring every shard to its end. Raises what ended it; what was paid for is kept."""
    left = ceil(job.manifest.counts.rows / job.manifest.shard_rows)
    left -= sum(not done.failed for done in job.manifest.done.values())
    if left <= 0:
        return
    cargo = Cargo(
        asking=asked,
        environment=asked.environment(),
        output=Path(os.path.abspath(job.folder.output)),  # noqa: PTH100  # as it is named here: no link is followed
        column=job.corpus.column,
        vectors=job.vectors,
        shard_rows=job.manifest.shard_rows,
        budget=budget,
    )
    with cluster(address) as ray, Echoes(job.folder.echoes, job.corpus.repeated) as echoes, job.rest() as rest:
        driver = Driver(ray, job, pauses, echoes, rest)
        try:
            driver.start(cargo, max_cost, left)
            driver.run()
        finally:
            driver.end()


class Driver:
    """The actors of one run, and what each has to do."""

    def __init__(
        self, ray: Any, job: Job, pauses: Pauses, echoes: Echoes, rest: Iterator[tuple[int, pa.Table]]
    ) -> None:
        """Start nothing yet."""
        self._ray, self._job, self._pauses, self._echoes, self._rest = ray, job, pauses, echoes, rest
        self._actors: list[Any] = []
        self._workers: list[Any] = []
        self._free: deque[int] = deque()
        """Workers, by place, as often as they may have a shard more. One that has not come up yet has none."""
        self._tasks: dict[Any, Task] = {}
        self._calls: dict[Any, int] = {}
        """Questions how far a worker is, and whose."""
        self._heard: dict[str, Told] = {}
        self._most: dict[int, int] = {}
        self._seen: dict[int, Done] = {}
        """What was counted of a shard."""
        self._loans = Loans()
        self._over = self._cut = False
        """Whether all is read; whether a shard was left half done, as asked."""
        self._failure: BaseException | None = None

    def start(self, cargo: Cargo, max_cost: float | None, left: int) -> None:
        """Make the actors, for so many shards. Raises JobError for what cannot be sent to them."""
        ray, given = self._ray, cargo.asking.connection
        at_once = given.get("max_concurrency")
        machines = max(1, int(ray.cluster_resources().get("CPU", 1)))
        count = min(machines, left, at_once or machines)
        name = f"omniembed-limits-{os.urandom(8).hex()}"
        one = ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1, name=name)(Limits)
        kind = ray.remote(
            num_cpus=1, max_restarts=-1, max_task_retries=DEATHS, concurrency_groups={"talk": 1},
            scheduling_strategy="SPREAD",
        )(Worker)  # fmt: skip
        try:
            self._actors.append(one.remote(cargo.output, given.get("rpm"), given.get("tpm"), max_cost))
            for place in range(count):
                share = None if at_once is None else at_once // count + (place < at_once % count)
                self._workers.append(kind.remote(cargo, name, place, share))
                self._actors.append(self._workers[place])
                self._call(place)
        except TypeError as error:
            raise JobError("an argument cannot be sent to other processes, an ssl_context for one") from error

    def run(self) -> None:
        """Hand out shards until all are done; when the job is to end, until those that are under way are back."""
        while True:
            ending = self._job.stopped() or self._failure is not None
            while self._free and not ending and (task := self._next()) is not None:
                self._tasks[task[1]] = task[0]
            if not self._tasks and (ending or (self._over and not self._loans.waiting)):
                break
            if ending:
                for worker in self._workers:
                    worker.stop.options(concurrency_group="talk").remote()
            ready, _ = self._ray.wait([*(self._tasks or self._calls)], num_returns=1, timeout=LOOK)
            for ref in ready:
                if ref in self._tasks:
                    self._back(self._tasks.pop(ref), ref)
            self._hear()
        self._job.at_risk = max(self._job.at_risk, sum(self._most.values()))
        if self._failure is not None:
            raise self._failure
        if self._cut or self._loans.waiting or next(self._rest, None) is not None:
            raise JobStoppedError(STOPPED)

    def _next(self) -> tuple[Task, Any] | None:
        """Hand out a shard whose lenders are back, else the next one. None: there is none now."""
        folder, number = self._job.folder, self._loans.ready()
        if number is None:
            if (read := next(self._rest, None)) is None:
                self._over = True
                return None
            number, table = read
            stage(folder.staged(number), table)
        else:
            table = unstaged(folder.staged(number))
        leave: list[int] = []
        if self._job.corpus.repeated:
            with Shard(folder, number, table, self._job.corpus.column) as shard:
                texts = shard.found.texts
                self._echoes.fill(texts, shard.kept)
                leave = self._loans.share(number, self._echoes.among(texts, shard.kept.missing().tolist()))
        place = self._free.popleft()
        return Task(number, place), self._workers[place].shard.remote(number, leave)

    def _back(self, task: Task, ref: Any) -> None:
        """Take what came of a shard."""
        number, job = task.number, self._job
        self._free.append(task.place)
        try:
            state: State = self._ray.get(ref)
        except self._ray.exceptions.RayError as error:
            self._failed(f"shard {number}", error)
            return
        self._count(task.place, state)
        job.texts += state.texts
        job.damaged += state.damaged
        if job.corpus.repeated:
            with Shard(job.folder, number, unstaged(job.folder.staged(number)), job.corpus.column) as shard:
                self._echoes.take(shard.found.texts, shard.kept)
        self._loans.back(number, waits=state.done is None and state.error is None)
        if isinstance(state.error, JobStoppedError):
            self._cut = True
        elif state.error is not None:
            self._failure = self._failure or state.error
        elif state.done is not None:
            job.folder.staged(number).unlink()
            job.done(number, state.done)

    def _call(self, place: int) -> None:
        told = self._workers[place].told.options(concurrency_group="talk")
        self._calls[told.remote()] = place

    def _hear(self) -> None:
        """Take what workers have told of themselves, and ask them again."""
        begun = {task.number for task in self._tasks.values()}
        ready = self._ray.wait([*self._calls], num_returns=len(self._calls), timeout=0)[0] if self._calls else []
        for ref in ready:
            place = self._calls.pop(ref)
            try:
                told: Told = self._ray.get(ref)
            except self._ray.exceptions.RayError as error:
                self._failed("a worker", error)
                continue
            if place not in self._most:
                self._most[place] = 0
                self._free.extend([place] * QUEUED)
            self._heard[told.process] = told
            for state in told.states:
                if state.number in begun:
                    self._count(place, state)
            self._call(place)
        self._pauses.times = sum(each.pauses for each in self._heard.values())
        self._pauses.seconds = sum(each.paused for each in self._heard.values())
        self._job.tell()

    def _count(self, place: int, state: State) -> None:
        """Count what is new of a shard."""
        self._most[place] = max(self._most.get(place, 0), state.most)
        if state.ready is None:
            return
        if state.number not in self._seen:
            self._job.opened(state.number, state.ready)
            self._seen[state.number] = state.ready
        total = plus(state.ready, state.came)
        self._job.count(plus(total, self._seen[state.number], -1))
        self._seen[state.number] = total

    def _failed(self, what: str, error: Exception) -> None:
        why = str(error).strip().splitlines()[-1:] or [""]
        failure = JobError(f"{what} could not be brought to its end ({type(error).__name__}: {why[0]})")
        failure.__cause__ = error
        self._failure = self._failure or failure

    def end(self) -> None:
        """Leave no actor behind."""
        if self._calls and not self._tasks:  # Ray tells of each that is cut off
            self._ray.wait([*self._calls], num_returns=len(self._calls), timeout=FAREWELL)
        for actor in self._actors:
            with suppress(self._ray.exceptions.RayError):
                self._ray.kill(actor)
