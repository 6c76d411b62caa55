"""Which model was loaded in this process? What only its files can tell of its identity."""

from __future__ import annotations

import msgspec


class Loaded(msgspec.Struct, frozen=True):
    """A model in this process, by its own name and by what is in its files."""

    name: str
    revision: str
    prompt: str | None = None
    """Words its files have put before a text of the role that was asked for."""
