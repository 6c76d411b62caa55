"""What became of a request on its connection, and whether it may be sent once more, whatever max_retries says."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from any_llm.transport import http1

if TYPE_CHECKING:
    from collections.abc import Mapping

    from any_llm.wire import Send, TransportError


HEAD = 1 << 20
"""Bytes that may come before a reply's head is whole."""


class Exchange:
    """One request, on one connection, or on a second."""

    def __init__(self) -> None:
        """It was not sent yet."""
        self.fresh = False
        """Whether it must be on a new connection, whatever lies idle."""
        self.reused = False
        """True when the connection had served a request before."""
        self.written = False
        """True once any of the request was written to the connection."""
        self.unsent = False
        """True while a part of it is still to be sent, though its reply may come first."""
        self.heard = 0
        """Bytes that came back."""
        self.most = HEAD
        """Bytes that may come back, as far as the reply was read."""
        self.begun = False
        """True once the head of the reply was read."""
        self._before = 0

    @property
    def sent(self) -> int:
        """How often it was sent, at least in part."""
        return self._before + self.written

    def renew(self, error: TransportError) -> bool:
        """Say whether the server had only closed a connection it no longer wanted, before it heard of this request.

        Then it is to be asked again on a new one, at once, as browsers do; that one's failure counts.
        """
        error.sent = self.sent
        if not self.reused or self.heard or error.timed_out or not error.retryable:
            return False
        self._before, self.written, self.reused, self.fresh = self.sent, False, False, True
        return True


def request(send: Send, target: str, host: str, more: Mapping[str, str]) -> bytes:
    """The head of a request about to go, signed now. `more`: headers for the proxy."""
    headers = send.headers
    if send.sign is not None or more:
        headers = {**headers, **(send.sign(send, time.time()) if send.sign is not None else {}), **more}
    bare = send.method == "GET" and not send.body
    return http1.request(send.method, target, host, headers, None if bare else len(send.body))
