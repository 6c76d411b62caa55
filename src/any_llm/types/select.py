"""Which parts of a dump `include` and `exclude` keep, by pydantic's rules."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

Choice = AbstractSet[Any] | Mapping[Any, Any] | None
"""Names or positions, or a mapping of them to a choice one level down (True or ...: the whole). "__all__" is each."""

EVERY = "__all__"


def narrow(key: str | int, include: Choice, exclude: Choice) -> tuple[Choice, Choice] | None:
    """Return what holds below `key`; None: leave it out. Raises TypeError for a choice of another type."""
    below = _find(key, exclude, "exclude")
    if below is True:
        return None
    within = _find(key, include, "include")
    if include is not None and within is None:
        return None
    return (None if within is True else within), below


def _find(key: str | int, choice: Choice, argument: str) -> Any:
    """Return True for the whole of `key`, what is said of its parts, or None for nothing."""
    if choice is None:
        return None
    if isinstance(choice, AbstractSet):
        return True if key in choice or EVERY in choice else None
    if not isinstance(choice, Mapping):
        raise TypeError(f"`{argument}` argument must be a set or dict.")
    one, every = choice.get(key), choice.get(EVERY)
    if _whole(one) or _whole(every):
        return True
    return every if one is None else one if every is None else _merge(_mapping(one), _mapping(every))


def _whole(value: Any) -> bool:
    return value is True or value is ...


def _mapping(choice: Any) -> dict[Any, Any]:
    return dict(choice) if isinstance(choice, Mapping) else dict.fromkeys(choice, True)


def _merge(one: dict[Any, Any], every: dict[Any, Any]) -> dict[Any, Any]:
    merged = {**every, **one}
    for key in one.keys() & every.keys():
        whole = _whole(one[key]) or _whole(every[key])
        merged[key] = True if whole else _merge(_mapping(one[key]), _mapping(every[key]))
    return merged
