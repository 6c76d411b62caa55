"""What is asked of an SDK and of us alike, and what an SDK read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from loopback import Answer, Request

KEY = "key-for-the-loopback"


class Case(msgspec.Struct, frozen=True):
    """One call. `input_type` and `overflow` are our words; `extra` are fields that the API and its SDK name alike."""

    name: str
    inputs: str | list[str]
    dimensions: int | None = None
    input_type: str | None = None
    overflow: str | None = None
    dtype: str | None = None
    extra: Mapping[str, Any] = {}

    @property
    def texts(self) -> list[str]:
        """The inputs as a list, for an SDK that takes nothing else."""
        return [self.inputs] if isinstance(self.inputs, str) else self.inputs


class Read(msgspec.Struct, frozen=True):
    """What the SDK made of the reply. `tokens` is None where it reads no count."""

    vectors: list[list[float]]
    tokens: int | None


class Oracle(msgspec.Struct, frozen=True, kw_only=True):
    """An official SDK, and the same call in our words."""

    name: str
    provider: str
    sdk: str
    """The SDK's distribution, as pyproject.toml names it."""
    model: str
    embed: Callable[[str, Oracle, Case], Read]
    """Makes the call through the SDK: base URL, self, case."""
    answer: Callable[[Request], Answer]
    """Replies as the provider would."""
    cases: tuple[Case, ...]
    differences: tuple[str, ...]
    """Names of the ways in which we mean to differ."""
    base: str = ""
    """What follows the server's address in the SDK's base URL, and so in our `api_base`."""
    keyed: bool = True
    """Whether the call carries KEY."""
    client: Mapping[str, Any] = {}
    """Options of the SDK's constructor, and so of our `client_args`."""

    def __str__(self) -> str:
        """Name the line of the table."""
        return self.name
