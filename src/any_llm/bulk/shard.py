"""What is done for one shard? What has no vector is sent, each reply kept, and the part written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from any_llm.bulk.errors import JobStoppedError
from any_llm.bulk.journal import Journal
from any_llm.bulk.kept import Kept
from any_llm.bulk.manifest import Done
from any_llm.bulk.parts import tables, write_part
from any_llm.bulk.sending import Feed, send
from any_llm.bulk.shards import text_of, texts_of
from any_llm.exceptions import AnyLLMError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    import pyarrow as pa

    from any_llm import CreateEmbeddingResponse
    from any_llm.bulk.columns import VectorType
    from any_llm.bulk.folder import Folder
    from any_llm.bulk.sending import Ask

    Stopped = Callable[[], bool]
    Came = Callable[[Done], None]

STOPPED = "stopped as asked. All that was paid for is kept; the same call goes on from here"


class Shard:
    """Some rows, with their journal open: `send()`, then `write()`. One process at a time has it, wherever it runs."""

    def __init__(self, folder: Folder, number: int, table: pa.Table, column: str) -> None:
        """Read what is paid for already."""
        import numpy as np  # noqa: PLC0415  # only a job needs it

        self.folder, self.number, self.table, self.column = folder, number, table, column
        self.found = texts_of(text_of(table, column))
        slots = self.found.slots
        self.rows_of: list[int] = np.bincount(slots[slots >= 0], minlength=len(self.found.texts)).tolist()
        """Rows of each text."""
        self.most = self.sent = 0
        """Texts that were under way at once, at most, and that came back."""
        self.journal = Journal(folder.journal(number))
        self.kept = Kept(self.journal, len(self.found.texts))
        self.damaged = [
            f"{self.journal.path}: bytes {begin} to {end} are not what was written"
            for begin, end in self.journal.found.damaged
        ]

    def ready(self) -> Done:
        """Count the rows that are done before anything is sent, and what they have cost."""
        kept, slots = self.kept, self.found.slots
        there = sum(self.rows_of[slot] for slot in (kept.places >= 0).nonzero()[0].tolist())
        return Done(there + int((slots < 0).sum()), tokens=kept.tokens, usd=kept.usd, requests=kept.requests)

    def send(self, ask: Ask, stopped: Stopped, came: Came, *, begin: int, leave: Collection[int] = ()) -> None:
        """Embed what has no vector, but for the texts to `leave`. `came` is told of each reply.

        `begin`: the input's row that is the first here. Raises JobStoppedError once `stopped` and not all is sent.
        """

        def told(slots: list[int], result: CreateEmbeddingResponse) -> None:
            came(
                Done(
                    rows=sum(self.rows_of[slot] for slot in slots),
                    failed=sum(self.rows_of[slots[place]] for place in result.errors),
                    tokens=result.usage.total_tokens,
                    usd=result.cost_usd,
                    requests=result.requests.sent,
                )
            )

        feed = Feed(ask, self.kept, self.found.texts, stopped, leave)
        try:
            if feed.wanted:
                send(ask, feed, told)
        except AnyLLMError as error:
            if error.index is not None and error.index < len(feed.wanted):
                error.index = int((self.found.slots == feed.wanted[error.index]).argmax()) + begin
                error.add_note(f"That is row {error.index + 1} of the input.")
            raise
        finally:
            self.most = max(self.most, feed.most)
            self.sent += feed.taken
        if stopped() and feed.given < len(feed.wanted):
            raise JobStoppedError(STOPPED)

    def write(self, vectors: VectorType) -> Done:
        """Write the part, and count what it holds."""
        kept = self.kept
        self.journal.force()
        reason = f"there is no text in {self.column}"
        write_part(self.folder.part(self.number), tables(self.table, self.found.slots, kept, vectors, reason))
        failed = sum(self.rows_of[slot] for slot in kept.missing().tolist())
        return Done(len(self.table), failed=failed, tokens=kept.tokens, usd=kept.usd, requests=kept.requests)

    def __enter__(self) -> Self:
        """Use as a context."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the journal."""
        self.journal.close()
