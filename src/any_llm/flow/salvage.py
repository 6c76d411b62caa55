"""What of a reply is right beside a vector that is wrong? It was paid for, and goes with the error."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from any_llm.exceptions import AnyLLMError
from any_llm.flow.matrix import InvalidVectorError, Matrix
from any_llm.flow.vectors import fill
from any_llm.types.vectors import Vectors
from any_llm.wire import Batch, Part

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from any_llm.flow.record import Record
    from any_llm.flow.setting import Answer


class Salvage(msgspec.Struct, frozen=True):
    """A reply that is wrong about one input, and is not asked for again."""

    batch: Batch
    part: Part
    answer: Answer
    """What it says beside its vectors."""


def keep(salvage: Salvage | None, record: Record, matrix: Matrix, lock: AbstractContextManager[object]) -> None:
    """Put down each vector that is right by itself; `lock` is the record's."""
    # One that was made in this process has cost nothing.
    if salvage is None or isinstance(vectors := salvage.part.vectors, Vectors):
        return
    batch, part = salvage.batch, salvage.part
    found: dict[int, Matrix] = {}
    places = batch.indexes if part.indexes is None else [batch.indexes[index] for index in part.indexes]
    for place, vector in zip(places, vectors, strict=True):
        alone = Matrix(1, matrix.form)
        text = batch.texts[batch.indexes.index(place)]
        with suppress(InvalidVectorError):
            fill(alone, Batch([text], [0], 0), Part(vectors=[vector]))
            found[place] = alone
    # Of several widths the usual one is right, as it is where all are there.
    width = matrix.width or next(iter(Counter(each.width for each in found.values()).most_common(1)), (0, 0))[0]
    right = {place: each for place, each in found.items() if each.width == width and place < matrix.count}
    if not right:
        return
    with suppress(InvalidVectorError, AnyLLMError), lock:
        matrix.open(width, None)
        good = False
        try:
            for place, each in right.items():
                matrix.was_cut |= each.was_cut
                matrix.uneven |= each.uneven
                matrix.put(place, bytes(each.buffer))
            record.add(salvage.answer)  # raises where it is another model's: then nothing of this call is of use
            good = True
        finally:
            matrix.close(right=good)
