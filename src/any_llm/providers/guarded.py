"""What becomes of a mistake in an adapter of somebody's own: an error that names the provider, with its cause."""

from __future__ import annotations

from collections.abc import Awaitable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec

from any_llm.exceptions import AnyLLMError, InvalidProviderError, ProviderError
from any_llm.providers.counted import counted
from any_llm.types.vectors import Vectors
from any_llm.wire import Call, Part, Run, TransportError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from any_llm.providers.row import Adapter, Row

OURS = "any_llm."
"""Modules of this package begin so."""
PASSING: tuple[type[Exception], ...] = (AnyLLMError, TransportError)
READERS = ("decode", "listed")
BROKEN: tuple[type[Exception], ...] = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What these raise for a reply of another shape."""
UNREADABLE = (LookupError, ValueError, TypeError)
"""What they raise for it where nobody looks at its shape first."""


def guarded(row: Row, adapter: Adapter) -> Adapter:
    """The adapter; one that is not ours so that it raises our errors alone. Its words may hold a text: none is kept."""
    return adapter if type(adapter).__module__.startswith(OURS) else Guarded(row, adapter)


class Guarded:
    """One for each call: it names the model of the call that it saw last."""

    def __init__(self, row: Row, adapter: Adapter) -> None:
        """Stand before this adapter."""
        self._row, self._adapter = row, adapter
        self._model = ""

    def __getattr__(self, name: str) -> Any:
        """The adapter's own, guarded where it is called."""
        own = getattr(self._adapter, name)
        return (lambda *given: self._asked(name, own, given)) if callable(own) else own

    def _asked(self, name: str, own: Callable[..., Any], given: tuple[Any, ...]) -> Any:
        if given and isinstance(given[0], Call):
            self._model = given[0].model
        reads = name in READERS
        with self._named(InvalidProviderError, f"its adapter's {name}", passing=BROKEN if reads else ()):
            made = _read(own, given) if reads else own(*given)
            made = _whole(made) if name == "decode" else made
        return self._run(made) if isinstance(made, Run) else made

    def _run(self, command: Run) -> Run:
        def function() -> Any:
            with self._named(ProviderError, "its function"):
                made = command.function()
            return awaited(made) if isinstance(made, Awaitable) else made

        async def awaited(made: Awaitable[Any]) -> Any:
            with self._named(ProviderError, "its function"):
                return await made

        return msgspec.structs.replace(command, function=function)

    @contextmanager
    def _named(self, kind: type[AnyLLMError], what: str, passing: tuple[type[Exception], ...] = ()) -> Iterator[None]:
        try:
            yield
        except PASSING + passing:
            raise
        except Exception as error:
            said = error.reason if isinstance(error, MalformedPartError) else f"raised {type(error).__name__}"
            whom = f"{self._model}: {what}" if self._model else what
            raise kind(f"{whom} {said}.", error, self._row.name) from error


class MalformedPartError(TypeError):
    """What decode gave is not what it must give."""

    def __init__(self, reason: str) -> None:
        """Say what is wrong with it."""
        super().__init__(reason)
        self.reason = reason


def _read(own: Callable[..., Any], given: tuple[Any, ...]) -> object:
    try:
        return own(*given)
    except BROKEN:
        raise
    except UNREADABLE as error:
        raise msgspec.DecodeError(f"its adapter cannot read it, and raised {type(error).__name__}") from error


def _whole(part: object) -> Part:
    if not isinstance(part, Part):
        raise MalformedPartError(f"gave a {type(part).__name__}, not a Part")
    if not isinstance(part.vectors, Vectors) and not all(isinstance(each, msgspec.Raw) for each in part.vectors):
        raise MalformedPartError("gave vectors that are neither msgspec.Raw nor Vectors")
    if part.indexes is not None and not all(type(index) is int for index in part.indexes):
        raise msgspec.DecodeError("its indexes are no whole numbers")
    prompt, total = counted(part.prompt_tokens), counted(part.total_tokens)
    return msgspec.structs.replace(part, prompt_tokens=prompt, total_tokens=total)
