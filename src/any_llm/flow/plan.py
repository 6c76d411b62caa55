"""Which inputs travel together: batches that break no limit. Lazy, so that a limit learnt meanwhile counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from any_llm.flow.tokens import estimates, size, sizes
from any_llm.providers.row import UNLIMITED, Limits
from any_llm.wire import Batch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


STRETCH = 256
"""Inputs looked at together."""


class Stretch:
    """Inputs that are planned one after another."""

    __slots__ = ("begun", "halved", "most", "order")

    def __init__(self, order: Sequence[int], *, most: int | None = None, halved: bool = False) -> None:
        """Their positions; how many a batch may take at most; whether they were sent before, with others."""
        self.order = order
        self.most = most
        self.halved = halved
        self.begun = 0
        """How many of them are under way."""


class Plan:
    """Fills each batch as far as the limits in force allow. An input over a limit travels alone; none is ever cut."""

    def __init__(
        self,
        inputs: Sequence[str],
        limits: Callable[[], Limits],
        *,
        prefix: str = "",
        order: Sequence[int] | None = None,
        rate: Callable[[], float] = lambda: 1.0,
        count: Callable[[str], int] | None = None,
    ) -> None:
        """Plan the inputs at the positions in `order`, by default all. `prefix` stands before each text, and counts.

        Tokens are counted by `count`, where a limit on them is in force; else they are estimated at `rate`.
        """
        self._inputs = list(inputs)
        self._in_force = limits
        self._prefix = prefix
        self._before = size(prefix)
        self._rate = rate
        self._count = count
        positions = range(len(inputs)) if order is None else order
        self._left = [Stretch(positions)]
        """The last goes first."""
        self.limits = UNLIMITED
        """Those that the batch taken last was planned under."""
        self.halved = False
        """Whether the inputs of the batch taken last were sent before, with others."""

    def take(self) -> Batch | None:
        """Plan the next batch; None: every input is under way."""
        while self._left and self._left[-1].begun == len(self._left[-1].order):
            self._left.pop()
        if not self._left:
            return None
        last = self._left[-1]
        self.limits = self._in_force()
        batch = self._filled(last.order, last.begun, last.most, self.limits)
        last.begun += len(batch)
        self.halved = last.halved
        return batch

    def peek(self) -> Batch | None:
        """The only batch there is to take, if all inputs fit one; it is not taken."""
        if len(self._left) != 1:
            return None
        order = self._left[0].order
        batch = self._filled(order, 0, None, self._in_force()) if order else None
        return batch if batch is not None and len(batch) == len(order) else None

    def done(self) -> bool:
        """Whether every input is under way."""
        return all(each.begun == len(each.order) for each in self._left)

    def batch(self, indexes: Sequence[int], tokens: int | None = None) -> Batch:
        """These inputs as one batch."""
        texts = self._texts(indexes)
        if tokens is None:
            tokens = sum(estimates([self._before + each for each in sizes(texts)], self._rate()))
        return Batch([self._prefix + text for text in texts] if self._prefix else texts, indexes, tokens)

    def text(self, index: int) -> str:
        """An input as it was given."""
        return self._inputs[index]

    def add(self, texts: Sequence[str], *, halved: bool) -> Sequence[int]:
        """More inputs, to go before all others: say at which positions they stand. `halved`: the whole was sent."""
        first = len(self._inputs)
        self._inputs += texts
        self._left.append(Stretch(range(first, len(self._inputs)), halved=halved))
        return range(first, len(self._inputs))

    def drop(self, indexes: set[int]) -> None:
        """Of these, what is not under way shall not be."""
        self._left = [
            Stretch(left, most=each.most, halved=each.halved)
            for each in self._left
            if (left := [index for index in each.order[each.begun :] if index not in indexes])
        ]

    def outgrown(self, batch: Batch, limits: Limits) -> bool:
        """Whether a batch that was planned under these limits breaks those in force now."""
        if len(batch) == 1 or (now := self._in_force()) is limits or now == limits:
            return False
        total = sum(sizes(batch.texts)) if now.bytes is not None else 0
        return (now.items is not None and len(batch) > now.items) or _over(now, batch.tokens, total)

    def again(self, indexes: Sequence[int], *, halved: bool = True) -> None:
        """Plan these inputs anew, before all others. `halved`: they were sent."""
        self._left.append(Stretch(indexes, halved=halved))

    def put_back(self, batch: Batch, *, halved: bool) -> None:
        """Nothing of this batch was sent after all: plan it anew, before all others. `halved`: as it was before."""
        last = self._left[-1] if self._left else Stretch(())
        start = last.begun - len(batch)
        if start >= 0 and last.order[start : last.begun] == batch.indexes:  # nothing was taken since
            last.begun = start
        else:
            self._left.append(Stretch(batch.indexes, halved=halved))

    def give_back(self, batch: Batch) -> None:
        """These inputs were too much for one request: plan them anew, in smaller batches, before all others."""
        self._left.append(Stretch(batch.indexes, most=len(batch) - 1, halved=True))

    def _filled(self, order: Sequence[int], start: int, most: int | None, limits: Limits) -> Batch:
        """The batch that begins at `start`, as full as it may be."""
        stop = len(order) if limits.items is None else min(len(order), start + limits.items)
        stop = stop if most is None else min(stop, start + most)
        rate = self._rate()
        tokens = total = 0
        count = self._count if limits.tokens is not None else None
        step = STRETCH if count is None else 1  # to count is dear: what does not fit is counted again
        for begin in range(start, stop, step):
            texts = self._texts(order[begin : min(stop, begin + step)])
            weights = sizes(texts)
            if self._before:
                weights = [self._before + weight for weight in weights]
            costs = estimates(weights, rate) if count is None else [count(self._prefix + text) for text in texts]
            tokens, total = tokens + sum(costs), total + sum(weights)
            end = begin + len(texts)
            while end - 1 > start and _over(limits, tokens, total):
                end -= 1
                tokens, total = tokens - costs[end - begin], total - weights[end - begin]
            if end < begin + len(texts):
                return self.batch(order[start:end], tokens)
        return self.batch(order[start:stop], tokens)

    def _texts(self, indexes: Sequence[int]) -> list[str]:
        if isinstance(indexes, range) and indexes.step == 1:
            return self._inputs[indexes.start : indexes.stop]
        return [self._inputs[index] for index in indexes]


def _over(limits: Limits, tokens: int, total: int) -> bool:
    return (limits.tokens is not None and tokens > limits.tokens) or (limits.bytes is not None and total > limits.bytes)


def equal_ones(inputs: Sequence[str]) -> dict[int, int]:
    """Positions of inputs that were there before -> where."""
    if len(set(inputs)) == len(inputs):
        return {}
    first: dict[str, int] = {}
    return {index: before for index, text in enumerate(inputs) if (before := first.setdefault(text, index)) != index}
