"""What tells one client's credentials from another's: without holding their words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Hashable


class Same:
    """An object that is itself alone. Kept, so that none made later is taken for it; never shown."""

    __slots__ = ("_value",)

    def __init__(self, value: object) -> None:
        """Hold it."""
        self._value = value

    def __eq__(self, other: object) -> bool:
        """Compare by identity."""
        return isinstance(other, Same) and self._value is other._value

    def __hash__(self) -> int:
        """Agree with that."""
        return id(self._value)


def known_by(value: Any) -> Hashable:
    """What tells a key or an option from others of its name, without holding its words."""
    return hash(value) if isinstance(value, str | int | float) else Same(value)
