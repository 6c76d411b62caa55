"""How many tokens a call took, and whose count that is."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, get_args

from any_llm.types.record import checked
from any_llm.types.schema import Described

Source = Literal["measured", "estimated", "unknown"]
SOURCES: tuple[Source, ...] = get_args(Source)


class Usage(Described):
    """Tokens of a call. `source` says whose count it is: the provider's, an estimate of ours, or nobody's (zeros)."""

    __slots__ = ("prompt_tokens", "source", "total_tokens")

    _fields: ClassVar[dict[str, Any]] = {"prompt_tokens": int, "total_tokens": int}
    _beside: ClassVar[tuple[str, ...]] = ("source",)

    prompt_tokens: int
    total_tokens: int
    source: Source

    def __init__(self, *, prompt_tokens: int, total_tokens: int, source: Source = "measured") -> None:
        """Check and keep them. Raises ValueError."""
        self.prompt_tokens = checked(prompt_tokens, int, "Usage.prompt_tokens")
        self.total_tokens = checked(total_tokens, int, "Usage.total_tokens")
        if source not in SOURCES:
            raise ValueError(f"Usage.source: Expected one of {', '.join(SOURCES)}")
        self.source = source

    def __eq__(self, other: object) -> bool:
        """Equal in both counts and in whose they are."""
        if not isinstance(other, Usage):
            return NotImplemented
        return super().__eq__(other) and self.source == other.source

    __hash__ = None  # type: ignore[assignment]  # mutable

    def _shown(self) -> list[tuple[str, str]]:
        beside = [] if self.source == "measured" else [("source", repr(self.source))]
        return super()._shown() + beside
