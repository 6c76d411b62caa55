"""What is kept of a call's inputs, what other calls fetch of them, and by which key each is known."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

from any_llm.flow.flights import Claims, Flights
from any_llm.flow.merge import identified

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from any_llm.flow.flights import Flight
    from any_llm.flow.setting import Setting
    from any_llm.types.entry import Entry, Store
    from any_llm.types.loaded import Loaded

KEY = 16
"""Bytes of a key: nobody finds two texts of one."""


class Cache(msgspec.Struct, frozen=True):
    """Where vectors are kept, and what is under way to it."""

    store: Store
    flights: Flights


class Found(msgspec.Struct, frozen=True):
    """What a look brought, by row."""

    entries: Mapping[int, Entry]
    others: Mapping[int, Flight]
    """Those that another call fetches."""


class Lookup:
    """One call's. `find` and `put` block."""

    def __init__(self, setting: Setting, inputs: Sequence[str], cache: Cache) -> None:
        """Look for nothing yet."""
        self._setting, self._inputs, self._store = setting, inputs, cache.store
        self._claims = Claims(cache.flights)
        self._keys: list[bytes] = []
        self.loaded: Loaded | None = None
        """The model, where only the loaded one tells what it is."""

    def find(self, rows: Collection[int]) -> Found:
        """Look for these, and claim what is not there."""
        keys = self._keys = self._keys or self._known_by()
        # Claimed before it is looked for: whoever had it until now has put it there.
        others = self._claims.claim(dict.fromkeys(keys[row] for row in rows))
        mine = [row for row in rows if keys[row] not in others]
        entries = self._store.get({keys[row] for row in mine})
        self._claims.land(entries)
        return Found(
            {row: entries[keys[row]] for row in mine if keys[row] in entries},
            {row: others[keys[row]] for row in rows if keys[row] in others},
        )

    def put(self, fresh: Mapping[int, Entry]) -> None:
        """Keep these."""
        self._store.put({self._keys[row]: entry for row, entry in fresh.items()})

    def landed(self, fresh: Mapping[int, Entry]) -> None:
        """These are kept: whoever waits for them has them."""
        self._claims.land({self._keys[row]: entry for row, entry in fresh.items()})

    def let_go(self, *, for_good: bool = True) -> None:
        """What has not landed is for others to fetch. `for_good`: nothing is claimed from now on."""
        self._claims.close(for_good=for_good)

    def _known_by(self) -> list[bytes]:
        loaded = getattr(self._setting.adapter, "loaded", None)
        if loaded is not None:
            self.loaded = loaded(self._setting.call).function()
        identity = identified(self._setting.identity, self.loaded)
        assert identity is not None
        begun = hashlib.blake2b(identity.canonical() + b"\0", digest_size=KEY)
        keys = []
        for text in self._inputs:
            digest = begun.copy()
            digest.update(text.encode())
            keys.append(digest.digest())
        return keys
