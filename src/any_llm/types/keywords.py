"""Which keywords of pydantic's dumps are taken here because they change nothing."""

from __future__ import annotations

from typing import Any, TypedDict


class Idle(TypedDict, total=False):
    """Keywords of pydantic's dumps that change nothing here: there are no aliases and nothing is computed."""

    context: Any
    by_alias: bool | None
    exclude_unset: bool
    exclude_defaults: bool
    exclude_computed_fields: bool
    round_trip: bool
    warnings: bool | str
    fallback: Any
    serialize_as_any: bool
    polymorphic_serialization: bool | None


def refuse_unknown(keywords: Idle) -> None:
    """Raise TypeError for any other keyword: a misspelt one would do nothing in silence."""
    for name in keywords:
        if name not in Idle.__annotations__:
            raise TypeError(f"a dump has no keyword argument {name!r}")
