"""One call from its inputs to its response: hands out conversations, gathers what they bring. Knows no colour."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import msgspec

from any_llm.exceptions import ContextLengthExceededError
from any_llm.flow.attempt import OutgrownError
from any_llm.flow.caps import Cap
from any_llm.flow.converse import converse
from any_llm.flow.failure import alike, in_reply_to, lost, place, too_long, unreadable
from any_llm.flow.fitness import of_each, unfit, whole
from any_llm.flow.lessons import from_success, kind
from any_llm.flow.measure import Measure
from any_llm.flow.merge import merge
from any_llm.flow.overflow import Long
from any_llm.flow.pieces import Pieces
from any_llm.flow.plan import Plan, equal_ones
from any_llm.flow.record import Record
from any_llm.flow.retry import DEADLINE, MANY_REQUESTS
from any_llm.flow.salvage import keep
from any_llm.flow.search import Bench, acquit, failed, may_be_an_input, search
from any_llm.flow.setting import Answer, Problem, Setting
from any_llm.flow.truncation import full
from any_llm.providers.row import Limits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from any_llm.exceptions import AnyLLMError
    from any_llm.types.completion import CreateEmbeddingResponse
    from any_llm.wire import Batch, TransportError
    from any_llm.work import Flow


class Job:
    """`opening()` until it gives None, each driven to its end; `next_conversation()` likewise; then `response()`."""

    def __init__(self, setting: Setting, inputs: Sequence[str], start: int = 0) -> None:
        """Nothing has gone yet. `start`: as in unfit()."""
        self._start, self.size, self.inputs = start, len(inputs), inputs
        self.setting, self.call, self.watch = setting, setting.call, setting.watch
        self.of_many = False
        """Whether other calls come before or after it: then it is as patient as one of many requests."""
        call, options = setting.call, setting.call.options
        self._measure = measure = Measure(setting)
        self._collect = options.on_error == "collect"
        self._each = of_each(call.extra, self.size) if call.extra else None  # tells equal texts apart
        self._same = {} if self._each or options.dedupe is False else equal_ones(inputs)
        order: Sequence[int] = range(self.size)
        if self._same:
            setting.tally.add(deduplicated=len(self._same))
            order = [index for index in order if index not in self._same]
        self.errors = unfit(setting, inputs, order, start=start)
        if self.errors:
            order = [index for index in order if index not in self.errors]
        self._plan = Plan(
            *(inputs, measure.limits), prefix=call.prefix, order=order, rate=measure.rate, count=setting.count
        )
        self._pieces = Pieces(setting, self._plan, self.size, measure.input_tokens)
        self._record = Record(call)
        self._begun = self._alone = False
        self._kind = kind(options, *sorted(call.extra))
        self._lock = threading.Lock()

    def opening(self, now: float) -> Flow | None:
        """Take a conversation that must have ended before any other begins, until such a request was answered once.

        So whatever there is to learn of a host is learnt from one request.
        """
        self._measure.passed(now)
        known = self.setting.memory.known(self.setting.place, now)
        return None if self._kind in known.answered else self.next_conversation()

    def next_conversation(self) -> Flow | None:
        """Take the next batch. Threads may ask at once."""
        with self._lock:
            batch = None
            while batch is None and (taken := self._plan.take()) is not None:
                batch = self._pieces.before(taken)
            again, limits = self._plan.halved, self._plan.limits
            if batch is not None and not self._begun:
                one = self._plan.done() and not self._pieces.may_split(batch)
                self._begun, self._alone = True, one and not self.of_many
                if not self._alone and self.setting.retry.attempts is None:
                    patient = msgspec.structs.replace(self.setting.retry, attempts=MANY_REQUESTS)
                    self.setting = msgspec.structs.replace(self.setting, retry=patient)
        return None if batch is None else self._converse(batch, limits, again=again)

    def deadline(self, timeout: float) -> float | None:
        """Seconds this call may take when nobody said how long, once its first conversation was taken.

        `timeout`: seconds a read may take. Whoever waits longer for one read waits as long for the call.
        """
        return max(DEADLINE, timeout) if self._alone and self.setting.call.row.kind != "in-process" else None

    def _converse(self, batch: Batch, limits: Limits, *, again: bool) -> Flow:
        whole(self.call, self._each, batch, self.size)
        try:
            outgrown = lambda: self._plan.outgrown(batch, limits)  # noqa: E731
            result = yield from converse(self.setting, batch, halved=again, outgrown=outgrown)
        except OutgrownError:
            with self._lock:
                return self._plan.put_back(batch, halved=again)
        if isinstance(result, Answer):
            return self._keep(batch, result, limits)
        with self._lock:
            self._measure.passed(result.at)
            if len(batch) == 1:
                self._measure.refused_alone(batch.indexes[0], result)
        in_reply_to(result.error, [self._start + self._pieces.owner(row) for row in batch.indexes])
        if result.large is not None:
            self._give_back(batch, result, result.large)
        elif isinstance(result.error, ContextLengthExceededError) and self.setting.overflow.splits:
            yield from self._too_long(batch, result)
        elif not may_be_an_input(result) or (self._each and len(batch) > 1):
            raise result.error
        elif len(batch) > 1:
            bench = self._bench()
            found = yield from search(bench, batch, result, proven=bool(self._record.answers))
            if not found and not failed(result):  # a server that fails teaches nothing
                went = Limits(items=max(bench.well, default=1))
                self._measure.keep_to(Cap(limits=went, named=False), batch, result.at)
        else:
            # To go on past a bad request would be to send it again for each input.
            if self._collect and (self._record.empty or self._record.doubtful()):
                yield from acquit(self.setting, result)
            self._blame(batch.indexes[0], result)

    def _bench(self) -> Bench:
        doubt = self._record.doubtful
        return Bench(self.setting, self._plan.batch, self._keep, self._blame, doubt, first_only=not self._collect)

    def _too_long(self, batch: Batch, problem: Problem) -> Flow:
        """One of these inputs, at least, is to be split: whatever cannot be the one need not be searched."""
        with self._lock:
            left = self._pieces.suspects(batch)
        if len(left) > 1:
            yield from search(self._bench(), left, problem, proven=True)
        else:
            self._blame(left.indexes[0], problem)

    def _keep(self, batch: Batch, answer: Answer, limits: Limits | None = None) -> None:
        """Take what went well. `limits`: those the batch was planned under; None: it was not planned."""
        with self._lock:
            self._record.add(answer)
            self._measure.answered(answer.at)
        cut = self._pieces.cut(batch, answer)
        for row in cut:
            self._was_cut(row, batch, answer)
        with self._lock:
            unsound = self._pieces.finish([row for row in batch.indexes if row not in cut] if cut else batch.indexes)
        for error in unsound:
            self._blame(error.index or 0, Problem(error, answer.at))
        from_success(self.setting, batch, answer, kind=self._kind, limits=limits)

    def _give_back(self, batch: Batch, problem: Problem, cap: Cap) -> None:
        """The batch was too much for one request: learn from it, and let its inputs be planned anew."""
        with self._lock:
            self._measure.too_much(batch, problem, cap)
            self._plan.give_back(batch)
        self.setting.tally.add(possibly_billed_twice=problem.twice)

    def _blame(self, index: int, problem: Problem) -> None:
        """This input was refused: put it down, or end the call."""
        error = problem.error
        if isinstance(error, ContextLengthExceededError):
            if problem.long is not None and problem.long.limit is not None:
                cap = Cap(limits=Limits(input_tokens=problem.long.limit), named=True)
                self._measure.keep_to(cap, self._plan.batch([index]), problem.at)
            with self._lock:
                if self._pieces.split(index, problem.long, sent=True):
                    return
        index = self._pieces.owner(index)
        if self.size > 1 or error.index is not None:
            place(error, index)
        if not self._collect:
            keep(problem.salvage, self._record, self.setting.matrix, self._lock)
            raise error
        with self._lock:
            self.errors[index] = error
            self._record.refuse()
            self._pieces.give_up(index)

    def _was_cut(self, row: int, batch: Batch, answer: Answer) -> None:
        """A text was cut in silence: split it, refuse it, or note it, as was asked for."""
        overflow, index = self.setting.overflow, self._pieces.owner(row)
        if overflow.chosen or overflow.asked is None:
            self._pieces.noted([row])
            return
        window = answer.measured if len(batch) == 1 and full(answer.measured or 0) else None
        self.setting.matrix.forget(row)
        self._blame(row, Problem(too_long(self.setting.call, index), answer.at, long=Long(window)))

    def lost(self, error: TransportError) -> AnyLLMError:
        """Say that the call as a whole was ended."""
        return lost(self.setting.call, error)

    def response(self) -> CreateEmbeddingResponse:
        """Every conversation has ended well: build the response. Raises when one is missing."""
        missing = self.setting.matrix.count - self.setting.matrix.placed - len(self._same) - len(self.errors)
        if missing:
            raise unreadable(self.setting.call, f"{missing} of {self.size} inputs have no vector")
        made = self._merged()
        if self.watch is not None:
            self.watch.made(made, self.setting.matrix.width)
        return made

    def done(self) -> bool:
        """Whether no input waits for a conversation; those that have one may come back from it."""
        with self._lock:
            return self._plan.done()

    def partial(self) -> CreateEmbeddingResponse | None:
        """What was paid for so far; None: nothing, or nothing of use."""
        return self._merged() if self._record.usable else None

    def end(self, error: BaseException) -> None:
        """The call ends with this: let it carry what was paid for."""
        if self.size > 1 and (partial := self.partial()) is not None:
            error.partial = partial  # type: ignore[attr-defined]

    def let_go(self) -> None:
        """It has ended, and nobody looks at it any more."""

    def _merged(self) -> CreateEmbeddingResponse:
        for index, first in self._same.items():
            if first in self.errors:
                self.errors[index] = alike(self.errors[first], index)
            if first in self._pieces.truncated:
                self._pieces.truncated.add(index)
        return merge(self.setting, self._record.answers, self.errors, self._same, self._pieces)
