"""Who may say when a client's requests go, beside the client itself? One limiter for clients in many processes."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Limiter"]


class Limiter(Protocol):
    """A client's `limiter`: asked before each request, tries again included, and told how each ended. By any thread."""

    def ask(self, number: int, *, units: int, tokens: int, usd: float) -> float:
        """Seconds after which to ask again for this request; 0: it goes; infinity: its money is spent.

        `number` names it in this process; `units` is 1, or its inputs where the provider counts those; `tokens` are
        estimated; `usd` is what it may cost at most, 0 without `max_usd`. It may wait for an answer from elsewhere. An
        AnyLLMError that it raises ends the call.
        """

    def ended(self, number: int, *, tokens: int | None, usd: float, limited: bool, asked: float | None) -> None:
        """A request that was let go has ended. It may not wait.

        `tokens`, as the reply counts them; None: it does not, or there was none. `usd` is what it cost, at most.
        `limited`: a limit was why it was refused; `asked`: seconds the provider wants everybody to wait.
        """
