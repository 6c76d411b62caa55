"""What the process has learnt for a client, as its user may read it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from any_llm.flow.memory import LIFETIME, MEMORY
from any_llm.flow.tokens import rate
from any_llm.types.learnt import Learnt

if TYPE_CHECKING:
    from collections.abc import Hashable


def learnt(base: str, whose: Hashable) -> dict[str, Learnt]:
    """Model -> what is known of it at this address with these credentials."""
    now = time.monotonic()
    return {
        model: Learnt(
            named=facts.room.named,
            guessed=facts.room.guessed,
            refuses_base64=not facts.base64,
            tokens_per_estimate=rate(facts.seen) if facts.seen else None,
            forgotten_in=facts.since + LIFETIME - now,
        )
        for model, facts in MEMORY.of(base, whose, now).items()
    }
