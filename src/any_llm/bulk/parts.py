"""How does a finished shard become a file, and how do all of them become the output? In order, whole or not at all."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING, Any

from any_llm.bulk.columns import EMBEDDING, ERROR, vector_type, vectors_column, with_columns
from any_llm.bulk.errors import JobError
from any_llm.bulk.journal import full
from any_llm.bulk.manifest import settle
from any_llm.bulk.reading import arrow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    import pyarrow as pa

    from any_llm.bulk.columns import VectorType
    from any_llm.bulk.kept import Kept
    from any_llm.bulk.shards import Numbers

GROUP = 4096
"""Rows of a row group."""
ELEMENTS = f"{EMBEDDING}.list.element"
"""What Parquet calls the numbers."""
ANEW = "If it stays so, begin anew with --restart (restart=True)."


def tables(table: pa.Table, slots: Numbers, kept: Kept, kind: VectorType, missing: str) -> Iterator[pa.Table]:
    """Add the vectors to the rows of a shard, a row group at a time. `missing`: why a row without a text has none."""
    import numpy as np  # noqa: PLC0415  # loaded already

    pa = arrow()
    type_ = vector_type(kept.width, kept.dtype, kind)
    schema = with_columns(table.schema, type_, {})
    for begin in range(0, len(table), GROUP):
        some = slots[begin : begin + GROUP]
        there = (some >= 0) & (kept.places[some] >= 0) if len(kept.places) else np.zeros(len(some), bool)
        rows = kept.vectors(some[there])
        if len(rows) < len(some):
            found, rows = rows, np.zeros((len(some), kept.size), np.uint8)
            rows[there] = found
        why = [
            None if fine else missing if slot < 0 else kept.errors.get(slot, "not embedded")
            for slot, fine in zip(some.tolist(), there.tolist(), strict=True)
        ]
        vectors = vectors_column(rows, there, type_)
        columns = [*table.slice(begin, GROUP).combine_chunks().columns, vectors, pa.array(why, pa.string())]
        yield pa.Table.from_arrays(columns, schema=schema)


@contextmanager
def parquet(path: Path, schema: pa.Schema) -> Iterator[Any]:
    """Give a writer; the file stands at its place once the block has ended well, and not before."""
    import pyarrow.parquet as pq  # noqa: PLC0415  # only a job needs it

    plain = [name for name in schema.names if name != EMBEDDING]
    value = getattr(schema.field(EMBEDDING).type, "value_type", None)
    split = [ELEMENTS] if value == arrow().float32() else []
    with whole(path) as beside, pq.ParquetWriter(
        beside, schema, compression="zstd", compression_level=1, use_dictionary=plain, use_byte_stream_split=split,
        write_statistics=plain,
    ) as writer:  # fmt: skip
        yield writer


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a name to write a file or a folder to; what is there at the end is forced onto the disk and put in place."""
    beside, before = path.with_name(f".{path.name}.new"), path.with_name(f".{path.name}.old")
    _remove(beside)
    try:
        yield beside
        for file in beside.rglob("*") if beside.is_dir() else [beside]:
            if file.is_file():
                with file.open("rb+") as written:
                    os.fsync(written.fileno())
        if path.is_dir():  # which no system replaces in one step
            _remove(before)
            path.rename(before)
        settle(beside, path)
        _remove(before)
    except OSError as error:
        _remove(beside)
        raise full(path, error) from error
    except BaseException:
        _remove(beside)
        raise


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def stream(path: Path, schema: pa.Schema) -> Iterator[Any]:
    """Give a writer of what only jobs read: a stream, for a file of Arrow has one dictionary a column for all rows."""
    pa = arrow()
    with whole(path) as beside, pa.OSFile(str(beside), "wb") as file, pa.ipc.new_stream(file, schema) as writer:
        yield writer


@contextmanager
def streamed(path: Path) -> Iterator[pa.RecordBatchReader]:
    """Read it, a batch at a time. Raises JobError."""
    pa = arrow()
    try:
        with pa.OSFile(str(path)) as file, pa.ipc.open_stream(file) as reader:
            yield reader
    except (pa.ArrowException, OSError) as error:
        why = "cannot be read" if getattr(error, "errno", None) else "is not what was written"
        raise JobError(f"{path} {why}: {error}. {ANEW}") from error


def write_part(path: Path, groups: Iterable[pa.Table]) -> None:
    """Write one shard."""
    rest = iter(groups)
    first = next(rest)
    with stream(path, first.schema) as writer:
        for table in chain([first], rest):
            writer.write_table(table)


def read_parts(parts: Mapping[Path, int], schema: pa.Schema) -> Iterator[pa.Table]:
    """Read all parts, of so many rows each, as tables of one schema: where no row had a vector, it had no type."""
    pa = arrow()
    type_ = schema.field(EMBEDDING).type
    for path, rows in parts.items():
        seen = 0
        with streamed(path) as batches:
            for batch in batches:
                *plain, vectors, errors = batch.columns
                if pa.types.is_null(vectors.type):
                    vectors = pa.nulls(len(batch), type_)
                seen += len(batch)
                yield pa.Table.from_arrays([*plain, vectors, errors], schema=schema)
        if seen != rows:
            raise JobError(f"{path} is not what was written: it holds {seen} rows of {rows}. {ANEW}")


def schema_of(parts: Iterable[Path], facts: dict[str, str], empty: pa.Schema) -> pa.Schema:
    """The schema of the output: that of the first part whose vectors have a width."""
    pa = arrow()
    schema = with_columns(empty, pa.null(), {})
    for path in parts:
        with streamed(path) as batches:
            schema = batches.schema
        if not pa.types.is_null(schema.field(EMBEDDING).type):
            break
    bare = pa.schema([field for field in schema if field.name not in {EMBEDDING, ERROR}], metadata=empty.metadata)
    return with_columns(bare, schema.field(EMBEDDING).type, facts)
