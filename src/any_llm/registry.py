"""Which providers are there? The table's, those registered here, and those that installed packages bring."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from any_llm.constants import LLMProvider
from any_llm.exceptions import InvalidProviderError
from any_llm.providers.table import ROWS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from any_llm.installed import Brought
    from any_llm.providers.row import Row


class Registry:
    """The rows that are not the table's. Installed packages are asked once, when a name is not known or all are."""

    def __init__(self) -> None:
        """Know the table alone."""
        self._lock = threading.Lock()
        self._own: dict[str, Row] = {}
        self._asked = False
        self._here = threading.local()

    def find(self, name: str) -> Row | None:
        """The row of this name; None: there is none."""
        known = ROWS.get(name) or self._own.get(name)
        if known is None:
            self._ask()
            known = self._own.get(name)
        return known

    def rows(self) -> list[Row]:
        """Every row there is, by name."""
        self._ask()
        return sorted((*ROWS.values(), *self._own.values()), key=lambda row: row.name)

    def add(self, row: Row) -> None:
        """Take a row in. Raises InvalidProviderError when it is not whole, or its name is another's."""
        from any_llm.providers.own import checked  # noqa: PLC0415  # for those who bring a row

        row = checked(row)
        with self._lock:
            self._place([row])

    def _place(self, rows: Iterable[Row]) -> None:
        """Take all in, or none."""
        placed = dict(self._own)
        for row in rows:
            known = ROWS.get(row.name) or placed.setdefault(row.name, row)
            if known != row:
                whose = "this package's own" if row.name in ROWS else "registered already, with another row"
                raise InvalidProviderError(f"the name {row.name!r} is {whose}: choose another.")
        self._own = placed

    def _ask(self) -> None:
        """Ask the installed packages, once. No lock is held while their code runs: it may come back to us."""
        if self._asked or getattr(self._here, "asking", False):
            return
        from any_llm.installed import brought  # noqa: PLC0415  # reads the environment's metadata

        self._here.asking = True
        try:
            found = list(brought())
        finally:
            self._here.asking = False
        with self._lock:
            problems = [] if self._asked else [problem for each in found if (problem := self._taken(each))]
            self._asked = True
        for problem in problems:
            from any_llm.warn import warn  # noqa: PLC0415  # only a broken package needs it

            warn(problem)

    def _taken(self, each: Brought) -> str | None:
        """Take in what an entry point gave; say what is wrong with it."""
        error = each.error
        if error is None:
            try:
                self._place(each.rows)
            except InvalidProviderError as refused:
                error = refused
        if error is None:
            return None
        return f"{each.origin} brings no provider, and is left out: {type(error).__name__}: {error}"

    def forget(self) -> None:
        """Know the table alone again."""
        with self._lock:
            self._own = {}
            self._asked = False

    def unlock(self) -> None:
        """Take a new lock: in a forked child the old one may be held by a thread that is not there."""
        self._lock = threading.Lock()


REGISTRY = Registry()
"""The process's own."""
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=REGISTRY.unlock)


def register_provider(row: Row) -> LLMProvider:
    """Make a provider of your own known to this process; `LLMProvider(row.name)` and every function find it.

    The same row may be registered again. Raises InvalidProviderError (also a ValueError) when a field is wrong, or the
    name belongs to another row. A package brings rows without this call: docs/adding-a-provider.md.
    """
    REGISTRY.add(row)
    return LLMProvider(row.name)


def row_of(provider: str | LLMProvider) -> Row:
    """Find the row. Raises UnsupportedProviderError with near names."""
    if type(provider) is str and (known := ROWS.get(provider)) is not None:
        return known
    name = LLMProvider.from_string(provider)
    return ROWS.get(name) or REGISTRY.find(name)  # type: ignore[return-value]  # from_string has found it


def supported() -> list[str]:
    """Names of the providers that make embeddings."""
    return [row.name for row in REGISTRY.rows() if row.embedding]
