"""What do variables of the environment say now? Asked at each call, so that a key that is set later is used at once."""

from __future__ import annotations

import os
from typing import Any, NamedTuple


class Variables(NamedTuple):
    """Some variables, by name, and as os.environ itself keeps them."""

    names: tuple[str, ...]
    encoded: tuple[Any, ...]


def variables(*names: str) -> Variables:
    """Make them ready to be looked at."""
    return Variables(names, tuple(map(os.environ.encodekey, names)))


def said(asked: Variables) -> tuple[object, ...]:
    """What each says, to be compared with what it said before; None: it is not set."""
    # os.environ answers for one that is not set by two exceptions: 15 of them would be a fifth of a call. What it keeps
    # them in is the same in every Python that runs here; a mapping that was put in its place is asked as any other.
    table: dict[Any, object] | None = getattr(os.environ, "_data", None)
    if table is None:
        return tuple(map(os.environ.get, asked.names))
    return tuple(map(table.get, asked.encoded))
