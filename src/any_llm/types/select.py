"""Which parts of a dump `include` and `exclude` keep, by pydantic's rules."""

from __future__ import annotations

from collections.abc import Container, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

Choice = Container[Any] | Mapping[Any, Any] | None
"""Names or positions, or a mapping of them to a choice one level down (True or ...: the whole). "__all__" is each."""

EVERY = "__all__"
UNSAID = object()


def narrow(key: str | int, include: Choice, exclude: Choice, *, length: int = 0) -> tuple[Choice, Choice] | None:
    """Return what holds below `key`; None: leave it out. Raises TypeError for a choice of another type.

    `length` is that of the list `key` is a position in, to be counted from the end too.
    """
    without = _said(key, exclude, "exclude", length)
    within = _said(key, include, "include", length)
    if _whole(without) or (within is UNSAID and include is not None):
        return None
    return (None if within is UNSAID or _whole(within) else within), (None if without is UNSAID else without)


def _said(key: str | int, choice: Choice, argument: str, length: int) -> Any:
    """Return what `choice` says of `key`: True or ... for the whole, a choice of its parts, or UNSAID."""
    if choice is None:
        return UNSAID
    keys = (key, key - length) if isinstance(key, int) else (key,)
    if isinstance(choice, Mapping):
        said = [choice[each] for each in choice if each in keys] if any(each in choice for each in keys) else [UNSAID]
        one = said[-1]  # of two words for one position, from the start and from the end, the later
        every = choice.get(EVERY, UNSAID)
        return every if one is UNSAID else one if every is UNSAID else _merge(one, every)
    if not isinstance(choice, Container):
        raise TypeError(f"`{argument}` argument must be a set or dict.")
    return True if EVERY in choice or any(each in choice for each in keys) else UNSAID


def _whole(value: Any) -> bool:
    return value is True or value is ...


def _merge(one: Any, every: Any) -> Any:
    """Join what is said of one with what is said of each; of one that is said or kept whole, its own word holds."""
    if _whole(one) or _whole(every):
        return one
    merged = _mapping(one)
    for key, value in _mapping(every).items():
        merged[key] = _merge(merged[key], value) if key in merged else value
    return merged


def _mapping(choice: Any) -> dict[Any, Any]:
    if not isinstance(choice, Mapping | AbstractSet):
        raise TypeError("`include` and `exclude` must be sets or dicts where they are merged.")
    return dict(choice) if isinstance(choice, Mapping) else dict.fromkeys(choice, True)
