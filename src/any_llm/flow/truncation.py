"""Which inputs did a provider cut in silence? Told from the tokens it says it read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from any_llm.flow.bounds import SPECIAL, least

if TYPE_CHECKING:
    from collections.abc import Sequence

WINDOWS = tuple(2**power for power in range(7, 18))
"""Tokens that models and servers commonly read of an input: 128 to 131,072."""
UNCOUNTED = 2
"""Tokens of a full window that a server may leave out of its count: those that begin and end a text."""
FULL = frozenset(window - left_out for window in WINDOWS for left_out in range(UNCOUNTED + 1))


class Truncation(msgspec.Struct, frozen=True):
    """What one reply shows."""

    overflow: Literal["enforced", "detected", "unknown"]
    """Over-long inputs are refused there; this reply's count shows that inputs were cut; neither is known."""
    positions: tuple[int, ...] = ()
    """Positions in the batch of the inputs that were cut for certain. There may be more."""


def truncated(
    texts: Sequence[str],
    measured: int | None,
    *,
    limit: int | None,
    enforced: bool,
    counts: Sequence[int] | None = None,
) -> Truncation:
    """Judge a 200 by the tokens it says it read (`measured`; None: it does not say, or we estimated).

    `texts` are what was sent, prefix and all. `limit` is the model's tokens an input, `enforced` whether the provider
    refuses more, `counts` the exact tokens of each text, where a tokenizer is at hand; without, each has the fewest
    that any tokenizer gives it. An input was cut when two things agree: what was measured leaves no room for it, and it
    is longer than the model's limit, or it was alone and just a common window was measured. The first is proof by
    itself where a server counts what it reads; the second is there for those that make up their counts.
    """
    positions: tuple[int, ...] = ()
    alone = len(texts) == 1
    if measured and (alone or limit is not None):
        enough = 0 if alone and full(measured) else limit
        if enough is not None:
            positions = _cut(texts, measured, counts=counts, enough=enough)
    if positions:
        return Truncation("detected", positions)
    return Truncation("enforced" if enforced else "unknown")


def full(measured: int) -> bool:
    """Whether just a common window was read."""
    return measured in FULL


def _cut(texts: Sequence[str], measured: int, *, counts: Sequence[int] | None, enough: int) -> tuple[int, ...]:
    """Positions of what has more tokens than `enough`, and than any window that `measured` allows."""
    # A word and the blank before it are two characters, so that shorter texts need no look.
    if counts is None and max(map(len, texts)) <= 2 * enough:
        return ()
    fewest = list(map(least, texts)) if counts is None else [max(0, count - SPECIAL) for count in counts]
    window = widest(fewest, measured)
    return tuple(at for at, tokens in enumerate(fewest) if window is not None and tokens > max(window, enough))


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
