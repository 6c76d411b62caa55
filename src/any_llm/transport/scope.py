"""How a blocking wait ends early: a deadline and an abort are one thing, known to every socket in flight."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time

from any_llm.wire import TransportError


class Scope:
    """One call's waits. `deadline` is in monotonic seconds; `abort()` ends every wait at once, from any thread."""

    def __init__(self, timeout: float, deadline: float | None) -> None:
        """Know how long a read may take, in seconds, and when all must be over."""
        self.timeout = timeout
        self.deadline = deadline
        self.holds = _running_loop()
        """The event loop of the caller's thread, which stands still meanwhile; None: it runs none."""
        self._aborted = threading.Event()
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self._bells: set[threading.Event] = set()

    def left(self, most: float | None = None) -> float:
        """Seconds the next wait may take. Raises TransportError when there are none."""
        most = self.timeout if most is None else most
        if self._aborted.is_set():
            raise TransportError("the call was ended", retryable=False)
        if self.deadline is None:
            return most
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TransportError("the deadline has passed", timed_out=True, retryable=False)
        return min(most, left)

    def watch(self, sock: socket.socket) -> None:
        """Let an abort reach this socket."""
        with self._lock:
            self._sockets.add(sock)
        self.left()

    def forget(self, sock: socket.socket) -> None:
        """The socket waits no more."""
        with self._lock:
            self._sockets.discard(sock)

    def pause(self, seconds: float) -> float:
        """How long to wait: all of `seconds`. Raises TransportError when the deadline would pass meanwhile."""
        if self.left(seconds) < seconds:
            raise TransportError("the deadline would pass before the next try", timed_out=True, retryable=False)
        return seconds

    def sleep(self, seconds: float) -> None:
        """Wait, unless the call is ended meanwhile. Raises TransportError then."""
        self._aborted.wait(self.pause(seconds))
        self.left()

    def listen(self, bell: threading.Event, seconds: float) -> None:
        """Wait for a bell, for a time that nobody knows: at most so many seconds, or what is left of the call.

        Raises TransportError when the call is ended meanwhile.
        """
        with self._lock:
            self._bells.add(bell)
        try:
            bell.wait(self.left(seconds))
        finally:
            with self._lock:
                self._bells.discard(bell)
        self.left()

    def abort(self) -> None:
        """End every wait: closing a pool would not free a call in flight, shutting its socket down does."""
        self._aborted.set()
        with self._lock:
            for bell in self._bells:
                bell.set()
            for sock in self._sockets:
                with contextlib.suppress(OSError):
                    # Past SSLSocket.shutdown, which forgets the TLS state a reading thread still uses.
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
