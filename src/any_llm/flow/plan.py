"""Which inputs travel together: batches that break no limit. Lazy, so that a limit learnt meanwhile counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from any_llm.flow.tokens import estimate, size
from any_llm.wire import Batch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from any_llm.providers.row import Limits


class Stretch(NamedTuple):
    """Inputs that are planned one after another."""

    order: Sequence[int]
    """Their positions."""
    begun: int = 0
    """How many of them are under way."""
    most: int | None = None
    """How many a batch may take at most."""
    halved: bool = False
    """They were sent before, with others."""


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
        self._limits = limits
        self._prefix = prefix
        self._before = size(prefix)
        self._rate = rate
        self._count = count
        positions = range(len(inputs)) if order is None else order
        self._left = [Stretch(positions)]
        """The last goes first."""
        self.halved = False
        """Whether the inputs of the batch taken last were sent before, with others."""

    def take(self) -> Batch | None:
        """Plan the next batch; None: every input is under way."""
        while self._left and self._left[-1].begun == len(self._left[-1].order):
            self._left.pop()
        if not self._left:
            return None
        last = self._left[-1]
        batch = self._filled(last.order, last.begun, last.most, self._limits())
        self._left[-1] = last._replace(begun=last.begun + len(batch))
        self.halved = last.halved
        return batch

    def done(self) -> bool:
        """Whether every input is under way."""
        return all(each.begun == len(each.order) for each in self._left)

    def batch(self, indexes: Sequence[int], tokens: int | None = None) -> Batch:
        """These inputs as one batch."""
        whole = isinstance(indexes, range) and indexes.step == 1
        texts = self._inputs[indexes[0] : indexes[-1] + 1] if whole else [self._inputs[index] for index in indexes]
        if tokens is None:
            rate = self._rate()
            tokens = sum(estimate(self._before + size(text), rate) for text in texts)
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
            each._replace(order=left, begun=0)
            for each in self._left
            if (left := [index for index in each.order[each.begun :] if index not in indexes])
        ]

    def again(self, indexes: Sequence[int]) -> None:
        """Plan these inputs anew, before all others."""
        self._left.append(Stretch(indexes, halved=True))

    def give_back(self, batch: Batch) -> None:
        """These inputs were too much for one request: plan them anew, in smaller batches, before all others."""
        self._left.append(Stretch(batch.indexes, most=len(batch) - 1, halved=True))

    def _filled(self, order: Sequence[int], start: int, most: int | None, limits: Limits) -> Batch:
        """The batch that begins at `start`, as full as it may be."""
        most = min((each for each in (most, limits.items) if each is not None), default=len(order))
        stop = min(len(order), start + most)
        count = self._count if limits.tokens is not None else None
        rate = self._rate()
        tokens = total = 0
        for position in range(start, stop):
            text = self._inputs[order[position]]
            weight = self._before + size(text)
            more = estimate(weight, rate) if count is None else count(self._prefix + text)
            over_tokens = limits.tokens is not None and tokens + more > limits.tokens
            over_bytes = limits.bytes is not None and total + weight > limits.bytes
            if position > start and (over_tokens or over_bytes):
                return self.batch(order[start:position], tokens)
            tokens += more
            total += weight
        return self.batch(order[start:stop], tokens)


def equal_ones(inputs: Sequence[str]) -> dict[int, int]:
    """Positions of inputs that were there before -> where."""
    if len(set(inputs)) == len(inputs):
        return {}
    first: dict[str, int] = {}
    return {index: before for index, text in enumerate(inputs) if (before := first.setdefault(text, index)) != index}
