"""One call from its inputs to its response: hands out conversations, gathers what they bring. Knows no colour."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import msgspec

from any_llm.flow import tokens
from any_llm.flow.caps import halved
from any_llm.flow.converse import converse
from any_llm.flow.failure import alike, lost, unreadable
from any_llm.flow.merge import merge
from any_llm.flow.plan import Plan
from any_llm.flow.retry import DEADLINE, MANY_REQUESTS
from any_llm.flow.room import after_refusal, after_success, in_force, taught, tightest
from any_llm.flow.search import Bench, is_the_request, may_be_an_input, search
from any_llm.flow.setting import Answer, Problem, Setting
from any_llm.providers.row import Limits
from any_llm.wire import Batch

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from any_llm.exceptions import AnyLLMError
    from any_llm.flow.caps import Cap
    from any_llm.flow.watch import Watch
    from any_llm.types.completion import CreateEmbeddingResponse
    from any_llm.wire import Command, Outcome, TransportError

    Flow = Generator[Command, Outcome, None]

KINDS = 64
"""Options a place is remembered to have answered with."""


class Job:
    """`opening()` until it gives None, each driven to its end; `next_conversation()` likewise; then `response()`."""

    def __init__(self, setting: Setting, inputs: Sequence[str]) -> None:
        """Check the options by writing a request for no input, which is never sent."""
        setting.adapter.encode(setting.call, Batch((), (), 0))
        self.size = len(inputs)
        self.inputs = inputs
        self.call = setting.call
        self.of_many = False
        """Whether other calls come before or after it: then it is as patient as one of many requests."""
        self.errors: dict[int, AnyLLMError] = {}
        self._setting = setting
        call, options = setting.call, setting.call.options
        self._explicit = setting.explicit._replace(items=options.batch_size or setting.explicit.items)
        self._collect = options.on_error == "collect"
        # A field with a value for each input tells equal texts apart.
        each = any(isinstance(value, list | tuple) and len(value) == self.size for value in call.extra.values())
        self._same = {} if each or options.dedupe is False else _equal_ones(inputs)
        setting.tally.add(deduplicated=len(self._same))
        order = [index for index in range(self.size) if index not in self._same] if self._same else None
        self._plan = Plan(
            inputs, self._limits, prefix=call.prefix, order=order, rate=self._rate, count=setting.count
        )  # fmt: skip
        self._answers: list[Answer] = []
        self._slow = 0
        """Requests in a row that nobody answered in time."""
        self._alone = False
        self._now = 0.0
        kind = msgspec.structs.replace(options, batch_size=None, on_error=None, dedupe=None)
        self._kind = (kind, *sorted(call.extra))
        self._lock = threading.Lock()

    @property
    def watch(self) -> Watch | None:
        """Who watches, if anybody does."""
        return self._setting.watch

    def opening(self, now: float) -> Flow | None:
        """Take a conversation that must have ended before any other begins, until such a request was answered once.

        So whatever there is to learn of a host is learnt from one request.
        """
        self._now = max(self._now, now)
        known = self._setting.memory.known(self._setting.place, now)
        return None if self._kind in known.answered else self.next_conversation()

    def next_conversation(self) -> Flow | None:
        """Take the next batch. Threads may ask at once."""
        with self._lock:
            batch = self._plan.take()
            if batch is not None and batch.indexes[0] == 0:
                self._alone = len(batch) == self.size - len(self._same) and not self.of_many
                if not self._alone and self._setting.retry.attempts is None:
                    patient = msgspec.structs.replace(self._setting.retry, attempts=MANY_REQUESTS)
                    self._setting = msgspec.structs.replace(self._setting, retry=patient)
        return None if batch is None else self._converse(batch)

    def deadline(self, timeout: float) -> float | None:
        """Seconds this call may take when nobody said how long, once its first conversation was taken.

        `timeout`: seconds a read may take. Whoever waits longer for one read waits as long for the call.
        """
        hosted = self._setting.call.row.kind != "in-process"
        return max(DEADLINE, timeout) if self._alone and hosted else None

    def _limits(self) -> Limits:
        setting, terms = self._setting, self._setting.terms
        room = setting.memory.known(setting.place, self._now).room
        limits = in_force(room, explicit=self._explicit, row=setting.call.row.limits, first=setting.first)
        # What is more than a minute's worth would have to wait for an empty minute.
        return tightest(limits, Limits(items=terms.rpm if terms.count_inputs else None, tokens=terms.tpm))

    def _rate(self) -> float:
        return tokens.rate(self._setting.memory.known(self._setting.place, self._now).seen)

    def _converse(self, batch: Batch) -> Flow:
        limits = self._limits()
        result = yield from converse(self._setting, batch)
        if isinstance(result, Answer):
            self._keep(batch, result, limits)
            return
        self._now = max(self._now, result.at)
        if result.large is not None:
            self._give_back(batch, result, result.large)
        elif not may_be_an_input(result):
            raise result.error
        elif len(batch) > 1:
            bench = Bench(
                setting=self._setting,
                batch=self._plan.batch,
                keep=self._keep,
                blame=self._blame,
                first_only=not self._collect,
            )
            found = yield from search(bench, batch, result, proven=bool(self._answers))
            if not found and (cap := halved(batch, "items")) is not None:  # fewer at once went well
                self._learn_refusal(batch, cap, result.at)
        else:
            # To go on past a bad request would be to send it again for each input.
            if self._collect and not self._answers and (yield from is_the_request(self._setting)):
                raise result.error
            self._blame(batch.indexes[0], result)

    def _keep(self, batch: Batch, answer: Answer, limits: Limits | None = None) -> None:
        """Take what went well. `limits`: those the batch was planned under; None: it was not planned."""
        with self._lock:
            self._answers.append(answer)
            self._slow = 0
            self._now = max(self._now, answer.at)
        memory, place = self._setting.memory, self._setting.place
        with memory.lock:
            learnt = memory.known(place, answer.at)
            room = learnt.room if limits is None else after_success(learnt.room, batch, limits)
            seen, answered = learnt.seen, learnt.answered
            if answer.measured is not None:
                seen = tokens.learn(seen, batch.texts, answer.measured)
            if self._kind not in answered:
                answered = frozenset((*list(answered)[-KINDS:], self._kind))
            if (room, seen, answered) != (learnt.room, learnt.seen, learnt.answered):
                memory.learn(place, answer.at, room=room, seen=seen, answered=answered)

    def _give_back(self, batch: Batch, problem: Problem, cap: Cap) -> None:
        """The batch was too much for one request: learn from it, and let its inputs be planned anew."""
        patience = self._setting.retry.attempts
        with self._lock:
            self._slow += problem.error.status_code is None
            if self._slow > (MANY_REQUESTS if patience is None else patience):
                raise problem.error
            self._explicit = Limits(*map(_tighter, self._explicit, cap.limits))
        self._learn_refusal(batch, cap, problem.at)
        with self._lock:
            self._plan.give_back(batch)
        self._setting.tally.add(halved=1)

    def _learn_refusal(self, batch: Batch, cap: Cap, now: float) -> None:
        memory, place = self._setting.memory, self._setting.place
        with memory.lock:
            learnt = memory.known(place, now)
            counted = cap.counted if cap.limits.tokens is not None else None
            seen = learnt.seen if counted is None else tokens.learn(learnt.seen, batch.texts, counted)
            room = after_refusal(learnt.room, cap)
            memory.learn(place, now, room=room, seen=seen)
        if self.watch is not None and (room.named, room.guessed) != (learnt.room.named, learnt.room.guessed):
            self.watch.learnt(taught(cap))

    def _blame(self, index: int, problem: Problem) -> None:
        """This input was refused: put it down, or end the call."""
        error = problem.error
        if error.index is None and self.size > 1:
            error.index = index
        if not self._collect:
            raise error
        with self._lock:
            self.errors[index] = error

    def lost(self, error: TransportError) -> AnyLLMError:
        """Say that the call as a whole was ended."""
        return lost(self._setting.call, error)

    def response(self) -> CreateEmbeddingResponse:
        """Every conversation has ended well: build the response. Raises when one is missing, or models were mixed."""
        missing = self._setting.matrix.count - self._setting.matrix.placed - len(self._same) - len(self.errors)
        if missing:
            raise unreadable(self._setting.call, f"{missing} of {self.size} inputs have no vector")
        models = sorted({answer.model for answer in self._answers if answer.model})
        if len(models) > 1:
            raise unreadable(self._setting.call, f"its replies came from several models: {', '.join(models)}")
        made = self._merged()
        if self.watch is not None:
            self.watch.made(made, self._setting.matrix.width)
        return made

    def done(self) -> bool:
        """Whether no input waits for a conversation; those that have one may come back from it."""
        with self._lock:
            return self._plan.done()

    def partial(self) -> CreateEmbeddingResponse | None:
        """What was paid for so far; None: nothing."""
        return self._merged() if self._answers else None

    def end(self, error: BaseException) -> None:
        """The call ends with this: let it carry what was paid for."""
        if self.size > 1 and (partial := self.partial()) is not None:
            error.partial = partial  # type: ignore[attr-defined]

    def _merged(self) -> CreateEmbeddingResponse:
        for index, first in self._same.items():
            if first in self.errors:
                self.errors[index] = alike(self.errors[first], index)
        return merge(self._setting, self._answers, self.errors, self._same)


def _tighter(said: int | None, cap: int | None) -> int | None:
    """What the caller said gives way to what the provider refused."""
    return said if said is None or cap is None else min(said, cap)


def _equal_ones(inputs: Sequence[str]) -> dict[int, int]:
    """Positions of inputs that were there before -> where."""
    if len(set(inputs)) == len(inputs):
        return {}
    first: dict[str, int] = {}
    return {index: before for index, text in enumerate(inputs) if (before := first.setdefault(text, index)) != index}
