"""Which rows do installed packages bring? Those of the entry point group "any_llm.providers"."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, NamedTuple

from any_llm.providers.own import checked
from any_llm.providers.row import Row

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.metadata import EntryPoint

GROUP = "any_llm.providers"


class Brought(NamedTuple):
    """What one entry point gave."""

    origin: str
    """Which entry point of which distribution."""
    rows: tuple[Row, ...] = ()
    error: Exception | None = None
    """Why it gave nothing."""


def brought() -> Iterator[Brought]:
    """Load each entry point: a Row, or a function that returns one or several."""
    try:
        # In an order that no file system decides: of two with one name, the first stands.
        found = sorted(entry_points(group=GROUP), key=_origin)
    except Exception as error:  # noqa: BLE001  # whatever another package does wrong, the rest must go on
        yield Brought(f"reading the entry points {GROUP}", error=error)
        return
    for entry in found:
        try:
            yield Brought(_origin(entry), _rows(entry))
        except Exception as error:  # noqa: BLE001
            yield Brought(_origin(entry), error=error)


def _origin(entry: EntryPoint) -> str:
    owner = f"{entry.dist.name} {entry.dist.version}" if entry.dist is not None else "an unknown package"
    return f"{owner}, by its entry point {entry.name} = {entry.value},"


def _rows(entry: EntryPoint) -> tuple[Row, ...]:
    value: Any = entry.load()
    if callable(value):
        value = value()
    if isinstance(value, str) or not hasattr(value, "__iter__"):
        raise TypeError(f"a {type(value).__name__} is neither a Row nor a function that gives some")
    return tuple(checked(row) for row in ([value] if isinstance(value, Row) else value))
