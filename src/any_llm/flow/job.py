"""One call from its inputs to its response: hands out conversations, gathers their answers. Knows no colour."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import msgspec

from any_llm.flow.converse import Answer, Setting, converse
from any_llm.flow.failure import lost, unreadable
from any_llm.flow.merge import merge
from any_llm.flow.plan import plan
from any_llm.flow.retry import DEADLINE, MANY_REQUESTS
from any_llm.wire import Batch

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from any_llm.exceptions import AnyLLMError
    from any_llm.providers.row import Limits
    from any_llm.types.completion import CreateEmbeddingResponse
    from any_llm.wire import Command, Outcome, TransportError


class Job:
    """`next_conversation()` until it gives None, each driven to its end, then `response()`."""

    def __init__(self, setting: Setting, inputs: Sequence[str]) -> None:
        """Check the options by writing a request for no input, which is never sent."""
        setting.adapter.encode(setting.call, Batch((), (), 0))
        self.size = len(inputs)
        self._setting = setting
        self._batches = plan(inputs, self._limits, prefix=setting.call.prefix)
        self._answers: list[Answer] = []
        self._placed = 0
        self._alone = False
        self._lock = threading.Lock()

    def _limits(self) -> Limits:
        limits, terms = self._setting.call.row.limits, self._setting.terms
        # What is more than a minute's worth would have to wait for an empty minute.
        inputs = terms.rpm if terms.count_inputs else None
        items = _least(self._setting.call.options.batch_size, limits.items, inputs)
        return limits._replace(items=items, tokens=_least(limits.tokens, terms.tpm))

    def next_conversation(self) -> Generator[Command, Outcome, None] | None:
        """Take the next batch. Threads may ask at once."""
        with self._lock:
            batch = next(self._batches, None)
            if batch is not None and batch.indexes[0] == 0:
                self._alone = len(batch) == self.size
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

    def _converse(self, batch: Batch) -> Generator[Command, Outcome, None]:
        answer = yield from converse(self._setting, batch)
        with self._lock:
            self._answers.append(answer)
            self._placed += len(batch)

    def lost(self, error: TransportError) -> AnyLLMError:
        """Say that the call as a whole was ended."""
        return lost(self._setting.call, error)

    def response(self) -> CreateEmbeddingResponse:
        """Every conversation has ended well: build the response. Raises when one is missing, or models were mixed."""
        if self._placed != self.size:
            raise unreadable(self._setting.call, f"{self.size} inputs were given and {self._placed} vectors came")
        models = sorted({answer.model for answer in self._answers if answer.model})
        if len(models) > 1:
            raise unreadable(self._setting.call, f"its replies came from several models: {', '.join(models)}")
        return merge(self._setting.call, self._setting.matrix, self._answers)


def _least(*limits: int | None) -> int | None:
    """The tightest of those that are known."""
    return min((each for each in limits if each is not None), default=None)
