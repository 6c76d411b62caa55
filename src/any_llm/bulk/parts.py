"""How does a finished shard become a file, and how do all of them become the output? In order, whole or not at all."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING, Any

from any_llm.bulk.columns import EMBEDDING, ERROR, vector_type, vectors_column, with_columns
from any_llm.bulk.journal import full
from any_llm.bulk.manifest import settle
from any_llm.bulk.reading import arrow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa

    from any_llm.bulk.columns import VectorType
    from any_llm.bulk.kept import Kept
    from any_llm.bulk.shards import Numbers

GROUP = 8192
"""Rows of a row group."""
ELEMENTS = f"{EMBEDDING}.list.element"
"""What Parquet calls the numbers."""


def tables(table: pa.Table, slots: Numbers, kept: Kept, kind: VectorType, missing: str) -> Iterator[pa.Table]:
    """Add the vectors to the rows of a shard, a row group at a time. `missing`: why a row without a text has none.

    Those that have an error hold zeros here and null in the output: before 26, pyarrow can write nulls among lists
    of one size, and cannot read them (apache/arrow#35692).
    """
    import numpy as np  # noqa: PLC0415  # loaded already

    pa = arrow()
    type_ = vector_type(kept.width, kept.dtype, kind)
    schema = with_columns(table.schema, type_, {})
    for begin in range(0, len(table), GROUP):
        some = slots[begin : begin + GROUP]
        there = (some >= 0) & (kept.places[some] >= 0) if len(kept.places) else np.zeros(len(some), bool)
        rows = np.zeros((len(some), kept.size), np.uint8)
        if there.any():
            rows[there] = kept.vectors(some[there])
        why = [
            None if fine else missing if slot < 0 else kept.errors.get(slot, "not embedded")
            for slot, fine in zip(some.tolist(), there.tolist(), strict=True)
        ]
        vectors = vectors_column(rows, np.ones(len(some), bool), type_)
        columns = [*table.slice(begin, GROUP).columns, vectors, pa.array(why, pa.string())]
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


def write_part(path: Path, parts: Iterable[pa.Table]) -> None:
    """Write one shard."""
    rest = iter(parts)
    first = next(rest)
    with parquet(path, first.schema) as writer:
        for table in chain([first], rest):
            writer.write_table(table, row_group_size=GROUP)


def read_parts(paths: Sequence[Path], schema: pa.Schema) -> Iterator[pa.Table]:
    """Read all parts, in order, as tables of one schema: where no row had a vector, its type was not known."""
    import pyarrow.parquet as pq  # noqa: PLC0415  # only a job needs it

    pa = arrow()
    type_ = schema.field(EMBEDDING).type
    for path in paths:
        with pq.ParquetFile(path, pre_buffer=False) as file:
            for batch in file.iter_batches(GROUP):
                *plain, vectors, errors = batch.columns
                known = not pa.types.is_null(vectors.type)
                column = _some(vectors, errors, type_) if known else pa.nulls(len(batch), type_)
                yield pa.Table.from_arrays([*plain, column, errors], schema=schema)


def _some(vectors: pa.Array, errors: pa.Array, type: pa.DataType) -> pa.Array:  # noqa: A002  # Arrow's word
    """Take the zeros out again."""
    if errors.null_count == len(errors):
        return vectors
    rows = vectors.flatten().to_numpy(zero_copy_only=False).reshape(len(vectors), -1)
    return vectors_column(rows, errors.is_null().to_numpy(zero_copy_only=False), type)


def schema_of(paths: Sequence[Path], facts: dict[str, str], empty: pa.Schema) -> pa.Schema:
    """The schema of the output: that of the first part whose vectors have a width."""
    import pyarrow.parquet as pq  # noqa: PLC0415  # only a job needs it

    pa = arrow()
    schema = with_columns(empty, pa.null(), {})
    for path in paths:
        schema = pq.read_schema(path)
        if not pa.types.is_null(schema.field(EMBEDDING).type):
            break
    bare = pa.schema([field for field in schema if field.name not in {EMBEDDING, ERROR}], metadata=empty.metadata)
    return with_columns(bare, schema.field(EMBEDDING).type, facts)
