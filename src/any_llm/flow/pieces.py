"""Which inputs travel in pieces, or were cut. Their pieces are rows of their own, until they are averaged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from any_llm.exceptions import InvalidRequestError
from any_llm.flow.bounds import SPECIAL, by_rate, least, likely, most
from any_llm.flow.split import pieces
from any_llm.flow.tokens import size, sizes
from any_llm.flow.truncation import truncated
from any_llm.flow.vectors import normalise
from any_llm.providers.row import LEAST_ROOM
from any_llm.types.mean import averaged
from any_llm.types.vectors import Vectors

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from any_llm.flow.overflow import Long
    from any_llm.flow.plan import Plan
    from any_llm.flow.setting import Answer, Setting
    from any_llm.types.beside import Overflow
    from any_llm.wire import Batch


class Pieces:
    """A call's over-long inputs. Row i below the number of inputs is input i; the rows beyond are pieces."""

    def __init__(self, setting: Setting, plan: Plan, count: int, limit: Callable[[], int | None]) -> None:
        """Know no piece yet. `limit` gives the tokens the model reads of an input, as far as that is known."""
        self._setting = setting
        self._plan = plan
        self._count = count
        self._limit = limit
        self._owners: dict[int, int] = {}
        self._rows: dict[int, list[int]] = {}
        """Input -> the rows of its pieces, in order."""
        self._there: set[int] = set()
        """Pieces whose vectors are there and to be used."""
        self.truncated: set[int] = set()
        """Inputs that were cut or averaged."""
        self._given_up: set[int] = set()
        self.detected = False
        """Whether inputs were cut that should not have been."""
        self._doubtful = False
        """Whether inputs were sent that may be too long, where nobody would say so."""
        self._contradicted = False
        """Whether a reply counted less than its texts have, where none should be cut."""

    def owner(self, row: int) -> int:
        """The input that a row belongs to."""
        return self._owners.get(row, row)

    def length(self, text: str, limit: int | None) -> Literal["fits", "unknown", "over"]:
        """Whether the model reads all of a text: told from its bytes, or exactly where a tokenizer is at hand."""
        if limit is None:
            return "unknown"
        if most(text) <= limit:
            return "fits"
        if self._setting.count is not None:
            return "fits" if self._setting.count(text) <= limit else "over"
        return "over" if least(text) > limit else "unknown"

    def _lengths(self, texts: Sequence[str], limit: int | None) -> list[Literal["fits", "unknown", "over"]]:
        """The same of each."""
        if limit is None:
            return ["unknown"] * len(texts)
        if max(sizes(texts)) + SPECIAL <= limit:
            return ["fits"] * len(texts)
        return [self.length(text, limit) for text in texts]

    def before(self, batch: Batch) -> Batch | None:
        """Split what is surely too long, or may be where it would be cut in silence. None: nothing is left to send."""
        overflow = self._setting.overflow
        limit = self._limit() if overflow.splits else None
        if limit is None:
            return batch
        left = list(batch.indexes)
        wary = overflow.cuts and not overflow.settled
        # Of a text that is to be cut short, only a tokenizer tells how much may be kept, or a refusal; and only a
        # limit that was said is to be kept where the provider reads more.
        said = self._setting.count is not None or self._setting.explicit.input_tokens is not None
        blind = overflow.asked == "truncate" and not said
        for row, text in zip(batch.indexes, batch.texts, strict=True):
            if row >= self._count or blind:
                continue
            length = self.length(text, limit)
            if (length == "over" or (wary and length == "unknown")) and self.split(row):
                left.remove(row)
        if len(left) == len(batch):
            return batch
        return self._plan.batch(left) if left else None

    def suspects(self, batch: Batch) -> Batch:
        """Those of a refused batch that may be too long; the others are planned anew."""
        limit, rows = self._limit(), batch.indexes
        left = [row for row, text in zip(rows, batch.texts, strict=True) if self.length(text, limit) != "fits"]
        if not left or len(left) == len(batch):
            return batch
        self._plan.again([row for row in rows if row not in left])
        return self._plan.batch(left)

    def may_split(self, batch: Batch) -> bool:
        """Whether the batch may yet become several requests."""
        if not self._setting.overflow.splits:
            return False
        limit = self._limit()
        return any(self.length(text, limit) != "fits" for text in batch.texts)

    def split(self, row: int, long: Long | None = None, *, sent: bool = False) -> bool:
        """Put pieces in the place of a text that is too long. False: it cannot be cut, or shall not be.

        `long`: what its refusal said; `sent`: it went as a whole before.
        """
        if not self._setting.overflow.splits:
            return False
        found = self._cut(self._plan.text(row), long)
        if len(found) == 1:
            return False
        owner = self.owner(row)
        rows = self._plan.add(found[:1] if self._setting.overflow.asked == "truncate" else found, halved=sent)
        line = self._rows.setdefault(owner, [owner])
        at = line.index(row)
        line[at : at + 1] = rows
        self._owners.update(dict.fromkeys(rows, owner))
        self._setting.matrix.forget(row)
        self.truncated.add(owner)
        return True

    def _cut(self, text: str, long: Long | None) -> Sequence[str]:
        """Cut by a tokenizer; else, and where it says that a refused text fits, by its bytes; last, in halves.

        What a refusal counted is for a text that is to be cut short, which is asked about each time: a mean of other
        pieces is another vector, and the same text shall have the same one when its length is known beforehand. Where
        it counted nothing, or was not asked, an estimate is tried first: it leaves twice as much of prose as bytes do.
        """
        prefix, limit = self._setting.call.prefix, self._limit()
        counts: list[Callable[[str], int]] = [most]
        if self._setting.count is not None:
            counts.insert(0, self._setting.count)
        elif self._setting.overflow.asked == "truncate" and (long is None or long.counted is not None):
            counts.insert(0, likely if long is None else by_rate(long.counted or 0, size(prefix + text)))
        for count in counts if limit is not None else ():
            room = limit - (count(prefix) - count("") if prefix else 0)  # type: ignore[operator]  # not None here
            if room >= LEAST_ROOM and len(found := pieces(text, room, count=count)) > 1:
                return found
        half = most(text) // 2
        return pieces(text, half) if half >= LEAST_ROOM else [text]

    def cut(self, batch: Batch, answer: Answer) -> list[int]:
        """Rows that were read in part, for certain. What nobody asked for is noted."""
        setting, limit = self._setting, self._limit()
        overflow = setting.overflow
        if setting.call.row.kind == "in-process":
            rows = [batch.indexes[position] for position in answer.cut]
        else:
            lengths = [] if overflow.settled else self._lengths(batch.texts, limit)
            sure = setting.call.row.kind != "server" or setting.explicit.input_tokens is not None
            self._doubtful |= bool(lengths) and (not sure or lengths.count("fits") < len(lengths))
            exact = setting.count is not None and limit is not None and any(most(text) > limit for text in batch.texts)
            seen = truncated(
                batch.texts,
                answer.measured,
                limit=limit,
                counts=[setting.count(text) for text in batch.texts] if exact and setting.count else None,
                wary=overflow.asked is not None and not overflow.chosen,
            )
            self._contradicted |= seen.short and not overflow.chosen
            silent = [at for at, length in enumerate(lengths) if length == "over"] if overflow.cuts else []
            rows = [batch.indexes[position] for position in sorted({*seen.positions, *silent, *answer.cut})]
        self.detected |= bool(rows) and not overflow.chosen and setting.call.row.kind != "in-process"
        return rows

    def noted(self, rows: Sequence[int]) -> None:
        """These were read in part, and so it is left."""
        self.truncated.update(map(self.owner, rows))

    def found(self, row: int, overflow: Overflow, *, truncated: bool) -> None:
        """Of a vector that was kept, this was known."""
        self.detected |= overflow == "detected"
        self._contradicted |= overflow == "unknown"
        if truncated:
            self.truncated.add(row)

    @property
    def overflow(self) -> Overflow:
        """What is known of over-long inputs."""
        if self.detected:
            return "detected"
        if self._contradicted:
            return "unknown"
        in_process = self._setting.call.row.kind == "in-process"
        return "enforced" if in_process or self._setting.overflow.settled or not self._doubtful else "unknown"

    def give_up(self, owner: int) -> None:
        """This input has an error: its other pieces need not be sent."""
        self._given_up.add(owner)
        if owner in self._rows:
            self._plan.drop({*self._rows[owner]})

    def finish(self, rows: Sequence[int]) -> list[InvalidRequestError]:
        """Average each input all of whose pieces are there, now that these are. Errors: it has no mean."""
        found: list[InvalidRequestError] = []
        if not self._rows:
            return found
        come = [row for row in rows if row >= self._count]
        self._there.update(come)
        for owner in dict.fromkeys(map(self.owner, come)):
            line, apart = self._rows[owner], self._setting.matrix.apart
            if owner not in self._given_up and self._there.issuperset(line):
                try:
                    self._setting.matrix.put(owner, self._mean(owner, line))
                except InvalidRequestError as error:
                    found.append(error)
                for row in line:
                    del apart[row]
        return found

    def _mean(self, owner: int, line: Sequence[int]) -> bytes:
        setting, matrix, count = self._setting, self._setting.matrix, self._setting.count
        if len(line) == 1:
            return matrix.apart[line[0]]
        vectors = Vectors(bytearray().join(matrix.apart[row] for row in line), matrix.width, matrix.form.dtype)
        if setting.call.options.normalize or (matrix.uneven and setting.call.options.normalize is None):
            normalise(vectors)
        texts = [self._plan.text(row) for row in line]
        around = count("") if count is not None else 0
        weights = [max(1, count(text) - around) if count is not None else size(text) for text in texts]
        return averaged(vectors, weights, index=owner, provider_name=setting.call.row.name)
