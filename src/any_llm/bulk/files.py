"""embed_file() and aembed_file(): from a file to a file of vectors, and the same call goes on where it stopped."""

from __future__ import annotations

import asyncio
import threading
import time
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from any_llm.bulk import outputs, reading, sources
from any_llm.bulk.asking import asking, left
from any_llm.bulk.columns import EMBEDDING, ERROR
from any_llm.bulk.errors import JobError
from any_llm.bulk.folder import Folder, resumed
from any_llm.bulk.job import Corpus, Job
from any_llm.bulk.lock import held
from any_llm.bulk.manifest import Counts, Manifest, save
from any_llm.bulk.parts import schema_of
from any_llm.bulk.report import Pauses, Report
from any_llm.bulk.shards import SHARD_ROWS, look

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from any_llm import LLMProvider
    from any_llm.bulk.columns import VectorType
    from any_llm.bulk.report import Progress


def embed_file(
    source: str | Path,
    output: str | Path,
    *,
    model: str,
    column: str = reading.TEXT,
    id_column: str | None = None,
    input_format: str | None = None,
    vector_type: VectorType = "fixed",
    on_error: Literal["keep", "stop"] = "keep",
    max_cost: float | None = None,
    batch_size: int | None = None,
    shard_rows: int = SHARD_ROWS,
    restart: bool = False,
    deadline: float | None = None,
    engine: Literal["local", "ray"] = "local",
    ray_address: str | None = None,
    stopped: Callable[[], bool] = lambda: False,
    on_progress: Callable[[Progress], None] = lambda _: None,
    provider: str | LLMProvider | None = None,
    api_key: Any = None,
    api_base: str | None = None,
    client_args: dict[str, Any] | None = None,
    **options: Any,
) -> Report:
    """Embed the texts of a file, or of all files of a folder, and write them with their vectors. Nothing is paid twice.

    The same call made again goes on where it stopped, also after a kill: every reply is kept in a journal beside the
    output the moment it is there. Rows without a vector are tried again by the same call.

    Args:
        source: Parquet, Arrow, JSON Lines, CSV, TSV or lines of text, told by the name; a folder of these; "-" is
            standard input, which is kept beside the job until it is done; s3://, gs://, hf:// and what else fsspec
            opens, with that package and the one for the address installed.
        output: a path that ends with .parquet, .arrow, .jsonl, .lance or .npy: all columns of the input, `embedding`
            and `embedding_error`.
        model: as embedding() takes it; so are `provider`, `api_key`, `api_base` and `client_args`.
        column: which one holds the texts. Lines of text have one, "text".
        id_column: what names a row, for .npy, which has no other columns.
        input_format: parquet, arrow, jsonl, csv, tsv or text, where a name does not tell.
        vector_type: "fixed" is a list of one size; "list" is for readers that have no such type (Spark).
        on_error: "keep" goes on past a bad row, and says why in `embedding_error`; "stop" raises at the first.
        max_cost: USD that all runs together may cost. A model without a known price is refused.
        batch_size: texts a request. Default: up to 128, as many as the provider takes.
        shard_rows: rows of a shard, all of which are held while it is embedded.
        restart: forget what there is of this job, and begin anew.
        deadline: seconds after which this run sends nothing more, as if `stopped` had said True.
        engine: "local" is this process; "ray" shares the shards out to a cluster whose machines all see the output's
            folder.
        ray_address: which cluster. Default: RAY_ADDRESS, else one that lives as long as the job, on this machine.
        stopped: is asked before each request is filled; once it says True nothing more is sent, what is under way is
            kept, and JobStoppedError raised.
        on_progress: is told of each reply.
        **options: those of embedding(): dimensions, dtype, input_type, overflow, normalize, ...

    Raises:
        JobError: the job cannot begin, or cannot go on; any_llm.bulk has its kinds.
        AnyLLMError: as embedding(), for what no row is at fault for, and with on_error="stop"; then `index` is the row.
        MissingPackageError: pyarrow is not installed.
    """
    reading.arrow()
    begun = time.monotonic()
    ends = inf if deadline is None else begun + deadline
    if on_error not in {"keep", "stop"} or vector_type not in {"fixed", "list"}:
        raise JobError(f"on_error={on_error!r}, vector_type={vector_type!r}: choose keep or stop, fixed or list.")
    if engine not in {"local", "ray"}:
        raise JobError(f"engine={engine!r}: choose local or ray.")
    corpus, output = sources.given(source), outputs.here(output)
    folder = Folder(output)
    with held(folder.lock):
        if restart:
            folder.clear()
        if str(corpus) == sources.STANDARD_INPUT:
            corpus = sources.spooled(folder.path, input_format)
        files = sources.files(corpus)
        asked = asking(
            model, provider=provider, api_key=api_key, api_base=api_base, client_args=client_args, options=options,
            batch_size=batch_size, collect=on_error == "keep",
        )  # fmt: skip
        layout = {"column": column, "output": output.name, "vector_type": vector_type, "id_column": id_column or "none"}
        identity = asked.identity()
        wanted = Manifest(
            sources=sources.fingerprints(corpus, files),
            identity=identity.as_dict(),
            layout=layout,
            counts=Counts(),
            shard_rows=shard_rows,
        )
        manifest = None if restart else resumed(folder, wanted)
        if manifest is None:
            folder.clear()
            found = look(files, column, shard_rows, input_format)
            if taken := {EMBEDDING, ERROR} & {*found.schema.names}:
                raise JobError(f"the input has a column {taken.pop()!r} already. Rename it, or take another input.")
            folder.keep(found)
            manifest = msgspec.structs.replace(wanted, counts=found.counts)
            save(folder.manifest, manifest)
        schema, repeated = folder.kept() if folder.look.exists() else (None, frozenset[int]())
        failed = sum(done.failed for done in manifest.done.values())
        if manifest.finished and output.exists() and not failed:
            return _report(output, manifest, begun)
        pauses, budget = Pauses(), left(max_cost, folder.spent(manifest))
        job = Job(
            folder, manifest, Corpus(files, column, input_format, schema, repeated),
            vectors=vector_type, stopped=lambda: stopped() or time.monotonic() >= ends,
            tell=lambda progress: on_progress(pauses.added(progress)),
        )  # fmt: skip
        if engine == "ray":
            from any_llm.bulk import ray_job  # noqa: PLC0415  # only who asks for it

            ray_job.run(job, asked, pauses, address=ray_address, budget=budget, max_cost=max_cost)
        else:
            with asked.client(budget, pauses) as client:
                job.run(asked.ask(client))
        facts = {"any_llm.identity": identity.canonical().decode(), "any_llm.fingerprint": identity.fingerprint}
        done = job.manifest.done
        parts = {folder.part(number): done[str(number)].rows for number in range(len(done))}
        outputs.write(output, parts, schema_of(parts, facts, schema), id_column=id_column)
        job.finish()
    return _report(output, job.manifest, begun, job)


async def aembed_file(source: str | Path, output: str | Path, *, model: str, **options: Any) -> Report:
    """Do the same as embed_file(), on a thread of its own: files have no async.

    A task that is cancelled sends no more, and ends once what was under way is kept.
    """
    cancelled = threading.Event()
    asked = options.pop("stopped", lambda: False)
    work = partial(embed_file, source, output, model=model, stopped=lambda: cancelled.is_set() or asked(), **options)
    task = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        cancelled.set()
        await asyncio.wait([task])
        task.exception()
        raise


def _report(output: Path, manifest: Manifest, begun: float, job: Job | None = None) -> Report:
    done = manifest.done.values()
    prices = [each.usd for each in done]
    return Report(
        output=output,
        rows=manifest.counts.rows,
        without_text=manifest.counts.missing,
        failed=sum(each.failed for each in done),
        texts=job.texts if job else 0,
        tokens=sum(each.tokens for each in done),
        usd=None if None in prices else sum(usd or 0.0 for usd in prices),
        requests=sum(each.requests for each in done),
        seconds=time.monotonic() - begun,
        at_risk=job.at_risk if job else 0,
        damaged=tuple(job.damaged) if job else (),
        identity=manifest.identity,
    )
