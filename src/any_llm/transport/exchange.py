"""What became of a request on its connection, and whether it may be sent once more, uncounted."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from any_llm.wire import TransportError


HEAD = 1 << 20
"""Bytes that may come before a reply's head is whole."""


class Exchange:
    """One request on one connection."""

    def __init__(self, *, fresh: bool = False) -> None:
        """`fresh`: on a new connection, whatever lies idle."""
        self.fresh = fresh
        self.reused = False
        """True when the connection had served a request before."""
        self.heard = 0
        """Bytes that came back."""
        self.begun = False
        """True once the head of the reply was read."""

    @property
    def flooded(self) -> bool:
        """Whether more came than any head has: interim replies without end."""
        return not self.begun and self.heard > HEAD

    def stale(self, error: TransportError) -> bool:
        """Whether the server had only closed a connection it no longer wanted, before it heard of this request.

        It is asked again on a new one, at once and uncounted, as browsers do; that one's failure counts.
        """
        return self.reused and not self.heard and error.retryable and not error.timed_out
