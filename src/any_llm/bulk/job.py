"""How far is a job? Its manifest and what it tells; and one shard after another, in this process."""

from __future__ import annotations

import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import msgspec

from any_llm.bulk import manifest as manifests
from any_llm.bulk.echoes import Echoes
from any_llm.bulk.report import Progress
from any_llm.bulk.shard import Shard
from any_llm.bulk.shards import alike, shards

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pyarrow as pa

    from any_llm.bulk.columns import VectorType
    from any_llm.bulk.folder import Folder
    from any_llm.bulk.manifest import Done, Manifest
    from any_llm.bulk.sending import Ask
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
    """One run of a job, with the folder's lock held."""

    def __init__(
        self,
        folder: Folder,
        manifest: Manifest,
        corpus: Corpus,
        *,
        vectors: VectorType,
        stopped: Callable[[], bool],
        tell: Callable[[Progress], None],
    ) -> None:
        """Do nothing yet. `stopped`: whether to send no more; `tell`: is told how far it is."""
        self.folder, self.manifest, self.corpus = folder, manifest, corpus
        self.vectors, self.stopped, self._tell = vectors, stopped, tell
        self.texts = self.at_risk = 0
        self.damaged: list[str] = []
        self.progress = Progress(rows=0, total=manifest.counts.rows)
        self._begun = time.monotonic()
        for each in manifest.done.values():
            self.count(each, failed=0, rows=each.rows - each.failed)
        self.progress = msgspec.structs.replace(self.progress, begun_at=self.progress.rows)

    def run(self, ask: Ask) -> None:
        """Bring every shard to its end. Raises what ended it; what was paid for is kept."""
        with self.rest() as rest, Echoes(self.folder.echoes, self.corpus.repeated) as echoes:
            for number, table in rest:
                self._shard(number, table, echoes, ask)

    @contextmanager
    def rest(self) -> Iterator[Iterator[tuple[int, pa.Table]]]:
        """Read the shards that are not done, or have failed rows, in order."""
        corpus = self.corpus
        read: Any = alike(corpus.files, corpus.schema, corpus.kind)
        with closing(read):
            cut = enumerate(shards(read, self.manifest.shard_rows))
            yield ((number, table) for number, table in cut if (done := self.before(number)) is None or done.failed)

    def before(self, number: int) -> Done | None:
        """What a shard was when this run began, or has become. None: no part yet."""
        return self.manifest.done.get(str(number))

    def _shard(self, number: int, table: pa.Table, echoes: Echoes, ask: Ask) -> None:
        with Shard(self.folder, number, table, self.corpus.column) as shard:
            self.damaged += shard.damaged
            echoes.fill(shard.found.texts, shard.kept)
            self.opened(number, shard.ready())
            try:
                shard.send(ask, self.stopped, self.came, begin=number * self.manifest.shard_rows)
            finally:
                self.at_risk = max(self.at_risk, shard.most)
                self.texts += shard.sent
            done = shard.write(self.vectors)
            echoes.take(shard.found.texts, shard.kept)
        self.done(number, done)

    def opened(self, number: int, ready: Done) -> None:
        """Count what a shard has before anything is sent for it; one that is tried again was counted already."""
        if self.before(number) is None:
            self.count(ready)
            self.progress = msgspec.structs.replace(self.progress, begun_at=self.progress.begun_at + ready.rows)

    def came(self, more: Done) -> None:
        """Count a reply, and tell."""
        self.count(more)
        self.tell()

    def count(self, more: Done, **but: int) -> None:
        """Add rows and what they have cost."""
        now = self.progress
        self.progress = msgspec.structs.replace(
            now,
            rows=now.rows + but.get("rows", more.rows),
            failed=now.failed + but.get("failed", more.failed),
            tokens=now.tokens + more.tokens,
            usd=None if now.usd is None or more.usd is None else now.usd + more.usd,
            requests=now.requests + more.requests,
        )

    def tell(self) -> None:
        """Tell how far it is."""
        self._tell(msgspec.structs.replace(self.progress, seconds=time.monotonic() - self._begun))

    def done(self, number: int, done: Done) -> None:
        """The part stands: note it, and let go of the journal, unless failed rows are to be tried again."""
        self._keep(msgspec.structs.replace(self.manifest, done={**self.manifest.done, str(number): done}))
        if not done.failed:
            self.folder.journal(number).unlink()
        self.tell()

    def _keep(self, manifest: Manifest) -> None:
        self.manifest = manifest
        manifests.save(self.folder.manifest, manifest)

    def finish(self) -> None:
        """The output stands: say so, and keep only what another run would need."""
        self._keep(msgspec.structs.replace(self.manifest, finished=True))
        if not any(done.failed for done in self.manifest.done.values()):
            self.folder.tidy()
