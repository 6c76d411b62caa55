"""How much may a request of one call hold? What its caller said, its place has taught, and its refusals say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from any_llm.flow import tokens
from any_llm.flow.lessons import from_refusal
from any_llm.flow.retry import MANY_REQUESTS
from any_llm.flow.room import giving_way, in_force

if TYPE_CHECKING:
    from any_llm.flow.caps import Cap
    from any_llm.flow.setting import Problem, Setting
    from any_llm.providers.row import Limits
    from any_llm.wire import Batch


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
        patience = self._setting.retry.attempts
        self._slow += problem.error.status_code is None
        if self._slow > (MANY_REQUESTS if patience is None else patience):
            raise problem.error
        self.keep_to(cap, batch, problem.at)

    def keep_to(self, cap: Cap, batch: Batch, now: float) -> None:
        """Keep this cap from now on, here and wherever the place is known."""
        self._explicit = giving_way(self._explicit, cap)
        from_refusal(self._setting, batch, cap, now)
