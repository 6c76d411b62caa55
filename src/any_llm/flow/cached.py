"""One call that looks for its vectors before it asks for them: a job of which only what is missing is planned."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

from any_llm.exceptions import AnyLLMError
from any_llm.flow.flights import Flight, Wait
from any_llm.flow.job import Job
from any_llm.flow.lookup import Found, Lookup
from any_llm.flow.matrix import bytes_each
from any_llm.flow.setting import Answer
from any_llm.flow.vectors import normalise
from any_llm.types.entry import Entry
from any_llm.types.vectors import Vectors
from any_llm.wire import Admit, Run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from any_llm.flow.lookup import Cache
    from any_llm.flow.setting import Setting
    from any_llm.providers.row import Limits
    from any_llm.types.completion import CreateEmbeddingResponse
    from any_llm.wire import Batch
    from any_llm.work import Flow


class CachedJob(Job):
    """A job whose opening is a look into the store, and which waits for other calls when all it sends is through."""

    def __init__(self, setting: Setting, inputs: Sequence[str], start: int = 0, *, cache: Cache) -> None:
        """Nothing was looked for yet."""
        super().__init__(setting, inputs, start)
        self._lookup = Lookup(setting, inputs, cache)
        self._hits: dict[int, Entry] = {}
        self._others: dict[int, Flight] = {}
        self._fresh: dict[int, Entry] = {}
        """To be put into the store."""
        self._final: set[int] = set()
        """Rows that are as the result has them."""
        self._asked = self._looked = self._laid = False
        self._flying = 0
        self._gate = threading.RLock()
        self.setting.matrix.final = True

    # --- conversations -----------------------------------------------------------------------------------------------

    def opening(self, now: float) -> Flow | None:
        """Look first."""
        if self._asked:
            return super().opening(now)
        self._asked = True
        self._measure.passed(now)
        with self._lock:
            batch = self._plan.peek()
            self._alone = batch is not None and not self.of_many and not self._pieces.may_split(batch)
        return self._first()

    def next_conversation(self) -> Flow | None:
        """Take the next batch, or when all are through, a wait for what others fetch."""
        with self._gate:
            if not self._looked:
                return None
            flow = super().next_conversation()
            if flow is None and not self._flying and self._stale():
                self._plan.again([*self._hits], halved=False)
                self._hits.clear()
                flow = super().next_conversation()
            if flow is None and self._others and not self._flying:
                flow = self._wait()
            if flow is None:
                return None
            self._flying += 1
        return self._kept(flow)

    def done(self) -> bool:
        """Whether nothing is to be sent, looked for or waited for."""
        with self._gate:
            return self._looked and not self._others and not self._stale() and super().done()

    def _kept(self, flow: Flow) -> Flow:
        """A conversation, and then what it brought is put into the store, be it all or not."""
        try:
            try:
                yield from flow
            except AnyLLMError:
                yield from self._put()
                raise
            yield from self._put()
        finally:
            with self._gate:
                self._flying -= 1

    def _first(self) -> Flow:
        rows = [row for row in range(self.size) if row not in self._same and row not in self.errors]
        found: Found = (yield Run(partial(self._lookup.find, rows))).value
        with self._gate, self._lock:
            taken = self._take(found)
            if taken:
                self._plan.drop(taken)
            self._looked = True

    def _wait(self) -> Flow:
        self._lookup.let_go(for_good=False)  # what is bad is bad for others too, but they are to hear it themselves
        wait = Wait([*self._others.values()])
        yield Admit(wait.ask)
        with self._gate:
            over = {row: flight for row, flight in self._others.items() if flight.over or wait.in_vain}
            for row in over:
                del self._others[row]
            landed = {row: flight.entry for row, flight in over.items() if flight.entry is not None}
            left = over.keys() - self._take(Found(landed, {}))
        if left and not wait.in_vain:
            found: Found = (yield Run(partial(self._lookup.find, left))).value
            with self._gate:
                left = left - self._take(found)
        if left:
            with self._lock:
                self._plan.again(sorted(left), halved=False)

    def _put(self) -> Flow:
        with self._gate:
            fresh, self._fresh = self._fresh, {}
        if fresh:
            yield Run(partial(self._lookup.put, fresh))
            self._lookup.landed(fresh)

    # --- what is found -----------------------------------------------------------------------------------------------

    def _take(self, found: Found) -> set[int]:
        """Note what others fetch, and take what is like the rest: give the rows that need not be sent now."""
        self._others.update(found.others)
        form = self.setting.matrix.form
        like = next(iter((self._hits or found.entries).values()), None)
        for row, entry in found.entries.items():
            wide = form.width is None or len(entry.vector) == form.width * bytes_each(form)
            if like is not None and wide and _alike(entry, like):
                self._hits[row] = entry
        return {*found.others, *(found.entries.keys() & self._hits.keys())}

    def _stale(self) -> bool:
        """Whether what was found is another model's than what was sent for: that is of no use beside it."""
        hit, matrix = next(iter(self._hits.values()), None), self.setting.matrix
        if hit is None or self._laid or not self._record.answers:
            return False
        models = {answer.model for answer in self._record.answers if answer.model}
        wide = matrix.width and len(hit.vector) != matrix.width * bytes_each(matrix.form)
        return bool(wide) or bool(hit.model and models and hit.model not in models)

    def _keep(self, batch: Batch, answer: Answer, limits: Limits | None = None) -> None:
        super()._keep(batch, answer, limits)
        matrix = self.setting.matrix
        with self._gate:
            rows = {self._pieces.owner(row) for row in batch.indexes} - self._final
            rows = {row for row in rows if matrix.written[row]}
            self._finish(sorted(rows))
            if matrix.same:  # a server that reads no text is not to be believed for ever
                return
            for row in rows:
                self._fresh[row] = Entry(
                    bytes(matrix.vectors().row(row)),
                    model=answer.model,
                    applied=answer.applied,
                    overflow=self._pieces.overflow,
                    truncated=row in self._pieces.truncated,
                    was_cut=matrix.was_cut,
                )

    def _finish(self, rows: Sequence[int]) -> None:
        """Bring these to the length that was asked for, each by itself: so it is the same whoever stood beside it."""
        matrix, asked = self.setting.matrix, self.setting.call.options.normalize
        if rows and (asked or (asked is None and matrix.uneven)):
            made = matrix.vectors()
            some = Vectors(bytearray().join(made.row(row) for row in rows), made.width, made.dtype)
            normalise(some)
            for at, row in enumerate(rows):
                matrix.put(row, bytes(some.row(at)))
        self._final.update(rows)

    # --- the end -----------------------------------------------------------------------------------------------------

    def response(self) -> CreateEmbeddingResponse:
        """Lay what was found beside what was sent for."""
        self._lay()
        made = super().response()
        self.let_go()
        return made

    def let_go(self) -> None:
        """Whoever waits for this call waits no more."""
        self._lookup.let_go()

    def end(self, error: BaseException) -> None:
        """Let go, too."""
        self.let_go()
        super().end(error)

    def _merged(self) -> CreateEmbeddingResponse:
        self._lay()
        return super()._merged()

    def _lay(self) -> None:
        with self._gate:
            matrix, stale = self.setting.matrix, self._stale()
            if self._laid:
                return
            self._finish([row for row, written in enumerate(matrix.written) if written and row not in self._final])
            hits, self._laid = ({} if stale else self._hits), True
            for row, entry in hits.items():
                matrix.lay(row, entry.vector)
                matrix.was_cut |= entry.was_cut
                self._pieces.found(row, entry.overflow, truncated=entry.truncated)
            if hits:
                self.setting.tally.add(cached=len(hits))
                entry = next(iter(hits.values()))
                self._record.answers.append(
                    Answer(None, None, entry.model, None, entry.applied, loaded=self._lookup.loaded)
                )


def _alike(one: Entry, other: Entry) -> bool:
    """Whether they may stand in one result."""
    return len(one.vector) == len(other.vector) and one.model == other.model
