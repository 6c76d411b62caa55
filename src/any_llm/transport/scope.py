"""How a blocking wait ends early: a deadline and an abort are one thing, known to all that waits for a call."""

from __future__ import annotations

import contextlib
import contextvars
import queue
import socket
import sys
import threading
import time
from copy import copy
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from any_llm.wire import TransportError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Hashable

T = TypeVar("T")


class Bell:
    """Wakes a thread. It may ring before anybody listens, and is heard once."""

    __slots__ = ("_lock",)

    def __init__(self) -> None:
        """Be silent: a lock that is held until it rings costs a tenth of a threading.Event."""
        self._lock = threading.Lock()
        self._lock.acquire()

    def ring(self) -> None:
        """From any thread."""
        if self._lock.locked():
            with contextlib.suppress(RuntimeError):  # another was faster; nobody has heard yet
                self._lock.release()

    def wait(self, seconds: float) -> None:
        """Wait until it rings, or for so many seconds."""
        self._lock.acquire(timeout=seconds)


class _End:
    """Whether the call was ended, and whom to wake then; the same for every part of it."""

    def __init__(self) -> None:
        self.come = False
        self.lock = threading.Lock()
        self.wakers: dict[Hashable, Callable[[], None]] = {}


class Scope:
    """One call's waits. `deadline` is in monotonic seconds; `abort()` ends every wait at once, from any thread."""

    def __init__(self, timeout: float, deadline: float | None) -> None:
        """Know how long a read may take, in seconds, and when all must be over."""
        self.timeout = timeout
        self.deadline = deadline
        self._until: float | None = None
        self.holds = _running_loop()
        """The event loop of the caller's thread, which stands still meanwhile; None: it runs none."""
        self._end = _End()

    def left(self, most: float | None = None) -> float:
        """Seconds the next wait may take. Raises TransportError when there are none."""
        most = self.timeout if most is None else most
        if self._end.come:
            raise TransportError("the call was ended", retryable=False)
        now = time.monotonic()
        if self.deadline is not None:
            if self.deadline <= now:
                raise TransportError("the deadline has passed", timed_out=True, retryable=False)
            most = min(most, self.deadline - now)
        if self._until is not None:
            if self._until <= now:
                raise TimeoutError
            most = min(most, self._until - now)
        return most

    @property
    def bounded(self) -> bool:
        """Whether several waits together are."""
        return self.deadline is not None or self._until is not None

    def within(self, seconds: float) -> Scope:
        """The same call's waits, some of which may take so long together. Past that, `left` raises TimeoutError."""
        part = copy(self)
        part._until = time.monotonic() + seconds  # noqa: SLF001  # our own kind
        return part

    def watch(self, sock: socket.socket) -> None:
        """Let an abort reach this socket."""
        self._wake(sock, partial(_shut, sock))

    def forget(self, waiting: Hashable) -> None:
        """It waits no more."""
        with self._end.lock:
            self._end.wakers.pop(waiting, None)

    def pause(self, seconds: float) -> float:
        """How long to wait: all of `seconds`. Raises TransportError when the deadline would pass meanwhile."""
        if self.left(seconds) < seconds:
            raise TransportError("the deadline would pass before the next try", timed_out=True, retryable=False)
        return seconds

    def sleep(self, seconds: float) -> None:
        """Wait, unless the call is ended meanwhile. Raises TransportError then."""
        self.listen(Bell(), self.pause(seconds))

    def listen(self, bell: Bell, seconds: float) -> None:
        """Wait for a bell, for a time that nobody knows: at most so many seconds, or what is left of the call.

        Raises TransportError when the call is ended meanwhile.
        """
        try:
            self._wake(bell, bell.ring)
            bell.wait(self.left(seconds))
        finally:
            self.forget(bell)
        self.left()

    def apart(self, function: Callable[[], T], most: float | None = None) -> T:
        """Call what nothing can interrupt in a thread of its own; left behind there, if the call ends first.

        Raises what it raises, or TimeoutError after `most` seconds.
        """
        done: queue.SimpleQueue[tuple[Any, BaseException | None] | None] = queue.SimpleQueue()

        def run() -> None:
            try:
                done.put((function(), None))
            except BaseException as error:  # noqa: BLE001  # raised again by the thread that waits
                done.put((None, error))

        self._wake(done, partial(done.put, None))
        try:
            threading.Thread(target=contextvars.copy_context().run, args=(run,), daemon=True).start()
            wait = None if most is None and self.deadline is None else self.left(most or float("inf"))
            with contextlib.suppress(queue.Empty):
                if (ended := done.get(timeout=wait)) is not None:
                    value, error = ended
                    if error is not None:
                        raise error
                    result: T = value
                    return result
        finally:
            self.forget(done)
        self.left()
        raise TimeoutError

    def abort(self) -> None:
        """End every wait: closing a pool would not free a call in flight, shutting its socket down does."""
        self._end.come = True
        with self._end.lock:
            for wake in self._end.wakers.values():
                wake()

    def _wake(self, waiting: Hashable, by: Callable[[], None]) -> None:
        with self._end.lock:
            self._end.wakers[waiting] = by
        self.left()


def _shut(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        # Past SSLSocket.shutdown, which forgets the TLS state a reading thread still uses.
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    if "asyncio" not in sys.modules:  # 50 ms, for those who run a loop
        return None
    import asyncio  # noqa: PLC0415

    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
