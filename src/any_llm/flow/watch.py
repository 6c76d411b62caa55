"""What a call tells whoever watches it: each request that goes and ends, what is learnt, and what it made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from types import TracebackType

    from any_llm.types.completion import CreateEmbeddingResponse
    from any_llm.wire import Batch, Run, Send


class Watched(Protocol):
    """One request that was sent. Threads may have one each."""

    def ended(self, *, status: int | None, tokens: int | None, error: str | None, request_id: str | None) -> None:
        """It is over. `error`: the name of an error's class."""

    def again(self, seconds: float) -> None:
        """It is tried again, after so many seconds."""


class Watch(Protocol):
    """One call, from when it is entered until it is left; or, where others go on beside it, from `begins` to `ends`."""

    def __enter__(self) -> object:
        """The call begins, and all that is done until it is left is done for it."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The call has ended."""

    def begins(self) -> None:
        """The call begins."""

    def ends(self, error: BaseException | None, partial: CreateEmbeddingResponse | None) -> None:
        """The call has ended: well, or with an error after so much was paid for."""

    def goes(self, command: Send | Run, batch: Batch, attempt: int) -> Watched:
        """A request goes now."""

    def learnt(self, what: str) -> None:
        """The process has learnt something of the model's host. It may be told so more than once."""

    def made(self, response: CreateEmbeddingResponse, dimensions: int) -> None:
        """It went well."""
