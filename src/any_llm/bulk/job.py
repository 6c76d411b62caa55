"""What does a job do? One shard after another: read, send what is missing, keep each reply, write the part."""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import msgspec

from any_llm.bulk import manifest as manifests
from any_llm.bulk.echoes import Echoes
from any_llm.bulk.errors import JobStoppedError
from any_llm.bulk.journal import Journal
from any_llm.bulk.kept import Kept
from any_llm.bulk.manifest import Done
from any_llm.bulk.parts import tables, write_part
from any_llm.bulk.report import Progress
from any_llm.bulk.sending import Feed, send
from any_llm.bulk.shards import alike, shards, text_of, texts_of
from any_llm.exceptions import AnyLLMError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pyarrow as pa

    from any_llm import CreateEmbeddingResponse
    from any_llm.bulk.columns import VectorType
    from any_llm.bulk.folder import Folder
    from any_llm.bulk.manifest import Manifest
    from any_llm.bulk.sending import Ask
    from any_llm.bulk.shards import Texts
    from any_llm.bulk.sources import File


class Corpus(msgspec.Struct, frozen=True):
    """What is read, and how."""

    files: Sequence[File]
    column: str
    kind: str | None
    """Of all files; None: each by its name."""
    schema: pa.Schema
    repeated: frozenset[int]


class Job:
    """One run of a job: `run()`, with the folder's lock held."""

    def __init__(
        self,
        folder: Folder,
        manifest: Manifest,
        corpus: Corpus,
        ask: Ask,
        *,
        vectors: VectorType,
        stopped: Callable[[], bool],
        tell: Callable[[Progress], None],
    ) -> None:
        """Do nothing yet. `stopped`: whether to send no more; `tell`: is told how far it is."""
        self.folder, self.manifest, self.corpus, self.ask = folder, manifest, corpus, ask
        self.vectors, self.stopped, self.tell = vectors, stopped, tell
        self.texts = self.at_risk = 0
        self.damaged: list[str] = []
        self.progress = Progress(rows=0, total=manifest.counts.rows)
        self._begun = time.monotonic()

    def run(self) -> None:
        """Bring every shard to its end. Raises what ended it; what was paid for is kept."""
        corpus = self.corpus
        for each in self.manifest.done.values():
            self._add(each)
        self.progress = msgspec.structs.replace(self.progress, begun_at=self.progress.rows)
        read: Any = alike(corpus.files, corpus.schema, corpus.kind)
        with closing(read), Echoes(self.folder.echoes, corpus.repeated) as echoes:
            for number, table in enumerate(shards(read, self.manifest.shard_rows)):
                done = self.manifest.done.get(str(number))
                if done is None or done.failed:
                    self._shard(number, table, echoes, done)

    def _shard(self, number: int, table: pa.Table, echoes: Echoes, before: Done | None) -> None:
        found = texts_of(text_of(table, self.corpus.column))
        with Journal(self.folder.journal(number)) as journal:
            self._found_damaged(journal)
            kept = Kept(journal, len(found.texts))
            echoes.fill(found.texts, kept)
            counted = self._count(found, kept, again=before is not None)
            self._send(number, found, kept, counted)
            done = Done(
                rows=len(table),
                failed=sum(counted[slot] for slot in kept.missing().tolist()),
                tokens=kept.tokens,
                usd=kept.usd,
                requests=kept.requests,
            )
            journal.force()
            reason = f"there is no text in {self.corpus.column}"
            write_part(self.folder.part(number), tables(table, found.slots, kept, self.vectors, reason))
            echoes.take(found.texts, kept)
        self._keep(msgspec.structs.replace(self.manifest, done={**self.manifest.done, str(number): done}))
        if not done.failed:
            self.folder.journal(number).unlink()
        self._tell()

    def _send(self, number: int, found: Texts, kept: Kept, rows_of: Sequence[int]) -> None:
        feed = Feed(self.ask, kept, found.texts, self.stopped)

        def came(slots: list[int], result: CreateEmbeddingResponse) -> None:
            now, cost = self.progress, result.cost_usd
            self.progress = msgspec.structs.replace(
                now,
                rows=now.rows + sum(rows_of[slot] for slot in slots),
                failed=now.failed + sum(rows_of[slots[place]] for place in result.errors),
                tokens=now.tokens + result.usage.total_tokens,
                usd=None if now.usd is None or cost is None else now.usd + cost,
                requests=now.requests + result.requests.sent,
            )
            self._tell()

        try:
            if feed.wanted:
                send(self.ask, feed, came)
        except AnyLLMError as error:
            if error.index is not None and error.index < len(feed.wanted):
                row = int((found.slots == feed.wanted[error.index]).argmax()) + number * self.manifest.shard_rows
                error.index = row
                error.add_note(f"That is row {row + 1} of the input.")
            raise
        finally:
            self.at_risk = max(self.at_risk, feed.most)
            self.texts += feed.taken
        if self.stopped() and feed.given < len(feed.wanted):
            raise JobStoppedError("stopped as asked. All that was paid for is kept; the same call goes on from here")

    def _count(self, found: Texts, kept: Kept, *, again: bool) -> list[int]:
        """Count the rows of each text. Those that have a vector already are done; `again`: and are counted."""
        import numpy as np  # noqa: PLC0415  # loaded already

        rows_of = np.bincount(found.slots[found.slots >= 0], minlength=len(found.texts))
        if not again:
            ready = int(rows_of[kept.places >= 0].sum()) + int((found.slots < 0).sum())
            self._add(Done(ready, tokens=kept.tokens, usd=kept.usd, requests=kept.requests))
            self.progress = msgspec.structs.replace(self.progress, begun_at=self.progress.begun_at + ready)
        return [int(each) for each in rows_of]

    def _found_damaged(self, journal: Journal) -> None:
        for begin, end in journal.found.damaged:
            self.damaged.append(f"{journal.path}: bytes {begin} to {end} are not what was written")

    def _add(self, done: Done) -> None:
        now = self.progress
        self.progress = msgspec.structs.replace(
            now,
            rows=now.rows + done.rows - done.failed,
            tokens=now.tokens + done.tokens,
            usd=None if now.usd is None or done.usd is None else now.usd + done.usd,
            requests=now.requests + done.requests,
        )

    def _keep(self, manifest: Manifest) -> None:
        self.manifest = manifest
        manifests.save(self.folder.manifest, manifest)

    def _tell(self) -> None:
        self.tell(msgspec.structs.replace(self.progress, seconds=time.monotonic() - self._begun))

    def finish(self) -> None:
        """The output stands: say so, and keep only what another run would need."""
        self._keep(msgspec.structs.replace(self.manifest, finished=True))
        if not any(done.failed for done in self.manifest.done.values()):
            self.folder.tidy()
