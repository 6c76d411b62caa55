"""A stream of inputs: calls one after another, several under way, their results in order or not. Knows no colour."""

from __future__ import annotations

import threading
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING

from any_llm.exceptions import AnyLLMError
from any_llm.flow.failure import place, unreadable
from any_llm.flow.join import join
from any_llm.types.chunk import Chunk

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from any_llm.flow.job import Job
    from any_llm.types.completion import CreateEmbeddingResponse
    from any_llm.wire import TransportError
    from any_llm.work import Flow


class Part:
    """One chunk under way."""

    def __init__(self, start: int, job: Job) -> None:
        """Nothing of it has been sent yet. `start`: position in the stream of its first input."""
        self.start = start
        self.job = job
        self.flying = 0
        """Conversations that have begun and not ended."""


class Stream:
    """`add` inputs while it is not full; conversations from the earliest that has any; `ready` gives chunks.

    Threads may ask for conversations at once; all else is for whoever reads the stream.
    """

    def __init__(
        self,
        job: Callable[[Sequence[str], int], Job],
        most: int,
        tell: Callable[[Job, CreateEmbeddingResponse], None] = lambda _job, _made: None,
        *,
        ordered: bool = True,
    ) -> None:
        """`job`: the call for these inputs, the first of which has this position; `most`: chunks under way.

        `tell` warns of what a call's replies gave cause to. `ordered`: a chunk waits for those before it.
        """
        self._job = job
        self._ordered = ordered
        self._most = most
        self._tell = tell
        self._parts: deque[Part] = deque()
        self._start = 0
        self._like: Chunk | None = None
        self._lock = threading.RLock()

    def full(self) -> bool:
        """Whether nothing may be added before a chunk was taken."""
        return len(self._parts) >= self._most

    def empty(self) -> bool:
        """Whether nothing is under way."""
        return not self._parts

    def add(self, inputs: Sequence[str]) -> None:
        """Let these be next. Raises AnyLLMError, with the position in the stream, for what cannot be sent."""
        job = self._job(inputs, self._start)
        job.of_many = True
        if job.watch is not None:
            job.watch.begins()
        with self._lock:
            self._parts.append(Part(self._start, job))
        self._start += job.size

    def opening(self, now: float) -> Flow | None:
        """Take a conversation that must have ended before any other begins, as a call does."""
        return self._first(lambda part: part.job.opening(now))

    def next_conversation(self) -> Flow | None:
        """Take the next; None: there is none now."""
        return self._first(lambda part: part.job.next_conversation())

    def _first(self, take: Callable[[Part], Flow | None]) -> Flow | None:
        with self._lock:
            for part in self._parts:
                flow = take(part)
                if flow is not None:
                    part.flying += 1
                    return self._watched(part, flow)
        return None

    def _watched(self, part: Part, flow: Flow) -> Flow:
        try:
            yield from flow
        except AnyLLMError as error:
            if error.index is not None:
                place(error, error.index + part.start)
            raise
        with self._lock:  # not where it has failed: who reads hears of the error, not of a vector that is missing
            part.flying -= 1

    def ready(self) -> Chunk | None:
        """Take the earliest chunk, if all of it is there; the first that is, where order does not matter.

        Raises when it is not like those before it.
        """
        with self._lock:
            parts = islice(self._parts, 1 if self._ordered else None)
            part = next((part for part in parts if not part.flying and part.job.done()), None)
            if part is None:
                return None
            chunk = Chunk(part.start, part.job.inputs, part.job.response())
            self._tell(part.job, chunk.result)
            if self._like is None:
                self._like = chunk
            elif (reason := _unlike(self._like, chunk)) is not None:
                raise unreadable(part.job.call, reason)
            self._parts.remove(part)
        if part.job.watch is not None:
            part.job.watch.ends(None, None)
        return chunk

    def lost(self, error: TransportError) -> AnyLLMError:
        """Say that the stream as a whole was ended."""
        return self._parts[0].job.lost(error)

    def end(self, error: BaseException) -> None:
        """The stream ends with this: let it carry what was paid for and not yet taken."""
        left = isinstance(error, GeneratorExit)  # nobody will look
        with self._lock:
            parts = [(part.job, None if left else part.job.partial()) for part in self._parts]
        for job, made in parts:
            job.let_go()
            if job.watch is not None:
                job.watch.ends(error, made)
        partial = join((job.size, made) for job, made in parts)
        if partial is not None:
            error.partial = partial  # type: ignore[attr-defined]


def _unlike(first: Chunk, chunk: Chunk) -> str | None:
    """Why this chunk cannot stand beside the first, if it cannot."""
    before, now = first.result, chunk.result
    if now.model != before.model:
        return f"its replies came from several models: {before.model}, {now.model}"
    widths = before.vectors.width, now.vectors.width
    return f"a vector is {widths[1]} wide, not the {widths[0]}" if widths[0] != widths[1] and all(widths) else None
