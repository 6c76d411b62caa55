"""Which inputs did a provider cut in silence? Told from the tokens it says it read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from any_llm.flow.bounds import SPECIAL, least
from any_llm.providers.row import LEAST_ROOM

if TYPE_CHECKING:
    from collections.abc import Sequence

WINDOWS = tuple(2**power for power in range(7, 18))
"""Tokens that models and servers commonly read of an input: 128 to 131,072."""
UNCOUNTED = 2
"""Tokens of a full window that a server may leave out of its count: those that begin and end a text."""
FULL = frozenset(window - left_out for window in WINDOWS for left_out in range(UNCOUNTED + 1))
PLAIN = 2
"""A count plainly leaves texts out when it does not come to one token for so many of the fewest they can have.

No tokenizer in use makes one token of two words; some servers take a quarter of the characters for a count, which of
the shortest words is half a token each, and tokenizers of words that belong together are being tried.
"""


class Truncation(msgspec.Struct, frozen=True):
    """What the count of one reply shows."""

    positions: tuple[int, ...] = ()
    """Positions in the batch of the inputs that were cut for certain. There may be more."""
    short: bool = False
    """It is too low for all of them to have been read: some were cut, or it counts as it likes."""


def truncated(
    texts: Sequence[str],
    measured: int | None,
    *,
    limit: int | None,
    counts: Sequence[int] | None = None,
    wary: bool = False,
) -> Truncation:
    """Judge a 200 by the tokens it says it read (`measured`; None: it does not say, or we estimated).

    `texts` are what was sent, prefix and all. `limit` is the model's tokens an input, `counts` the exact tokens of each
    text, where a tokenizer is at hand; without, each has the fewest that any tokenizer gives it. An input was cut when
    two things agree: what was measured leaves no room for it, and it is longer than the model's limit, or it was alone
    and just a common window was measured. The first is proof by itself where a server counts what it reads; the second
    is there for those that make up their counts. `wary`: the first is enough where it is plain.
    """
    # All texts as one have no fewer tokens than each of them, added up.
    if not measured or (counts is None and least(".".join(texts)) <= measured):
        return Truncation()
    fewest = list(map(least, texts)) if counts is None else [max(0, count - SPECIAL) for count in counts]
    window = widest(fewest, measured)
    if window is None:
        return Truncation()
    enough = 0 if len(texts) == 1 and full(measured) else limit
    cut = {at for at, tokens in enumerate(fewest) if enough is not None and tokens > max(window, enough)}
    if wary:
        cut |= _plainly([tokens // PLAIN for tokens in fewest], measured)
    return Truncation(tuple(sorted(cut)), short=True)


def full(measured: int) -> bool:
    """Whether just a common window was read."""
    return measured in FULL


def _plainly(fewest: Sequence[int], measured: int) -> set[int]:
    window = widest(fewest, measured)
    # No model reads as little as that of a text: it counts texts, or nothing.
    if window is None or window < LEAST_ROOM:
        return set()
    return {at for at, tokens in enumerate(fewest) if tokens > window}


def widest(tokens: Sequence[int], measured: int) -> int | None:
    """The widest window through which texts of so many tokens are no more than `measured`. None: any will do.

    So whatever has more tokens than it was cut, even where the others have more tokens than is said here.
    """
    left = measured
    for rank, count in enumerate(sorted(tokens)):
        waiting = len(tokens) - rank
        if count * waiting > left:
            return left // waiting
        left -= count
    return None
