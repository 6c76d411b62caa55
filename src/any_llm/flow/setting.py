"""What the conversations of one call share, and how each of them ends."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import msgspec

from any_llm.flow.budget import Budget
from any_llm.flow.overflow import Overflow
from any_llm.flow.pace import Terms
from any_llm.flow.room import HOSTED
from any_llm.flow.tally import Tally
from any_llm.flow.turn import Caller
from any_llm.providers.row import UNLIMITED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from any_llm.exceptions import AnyLLMError
    from any_llm.flow.caps import Cap
    from any_llm.flow.matrix import Matrix
    from any_llm.flow.memory import Memory, Place
    from any_llm.flow.overflow import Long
    from any_llm.flow.retry import Retry
    from any_llm.flow.salvage import Salvage
    from any_llm.flow.watch import Watch
    from any_llm.providers.row import Adapter, Applied, Limits
    from any_llm.types.identity import EmbeddingIdentity
    from any_llm.types.limiter import Limiter
    from any_llm.types.loaded import Loaded
    from any_llm.wire import Call


def unknown() -> None:
    """Nobody knows the price."""


class Setting(msgspec.Struct, frozen=True):
    """What every conversation of one call shares."""

    call: Call
    adapter: Adapter
    matrix: Matrix
    memory: Memory
    place: Place
    retry: Retry
    chance: Callable[[], float] = random.random
    terms: Terms = Terms()
    explicit: Limits = UNLIMITED
    """What a request may hold, as the caller says."""
    first: Limits = HOSTED
    """What a first request holds, where no limit is known."""
    count: Callable[[str], int] | None = None
    """Tokens of a text, exactly, where a tokenizer is at hand."""
    overflow: Overflow = Overflow()
    caller: Caller = msgspec.field(default_factory=Caller)
    tally: Tally = msgspec.field(default_factory=Tally)
    identity: EmbeddingIdentity | None = None
    """What its vectors are, as far as that is known before one was made."""
    price: Callable[[], float | None] = unknown
    """USD per million tokens, looked up when somebody asks; None: not known."""
    budget: Budget = msgspec.field(default_factory=Budget)
    watch: Watch | None = None
    """None: nobody watches."""
    limiter: Limiter | None = None
    """Who else says when a request goes."""


class Problem(msgspec.Struct, frozen=True):
    """Why a try did not end well."""

    error: AnyLLMError
    at: float
    """Monotonic seconds."""
    again: bool = False
    """The same request may do better: a counted retry."""
    free: str | None = None
    """Names a second try that is not counted, and happens once."""
    asked: float | None = None
    """Seconds the provider wants us to wait."""
    twice: bool = False
    """It may have been billed: its reply was lost, or could not be used."""
    large: Cap | None = None
    """The batch was too much for one request, and this is what to keep to."""
    long: Long | None = None
    """What the refusal of an over-long input says of its length."""
    salvage: Salvage | None = None
    """What of its reply may be right."""


class Answer(msgspec.Struct, frozen=True):
    """What a conversation brought home beside its vectors."""

    measured: int | None
    """Tokens of the inputs, as the provider counted them."""
    total_tokens: int | None
    model: str | None
    request_id: str | None
    applied: Applied | None = None
    at: float = 0.0
    """Monotonic seconds."""
    cut: Sequence[int] = ()
    """Positions in the batch of inputs that were cut or averaged, where the maker says so."""
    loaded: Loaded | None = None
    """Which model that was, where only the loaded one could tell."""
