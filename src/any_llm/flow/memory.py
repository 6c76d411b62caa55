"""What this process has learnt of a host: shared by every client, thread and loop; forgotten by age and by number."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

import msgspec

from any_llm.flow.pace import Pace
from any_llm.flow.room import Room

if TYPE_CHECKING:
    from collections.abc import Hashable

    from any_llm.flow.tokens import Seen
    from any_llm.wire import Token

Place = tuple[str, str, "Hashable"]
"""Base address, model, whose credentials: limits and pauses belong to these three together."""

LIFETIME = 3600.0
"""Seconds after which what was learnt of a place is forgotten, from the first fact on: it may have changed."""
CAPACITY = 4096
"""Places kept at most, and tokens; the oldest goes first."""
MARGIN = 60.0
"""Seconds before it expires, a token is fetched anew."""


class Learnt(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of one place."""

    base64: bool = True
    """False once it has refused encoding_format."""
    room: Room = Room()
    """How much one request may hold."""
    seen: Seen = ()
    """What it counts as tokens, of what we estimated."""
    answered: frozenset[Hashable] = frozenset()
    """Options with which it has answered."""
    since: float = 0.0
    """Monotonic seconds of the first fact."""


NOTHING = Learnt()


class Memory:
    """One lock, one table."""

    def __init__(self) -> None:
        """Know nothing."""
        self.lock = threading.RLock()
        """Held by whoever reads or changes a pace. It may be taken twice: a turn that is dropped gives its place back
        wherever the collector happens to find it."""
        self._places: dict[Place, Learnt] = {}
        self._paces: dict[Place, Pace] = {}
        self._tokens: dict[Hashable, Token] = {}
        self._said: dict[Hashable, None] = {}

    def known(self, place: Place, now: float) -> Learnt:
        """What is known of a place and not yet stale."""
        learnt = self._places.get(place)
        return learnt if learnt is not None and now - learnt.since < LIFETIME else NOTHING

    def learn(self, place: Place, now: float, **facts: Any) -> None:
        """Add facts."""
        with self.lock:
            before = self.known(place, now)
            self._places.pop(place, None)
            since = now if before is NOTHING else before.since
            self._places[place] = msgspec.structs.replace(before, since=since, **facts)
            while len(self._places) > CAPACITY:
                del self._places[next(iter(self._places))]

    def of(self, base: str, whose: Hashable, now: float) -> dict[str, Learnt]:
        """What is known of the models at an address with these credentials."""
        with self.lock:
            places = [place for place in self._places if (place[0], place[2]) == (base, whose)]
            known = {place[1]: self.known(place, now) for place in places}
        return {model: learnt for model, learnt in known.items() if learnt is not NOTHING}

    def pace(self, place: Place, now: float) -> Pace:
        """Find or make the pace of a place; one that is in use is never forgotten. The caller holds the lock."""
        pace = self._paces.pop(place, None)
        if pace is None or (now - pace.used >= LIFETIME and not pace.lanes):
            pace = Pace()
        self._paces[place] = pace
        if len(self._paces) > CAPACITY:
            oldest = next((each for each, idle in self._paces.items() if not idle.lanes and idle is not pace), None)
            self._paces.pop(oldest, None) if oldest is not None else None
        return pace

    def token(self, key: Hashable, now: float) -> Token | None:
        """The token kept under this key, unless it is about to expire."""
        token = self._tokens.get(key)
        return token if token is not None and now < token.expires - MARGIN else None

    def keep(self, key: Hashable, token: Token) -> None:
        """Keep a token for all who need it."""
        with self.lock:
            self._tokens.pop(key, None)
            self._tokens[key] = token
            while len(self._tokens) > CAPACITY:
                del self._tokens[next(iter(self._tokens))]

    def drop(self, key: Hashable, token: Token) -> None:
        """Forget a token that was refused, unless another has taken its place."""
        with self.lock:
            if self._tokens.get(key) is token:
                del self._tokens[key]

    def forget(self) -> None:
        """Know nothing again."""
        with self.lock:
            self._places.clear()
            self._paces.clear()
            self._tokens.clear()
            self._said.clear()

    def first(self, key: Hashable) -> bool:
        """Whether nobody has asked under this key before: for what is said once."""
        with self.lock:
            if key in self._said:
                return False
            self._said[key] = None
            while len(self._said) > CAPACITY:
                del self._said[next(iter(self._said))]
            return True

    def unlock(self) -> None:
        """In a forked child: the old lock may be held by a thread that is not there, as may be who waits and sends."""
        self.lock = threading.RLock()
        for pace in self._paces.values():
            pace.lanes.clear()


MEMORY = Memory()
"""The process's own."""
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=MEMORY.unlock)
