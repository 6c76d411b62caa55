"""Which inputs travel together: batches that break no limit. Lazy, so that a limit learnt meanwhile counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from any_llm.flow.tokens import estimate, size
from any_llm.wire import Batch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from any_llm.providers.row import Limits


def plan(inputs: Sequence[str], limits: Callable[[], Limits], *, prefix: str = "") -> Iterator[Batch]:
    """Fill each batch as far as the limits in force allow. An input over a limit travels alone; none is ever cut.

    `prefix` stands before each text that travels, and counts.
    """
    start, before = 0, size(prefix)
    while start < len(inputs):
        now = limits()
        if now.tokens is None and now.bytes is None:
            stop = len(inputs) if now.items is None else min(len(inputs), start + now.items)
            tokens = sum(estimate(before + size(inputs[i])) for i in range(start, stop))
        else:
            stop, tokens = _reach(inputs, start, now, before)
        texts = inputs[start:stop]
        yield Batch([prefix + text for text in texts] if prefix else texts, range(start, stop), tokens)
        start = stop


def _reach(inputs: Sequence[str], start: int, limits: Limits, before: int) -> tuple[int, int]:
    """Where the batch that begins at `start` must end, and its tokens. `before`: bytes that each text has besides."""
    last = len(inputs) if limits.items is None else min(len(inputs), start + limits.items)
    tokens = total = 0
    for position in range(start, last):
        weight = before + size(inputs[position])
        more = estimate(weight)
        over_tokens = limits.tokens is not None and tokens + more > limits.tokens
        over_bytes = limits.bytes is not None and total + weight > limits.bytes
        if position > start and (over_tokens or over_bytes):
            return position, tokens
        tokens += more
        total += weight
    return last, tokens
