"""One list of models from its first page to its last: a job of one conversation. Knows no colour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from any_llm.exceptions import ListModelsNotSupportedError
from any_llm.flow.converse import exchange
from any_llm.flow.failure import lost, unreadable
from any_llm.flow.setting import Problem
from any_llm.wire import Batch

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from any_llm.exceptions import AnyLLMError
    from any_llm.flow.setting import Setting
    from any_llm.flow.watch import Watch
    from any_llm.types.model import Model
    from any_llm.wire import Call, Command, Outcome, Page, Run, Send, TransportError

NO_INPUTS = Batch((), (), 0)
NOWHERE = frozenset({404, 405, 501})
"""Statuses with which a server says that it has no such list."""


class Pages:
    """`next_conversation()` gives one, and then None; driven to its end, `response()` has the models."""

    def __init__(
        self,
        setting: Setting,
        *,
        models: Callable[[Call, str | None], Send | Run],
        listed: Callable[[Call, Any], Page],
    ) -> None:
        """Ask for nothing yet."""
        self._setting = setting
        self._models = models
        self._listed = listed
        self._found: list[Model] = []
        self._begun = False

    @property
    def watch(self) -> Watch | None:
        """Who watches, if anybody does."""
        return self._setting.watch

    def opening(self, now: float) -> None:
        """None: it is one conversation anyway."""

    def next_conversation(self) -> Generator[Command, Outcome, None] | None:
        """Give the only one."""
        if self._begun:
            return None
        self._begun = True
        return self._converse()

    def _converse(self) -> Generator[Command, Outcome, None]:
        call = self._setting.call
        tokens: set[str | None] = {None}
        after: str | None = None
        while True:
            page = yield from self._page(after)
            self._found.extend(page.models)
            if page.after is None:
                return
            if page.after in tokens:
                raise unreadable(call, "its list of models never ends: a page names one before it as the next")
            after = page.after
            tokens.add(after)

    def _page(self, after: str | None) -> Generator[Command, Outcome, Page]:
        call = self._setting.call
        page = yield from exchange(
            self._setting,
            NO_INPUTS,
            write=lambda known: self._models(known, after),
            read=lambda reply, *_: self._listed(call, reply),
            follow=None,
            halved=False,
            outgrown=None,
        )
        if not isinstance(page, Problem):
            return page
        error = page.error
        if error.status_code not in NOWHERE:
            raise error
        message = f"It answered {error.status_code}: there is no list of models at this address."
        raise ListModelsNotSupportedError(message, error, call.row.name, status_code=error.status_code) from error

    def deadline(self, timeout: float) -> float | None:
        """None: nobody knows how many pages there are."""
        return None

    def lost(self, error: TransportError) -> AnyLLMError:
        """Say that the call as a whole was ended."""
        return lost(self._setting.call, error)

    def end(self, error: BaseException) -> None:
        """Half a list is of no use."""

    def response(self) -> list[Model]:
        """All of them, in the provider's order."""
        return self._found
