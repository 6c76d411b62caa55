"""Our errors, out of a database that raises its own in their place."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

P = ParamSpec("P")
T = TypeVar("T")


class Registered:
    """What was registered with a connection. A `with` block raises what its functions raised, as it was."""

    def __init__(self, theirs: type[Exception]) -> None:
        """Nothing was raised yet. `theirs`: what the database raises instead."""
        self._theirs = theirs
        self._kept: BaseException | None = None

    def keeping(self, function: Callable[P, T]) -> Callable[P, T]:
        """Remember what this raises first: Ctrl-C too."""

        @wraps(function)
        def call(*given: P.args, **named: P.kwargs) -> T:
            try:
                return function(*given, **named)
            except BaseException as error:
                self._kept = self._kept or error
                raise

        return call

    def __enter__(self) -> Self:
        """Forget what was raised before."""
        self._kept = None
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Raise it, where the database raised."""
        kept, self._kept = self._kept, None
        if isinstance(error, self._theirs) and kept is not None:
            raise kept from error
