"""Connections kept open for the next request, by route. The one used last goes first; the others come to their end."""

from __future__ import annotations

import select
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from any_llm.transport.route import Route

KEPT = 1000
"""Connections kept at most to each host."""
AGE = 90.0
"""Seconds one may lie idle. After minutes networks forget it in silence, and a request on it would wait in vain."""


class Line(Protocol):
    """A connection."""

    @property
    def descriptor(self) -> int:
        """The system's number of its socket; -1: it is closed."""

    def close(self) -> None:
        """End it."""


L = TypeVar("L", bound=Line)


class Idle(Generic[L]):
    """What is kept. Threads may take and give at once."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Keep nothing yet."""
        self._kept: dict[Route, list[tuple[L, float]]] = {}
        self._clock = clock
        self._retired = False

    def take(self, route: Route) -> L | None:
        """Find one that nobody uses and on which nothing has come meanwhile; None: open one."""
        kept, oldest = self._kept.get(route), self._clock() - AGE
        while kept:
            try:
                line, since = kept.pop()
            except IndexError:  # another thread was faster
                break
            if since > oldest and not stirs(line.descriptor):
                return line
            line.close()
        return None

    def give(self, route: Route, line: L) -> None:
        """Keep it for the next request, or close it; and those nobody has needed for long."""
        kept, now = self._kept.setdefault(route, []), self._clock()
        if len(kept) < KEPT:
            kept.append((line, now))
        else:
            line.close()
        try:
            while kept[0][1] <= now - AGE:
                kept.pop(0)[0].close()
        except IndexError:  # another thread was faster
            pass
        if self._retired:
            self.retire()

    def retire(self) -> None:
        """Close what is idle, and later what is still in use: a request in flight ends undisturbed."""
        self._retired = True
        for kept in list(self._kept.values()):
            while kept:
                with suppress(IndexError):
                    kept.pop()[0].close()


def stirs(descriptor: int, sending: float | None = None) -> bool:
    """Whether the system holds something for a connection: its end, or bytes that nobody asked for.

    `sending`: wait until it does, or takes what is to be sent, for so many seconds. Raises TimeoutError then.
    """
    if descriptor < 0:
        return True
    if not hasattr(select, "poll"):
        read, write, _ = select.select([descriptor], [] if sending is None else [descriptor], [], sending or 0)
        here, moves = bool(read), bool(read or write)
    else:
        waiting = select.poll()
        waiting.register(descriptor, select.POLLIN if sending is None else select.POLLIN | select.POLLOUT)
        found = waiting.poll(1000 * (sending or 0))
        here, moves = any(events & ~select.POLLOUT for _, events in found), bool(found)
    if sending is not None and not moves:
        raise TimeoutError
    return here
