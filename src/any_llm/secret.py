"""What holds a key? A text whose repr hides it, so that no debugger, log or crash report shows it by accident."""

from __future__ import annotations

from typing import Any

SECRETIVE = ("auth", "key", "token", "secret", "cookie", "password")
"""What has one of these words in its name carries a secret."""


class Secret(str):
    """Equal to its text, and sent as it. Only `repr` differs."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Never the text."""
        return "'***'"


class Hidden(tuple[Any, ...]):
    """Equal to a tuple of the same. Only `repr` differs."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Never what it holds."""
        return "(***)"


def secretive(name: str) -> bool:
    """Whether a header, parameter or option of this name carries a secret."""
    return any(word in name.lower() for word in SECRETIVE)


def hidden(name: str, value: Any) -> Any:
    """The value, not to be shown if its name says so."""
    return Secret(value) if type(value) is str and secretive(name) else value
