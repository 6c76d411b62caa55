"""What does a transport run? Anything that is work: conversations one after another, and what they make in the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Generator

    from any_llm.exceptions import AnyLLMError
    from any_llm.wire import Command, Outcome, TransportError

Made = TypeVar("Made", covariant=True)  # noqa: PLC0105  # a word, not a suffix


class Work(Protocol[Made]):
    """Conversations until there are no more, each driven to its end, then the response."""

    def next_conversation(self) -> Generator[Command, Outcome, None] | None:
        """Take the next. Threads may ask at once."""

    def deadline(self, timeout: float) -> float | None:
        """Seconds it may take when nobody said, once the first was taken. `timeout`: seconds a read may take."""

    def lost(self, error: TransportError) -> AnyLLMError:
        """Say that the call as a whole was ended."""

    def response(self) -> Made:
        """Every conversation has ended well: give what they made."""
