"""How much may a request of one call hold? What its caller said, its place has taught, and its refusals say."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from any_llm.flow import tokens
from any_llm.flow.lessons import from_refusal, withdrawn
from any_llm.flow.retry import MANY_REQUESTS
from any_llm.flow.room import Room, giving_way, in_force

if TYPE_CHECKING:
    from any_llm.flow.caps import Cap
    from any_llm.flow.setting import Problem, Setting
    from any_llm.providers.row import Limits
    from any_llm.wire import Batch


class Guess(NamedTuple):
    """Why a request's size was guessed at, and what held before."""

    status: int | None
    room: Room
    explicit: Limits


class Measure:
    """A call's own. Whoever calls what changes it holds the call's lock."""

    def __init__(self, setting: Setting) -> None:
        """Nothing was refused yet."""
        self._setting, self._explicit = setting, setting.explicit
        if setting.call.options.batch_size is not None:
            self._explicit = self._explicit._replace(items=setting.call.options.batch_size)
        self._now = 0.0
        self._slow = 0
        """Requests in a row that nobody answered in time."""
        self._guesses: dict[int, Guess] = {}
        """Input -> the first guess that was made of a request it was in."""

    def passed(self, now: float) -> None:
        """Time has passed."""
        self._now = max(self._now, now)

    def limits(self) -> Limits:
        """Those in force."""
        setting = self._setting
        room = setting.memory.known(setting.place, self._now).room
        return in_force(room, self._explicit, setting.call.row.limits, setting.first, setting.terms.minute)

    def input_tokens(self) -> int | None:
        """Tokens the model reads of an input; None: not known."""
        return self.limits().input_tokens

    def rate(self) -> float:
        """Tokens the provider counts for each that is estimated."""
        return tokens.rate(self._setting.memory.known(self._setting.place, self._now).seen)

    def answered(self, now: float) -> None:
        """A request went well."""
        self.passed(now)
        self._slow = 0

    def too_much(self, batch: Batch, problem: Problem, cap: Cap) -> None:
        """The batch should have kept this cap. Raises the problem's error when too many in a row were too slow."""
        patience, status = self._setting.retry.attempts, problem.error.status_code
        self._slow += status is None
        if self._slow > (MANY_REQUESTS if patience is None else patience):
            raise problem.error
        explicit = self._explicit
        before = self.keep_to(cap, batch, problem.at)
        if not cap.named:
            guess = Guess(status, before, explicit)
            for index in batch.indexes:
                self._guesses.setdefault(index, guess)

    def keep_to(self, cap: Cap, batch: Batch, now: float) -> Room:
        """Keep this cap from now on, here and wherever the place is known. Returns what was known before."""
        self._explicit = giving_way(self._explicit, cap)
        return from_refusal(self._setting, batch, cap, now)

    def refused_alone(self, index: int, problem: Problem) -> None:
        """An input was refused by itself: in the same way, then it was no request's size, and no guess at it holds."""
        guess = self._guesses.get(index)
        if guess is not None and guess.status is not None and guess.status == problem.error.status_code:
            self._explicit = guess.explicit
            withdrawn(self._setting, guess.room, problem.at)
            self._guesses.clear()
