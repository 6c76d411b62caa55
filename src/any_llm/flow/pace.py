"""When the next request may go. A driver asks again after each wait, so nobody reserves ahead of a pause."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from any_llm.flow.memory import Memory, Place


def admit(memory: Memory, place: Place, now: float) -> float:
    """Seconds to wait before asking again; 0: go."""
    return max(0.0, memory.known(place, now).paused_until - now)
