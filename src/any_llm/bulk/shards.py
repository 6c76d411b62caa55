"""How is a corpus cut? Into shards of so many rows, and each into the different texts it holds."""

from __future__ import annotations

import hashlib
from array import array
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from any_llm.bulk.errors import JobError
from any_llm.bulk.manifest import Counts
from any_llm.bulk.parts import stream, streamed
from any_llm.bulk.reading import arrow, batches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    import numpy as np
    import pyarrow as pa

    from any_llm.bulk.sources import File

    Numbers = np.ndarray[tuple[int], np.dtype[np.int64]]

SHARD_ROWS = 32_768
"""Rows of a shard. The requests of one are answered before the next begins."""
KEY = 16
"""Bytes of a text's digest."""


class Texts(NamedTuple):
    """The different texts of some rows."""

    texts: list[str]
    slots: Numbers
    """Row -> position of its text; -1: it has none."""


class Look(NamedTuple):
    """What a look through a corpus has found."""

    counts: Counts
    schema: pa.Schema
    """That of all files together."""
    repeated: frozenset[int]
    """Short digests of texts that stand in more than one shard."""


def digest(text: str) -> bytes:
    """By what a text is known."""
    return hashlib.blake2b(text.encode(), digest_size=KEY).digest()


def short(key: bytes) -> int:
    """Half a digest, where a mistake costs no more than looking twice."""
    return int.from_bytes(key[:8], "little")


def shards(batches_of_all: Iterable[pa.RecordBatch], rows: int) -> Iterator[pa.Table]:
    """Cut what is read into tables of so many rows. The same input is always cut alike."""
    pa = arrow()
    held: list[Any] = []
    count = 0
    for batch in batches_of_all:
        left = batch
        while count + len(left) >= rows:
            held.append(left.slice(0, rows - count))
            left = left.slice(rows - count)
            yield pa.Table.from_batches(held)
            held, count = [], 0
        if len(left):
            held.append(left)
            count += len(left)
    if held:
        yield pa.Table.from_batches(held)


def stage(path: Path, table: pa.Table) -> None:
    """Lay a shard where another process can read it."""
    with stream(path, table.schema) as writer:
        writer.write_table(table)


def unstaged(path: Path) -> pa.Table:
    """Read it there."""
    with streamed(path) as batches:
        return batches.read_all()


def text_of(batch: pa.RecordBatch | pa.Table, column: str) -> pa.ChunkedArray:
    """Take the column of texts. Raises JobError when there is no such column, or it holds no text."""
    pa = arrow()
    if batch.schema.names.count(column) != 1:
        there = ", ".join(batch.schema.names) or "none"
        raise JobError(f"there is no one column {column!r}; there are: {there}. Choose with --column (column=).")
    given = batch.column(column)
    kind = given.type.value_type if pa.types.is_dictionary(given.type) else given.type
    is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind) or kind == pa.string_view()
    if not is_text and not pa.types.is_null(kind):
        raise JobError(f"the column {column!r} holds {given.type}, not text. Choose another with --column (column=).")
    return pa.chunked_array([given] if isinstance(given, pa.Array) else given.chunks, given.type).cast(
        pa.large_string()
    )


def texts_of(texts: pa.ChunkedArray) -> Texts:
    """Tell equal texts apart from different ones, in the order in which they come."""
    pa = arrow()
    coded = pa.concat_arrays([pa.array([], pa.large_string()), *texts.chunks]).dictionary_encode()
    slots = coded.indices.fill_null(-1).cast(pa.int64()).to_numpy(zero_copy_only=False)
    return Texts(coded.dictionary.to_pylist(), slots)


def alike(paths: Sequence[File], schema: pa.Schema, asked: str | None) -> Iterator[pa.RecordBatch]:
    """Read all files, each batch with the columns of all."""
    pa = arrow()
    for path in paths:
        for batch in batches(path, asked):
            if batch.schema.equals(schema):
                yield batch
                continue
            columns = [
                batch.column(field.name).cast(field.type)
                if field.name in batch.schema.names
                else pa.nulls(len(batch), field.type)
                for field in schema
            ]
            yield pa.RecordBatch.from_arrays(columns, schema=schema)


def look(paths: Sequence[File], column: str, rows: int, asked: str | None, longest: int | None = None) -> Look:
    """Read the corpus through once. `longest`: bytes from which on a text may be too long."""
    import numpy as np  # noqa: PLC0415  # only who looks

    pa = arrow()
    schemas: dict[Any, None] = {}

    def seen() -> Iterator[Any]:
        for path in paths:
            for batch in batches(path, asked):
                schemas.setdefault(batch.schema.remove_metadata())
                texts = pa.concat_arrays([pa.array([], pa.large_string()), *text_of(batch, column).chunks])
                yield pa.RecordBatch.from_arrays([texts], names=[column])

    counts, digests, lengths = Counts(), array("Q"), array("I")  # what grows with the corpus: 12 bytes a text
    for table in shards(seen(), rows):
        found = texts_of(table.column(column))
        sizes = [len(text.encode()) for text in found.texts]
        blank = [slot for slot, text in enumerate(found.texts) if not text.strip()]
        long = [slot for slot, each in enumerate(sizes) if longest is not None and each > longest]
        counts = msgspec.structs.replace(
            counts,
            rows=counts.rows + len(table),
            missing=counts.missing + int((found.slots < 0).sum()),
            blank=counts.blank + int(np.isin(found.slots, blank).sum()),
            long=counts.long + int(np.isin(found.slots, long).sum()),
        )
        digests.extend(short(digest(text)) for text in found.texts)
        lengths.extend(sizes)
    if not schemas:
        raise JobError(f"{paths[0]} is empty: it tells no columns.")
    schema = pa.unify_schemas(list(schemas), promote_options="permissive")
    keys = np.frombuffer(digests, "Q")
    order = keys.argsort()
    keys = keys[order]
    again = np.append(np.zeros(min(1, len(keys)), bool), keys[1:] == keys[:-1])
    length = int(np.frombuffer(lengths, "I")[order[~again]].sum(dtype=np.int64))
    counts = msgspec.structs.replace(counts, unique=int((~again).sum()), bytes=length)
    return Look(counts, schema, frozenset(keys[again].tolist()))
