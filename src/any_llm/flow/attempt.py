"""One try of a request: what it may cost and how it went, told to whoever keeps the books or watches."""

from __future__ import annotations

import itertools
import math
from functools import partial
from typing import TYPE_CHECKING

from any_llm.exceptions import InsufficientFundsError, RateLimitError
from any_llm.flow.bounds import SPECIAL
from any_llm.flow.budget import MILLION
from any_llm.flow.redact import without_secrets
from any_llm.flow.setting import Problem
from any_llm.flow.tokens import sizes
from any_llm.wire import Run, Send, Sleep, TransportError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from any_llm.flow.setting import Setting
    from any_llm.flow.turn import Turn
    from any_llm.flow.watch import Watched
    from any_llm.types.limiter import Limiter
    from any_llm.wire import Batch, Command, Outcome, Reply, Waiter

LOOK = 0.1
"""Seconds after which one whose money others have set aside asks again."""
REQUEST_IDS = ("x-request-id", "request-id", "apim-request-id", "x-goog-request-id", "x-litellm-call-id", "cf-ray")
"""Headers that name a request at the provider, best first."""

_numbers = itertools.count()


class OutgrownError(Exception):
    """While a batch waited, a limit was learnt that it breaks. Nothing of it was sent."""


class Attempt:
    """From before it may go until `close()`: then what it cost is settled."""

    def __init__(
        self,
        setting: Setting,
        batch: Batch,
        turn: Turn,
        number: int,
        why: dict[str, int],
        *,
        outgrown: Callable[[], bool] | None = None,
    ) -> None:
        """Wait for nothing yet. `number`: 1 for the first try; `why`: what else it counts as, by names of Requests.

        `outgrown`: whether it is not to go after all.
        """
        self._setting, self._batch, self._turn, self._number = setting, batch, turn, number
        self._outgrown = outgrown
        self._held: int | None = None
        """Tokens set aside for it."""
        self.sent = 0
        """How often it was sent, at least in part."""
        self._why = why
        self._counts = self._broke = self._refused = self._late = False
        self._error: str | None = "Ended"
        self._again: float | None = None
        self._total: int | None = None
        self._sure = False
        """Whether the count is the provider's own."""
        self._status: int | None = None
        self._watched: Watched | None = None
        self._carried: Mapping[str, str] = {}
        """Headers it was sent with."""
        self.request_id: str | None = None
        self._permit: int | None = None
        """By what the client's limiter knows it, once it was let go."""
        self._problem: Problem | None = None

    def ask(self, now: float, waiter: Waiter | None = None) -> float:
        """Seconds to wait before asking again; 0: go, if `check()` agrees; infinity: until `waiter` is woken."""
        setting = self._setting
        if self._outgrown is not None and self._outgrown():
            self._late = True
            return 0.0
        if self._held is None and setting.budget.most is None:
            self._held = 0
        elif self._held is None:
            tokens = self._most()
            with setting.memory.lock:
                if setting.budget.hold(setting.call.model, tokens):
                    self._held = tokens
                elif not setting.budget.idle:  # those in flight may cost less than they might
                    return LOOK
                else:
                    self._broke = True
                    return 0.0
        return self._turn.ask(now, waiter)

    def check(self) -> None:
        """Raise InsufficientFundsError where the budget does not allow it, OutgrownError where limits do not by now."""
        if self._late:
            raise OutgrownError
        if self._broke:
            setting = self._setting
            cost = f"This request could cost {self._usd(self._most()):.2g} USD more, and was not sent."
            message = f"{setting.call.model}: max_usd={setting.budget.most:g} would be exceeded. {cost}"
            raise InsufficientFundsError(message, None, setting.call.row.name)

    def permitted(self, limiter: Limiter) -> Generator[Command, Outcome, Outcome]:
        """Wait until the client's limiter lets it go too. Raises InsufficientFundsError."""
        setting, number, usd = self._setting, next(_numbers), 0.0
        units, tokens = self._turn.cost
        if setting.budget.most is not None:
            usd = self._usd(self._most())
        ask = Run(partial(limiter.ask, number, units=units, tokens=tokens, usd=usd))
        while (outcome := (yield ask)).value > 0:
            self._broke = outcome.value == math.inf
            self.check()
            yield Sleep(outcome.value)
        self._permit = number
        return outcome

    def perform(self, command: Send | Run) -> Generator[Command, Outcome, Outcome]:
        """Have it sent now."""
        self.sent, self._counts = 1, isinstance(command, Send)
        if isinstance(command, Send):
            self._carried = command.headers
        if self._setting.watch is not None:
            self._watched = self._setting.watch.goes(command, self._batch, self._number)
        try:
            outcome = yield command
        except TransportError as lost:
            self.sent = lost.sent
            raise
        self.sent = outcome.sent
        return outcome

    def answered(self, reply: Reply) -> None:
        """There is a reply."""
        self._status = reply.status
        for name in REQUEST_IDS:
            told = reply.headers.get(name)
            # One that repeats a key names nothing.
            if told is not None and told == without_secrets(told, self._carried, self._setting.call.query):
                self.request_id = told
                break

    def bill(self, prompt: int | None, total: int | None, *, estimated: bool) -> None:
        """Count the tokens of its reply, be it of use or not."""
        self._setting.tally.bill(prompt, total, estimated=estimated)
        self._total, self._sure = total, not estimated

    def ended(self, result: object) -> None:
        """It went well, or there is a problem."""
        problem = result if isinstance(result, Problem) else None
        self._problem, self._refused = problem, problem is not None and not problem.twice
        self._error = None if problem is None else type(problem.error).__name__

    def again(self, problem: Problem, wait: float) -> dict[str, int]:
        """Its inputs are sent again, after so many seconds: say what that counts as."""
        self._again = wait
        return {"retried": 1, "possibly_billed_twice": problem.twice} if self.sent else self._why

    def close(self) -> None:
        """It is over, whatever happened: settle what it cost, then tell of it. Twice does no harm."""
        if self._counts and self.sent:
            self._setting.tally.add(sent=1, **self._why)
            if twice := self.sent - 1:
                self._setting.tally.add(sent=twice, retried=twice, possibly_billed_twice=twice)
        self._counts = False
        if self._held is not None:
            cost = 0
            # What nobody counted may have cost all that it could.
            if self.sent and not self._refused:
                cost = self._total if self._total is not None and self._sure else self._most()
            if self.sent > 1:
                cost += self._most()
            with self._setting.memory.lock:
                self._setting.budget.settle(self._setting.call.model, self._held, cost)
            self._held = None
            self._settle(cost)
        self._tell()

    def _settle(self, cost: int) -> None:
        """Tell the limiter that it is over, and cost so many tokens at most."""
        number, self._permit = self._permit, None
        if number is not None and self._setting.limiter is not None:
            problem = self._problem if self._problem is not None and self._problem.again else None
            self._setting.limiter.ended(
                number,
                tokens=self._total if self._error is None else None,
                usd=0.0 if self._setting.budget.most is None else self._usd(cost),
                limited=problem is not None and isinstance(problem.error, RateLimitError),
                asked=None if problem is None else problem.asked,
            )

    def _usd(self, tokens: int) -> float:
        return self._setting.budget.prices[self._setting.call.model] * tokens / MILLION

    def _tell(self) -> None:
        watched, self._watched = self._watched, None
        if watched is not None:
            watched.ended(status=self._status, tokens=self._total, error=self._error, request_id=self.request_id)
            if self._again is not None:
                watched.again(self._again)

    def _most(self) -> int:
        """Tokens that may be billed for it at most."""
        count, texts = self._setting.count, self._batch.texts
        if count is None:
            return sum(sizes(texts)) + SPECIAL * len(texts)
        return math.ceil(sum(map(count, texts)))
