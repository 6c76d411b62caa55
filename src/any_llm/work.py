"""What does a transport run? Anything that is work: conversations, and what they make in the end."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

from any_llm.wire import Command, Outcome

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from any_llm.exceptions import AnyLLMError
    from any_llm.wire import TransportError

Made = TypeVar("Made", covariant=True)  # noqa: PLC0105  # a word, not a suffix
Flow = Generator[Command, Outcome, None]
"""A conversation."""


class Work(Protocol[Made]):
    """`opening()`, driven to its end; `next_conversation()` until it gives None, each driven; then `response()`."""

    @property
    def watch(self) -> AbstractContextManager[object] | None:
        """What is entered while it is done, if anything."""

    def opening(self, now: float) -> Flow | None:
        """Take a conversation that must have ended before any other begins, if there is one. `now`: monotonic."""

    def next_conversation(self) -> Flow | None:
        """Take the next. Threads may ask at once."""

    def deadline(self, timeout: float) -> float | None:
        """Seconds it may take when nobody said, once the first was taken. `timeout`: seconds a read may take."""

    def lost(self, error: TransportError) -> AnyLLMError:
        """Say that the call as a whole was ended."""

    def end(self, error: BaseException) -> None:
        """Every conversation has stopped, for this error: let it carry what was made."""

    def response(self) -> Made:
        """Every conversation has ended well: give what they made."""


class Feed(Protocol[Made]):
    """Work without an end: what is added comes back made, in order."""

    def add(self, inputs: Sequence[str]) -> None:
        """Let these be next."""

    def full(self) -> bool:
        """Whether nothing may be added before something was taken."""

    def empty(self) -> bool:
        """Whether nothing is under way."""

    def opening(self, now: float) -> Flow | None:
        """Take a conversation that must have ended before any other begins, if there is one. `now`: monotonic."""

    def next_conversation(self) -> Flow | None:
        """Take the next; None: there is none now. Threads may ask at once."""

    def ready(self) -> Made | None:
        """Take what is made next, if all of it is there."""

    def lost(self, error: TransportError) -> AnyLLMError:
        """Say that all of it was ended."""

    def end(self, error: BaseException) -> None:
        """Every conversation has stopped, for this error: let it carry what was made."""
