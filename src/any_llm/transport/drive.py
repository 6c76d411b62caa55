"""Run a conversation to its end. The two drivers differ by `await` alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from any_llm.exceptions import AnyLLMError
from any_llm.wire import TransportError

T = TypeVar("T")

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator

    from any_llm.wire import Command, Outcome


def drive(flow: Generator[Command, Outcome, T], perform: Callable[[Command], Outcome]) -> T:
    """Perform each command and hand its outcome back; return what the flow returns."""
    try:
        command = next(flow)
        while True:
            try:
                outcome = perform(command)
            except (TransportError, AnyLLMError) as error:  # the latter by a function that was run
                broken = error
            else:
                command = flow.send(outcome)
                continue
            command = flow.throw(broken)
    except StopIteration as end:
        value: T = end.value
        return value
    finally:
        flow.close()


async def adrive(flow: Generator[Command, Outcome, T], perform: Callable[[Command], Awaitable[Outcome]]) -> T:
    """Perform each command and hand its outcome back; return what the flow returns."""
    try:
        command = next(flow)
        while True:
            try:
                outcome = await perform(command)
            except (TransportError, AnyLLMError) as error:  # the latter by a function that was run
                broken = error
            else:
                command = flow.send(outcome)
                continue
            command = flow.throw(broken)
    except StopIteration as end:
        value: T = end.value
        return value
    finally:
        flow.close()


def called(function: Callable[[], Any]) -> Any:
    """Call a function of the caller's. Its StopIteration would end a generator or hang a loop, and say nothing."""
    try:
        return function()
    except StopIteration as error:
        raise RuntimeError("a callable raised StopIteration") from error
