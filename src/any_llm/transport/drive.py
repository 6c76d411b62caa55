"""Run a conversation to its end. The two drivers differ by `await` alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from any_llm.wire import TransportError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator

    from any_llm.wire import Command, Outcome


def drive(flow: Generator[Command, Outcome, None], perform: Callable[[Command], Outcome]) -> None:
    """Perform each command and hand its outcome back."""
    try:
        command = next(flow)
        while True:
            try:
                outcome = perform(command)
            except TransportError as error:
                command = flow.throw(error)
            else:
                command = flow.send(outcome)
    except StopIteration:
        return
    finally:
        flow.close()


async def adrive(flow: Generator[Command, Outcome, None], perform: Callable[[Command], Awaitable[Outcome]]) -> None:
    """Perform each command and hand its outcome back."""
    try:
        command = next(flow)
        while True:
            try:
                outcome = await perform(command)
            except TransportError as error:
                command = flow.throw(error)
            else:
                command = flow.send(outcome)
    except StopIteration:
        return
    finally:
        flow.close()
