"""What the process has learnt of a model at a host, as a client's user may read it."""

from __future__ import annotations

from typing import NamedTuple

from any_llm.providers.row import Limits

__all__ = ["Learnt"]


class Learnt(NamedTuple):
    """Facts that replies have taught, for one model with one key."""

    named: Limits = Limits()
    """What one request may hold, as refusals said."""
    guessed: Limits = Limits()
    """What one request shall hold for now: half of what was refused without a number. Probed upward."""
    refuses_base64: bool = False
    """It has refused encoding_format, so it is sent none."""
    tokens_per_estimate: float | None = None
    """What our estimates of tokens are multiplied by. None: no reply has told."""
    forgotten_in: float = 0.0
    """Seconds until all of this is forgotten."""
