"""How is a corpus read? As record batches, whatever kind of file it is, a little at a time."""

from __future__ import annotations

import codecs
import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec

from any_llm.bulk.errors import JobError
from any_llm.bulk.sources import Remote, kind, told
from any_llm.exceptions import MissingPackageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa

    from any_llm.bulk.sources import File

TEXT = "text"
"""The one column of a file of lines."""
ROWS = 4096
"""Rows of a batch, where we may choose."""
BLOCK = 1 << 20
"""Bytes of a block of CSV. A record must fit into one."""


def arrow() -> Any:
    """Give pyarrow, which only a job needs. Raises MissingPackageError."""
    try:
        import pyarrow as pa  # noqa: PLC0415  # 165 MB, for those who have jobs
    except ImportError as missing:
        raise MissingPackageError("bulk", "bulk") from missing
    return pa


def batches(path: File, asked: str | None = None) -> Iterator[pa.RecordBatch]:
    """Read one file, all its columns. Raises JobError for what is not what its name says."""
    pa = arrow()
    with told(path):
        try:
            yield from READERS[kind(path, asked)](path)
        except (pa.ArrowException, OSError) as error:
            if isinstance(error, OSError) and (error.filename or isinstance(path, Remote)):
                raise
            raise JobError(f"{path} cannot be read: {error}") from error


@contextmanager
def _opened(path: File) -> Iterator[Any]:
    """Give what Arrow reads: a path of this machine as it is, which it maps and reads by itself."""
    if isinstance(path, Remote):
        with path.open() as file:
            yield file
    else:
        yield str(path)


def _parquet(path: File) -> Iterator[pa.RecordBatch]:
    import pyarrow.parquet as pq  # noqa: PLC0415  # only who reads one

    with _opened(path) as source, pq.ParquetFile(source, pre_buffer=False) as file:
        yield _empty(file.schema_arrow)
        yield from file.iter_batches(ROWS)


def _arrow(path: File) -> Iterator[pa.RecordBatch]:
    pa = arrow()
    with _opened(path) as source, source if isinstance(path, Remote) else pa.memory_map(str(path)) as file:
        try:
            reader = pa.ipc.open_file(file)
        except pa.ArrowInvalid:
            file.seek(0)
            found = pa.ipc.open_stream(file)
            yield _empty(found.schema)
            yield from found
        else:
            yield _empty(reader.schema)
            yield from map(reader.get_batch, range(reader.num_record_batches))


def _empty(schema: pa.Schema) -> pa.RecordBatch:
    """No rows: so that a file without any still tells its columns."""
    pa = arrow()
    return pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema)


def _separated(mark: str) -> Callable[[File], Iterator[pa.RecordBatch]]:
    def read(path: File) -> Iterator[pa.RecordBatch]:
        """Read every column as text: no number loses its zeros, and no late row is of another type."""
        import pyarrow as pa  # noqa: PLC0415  # only who reads one
        from pyarrow import csv  # noqa: PLC0415  # the same

        parse = csv.ParseOptions(delimiter=mark, newlines_in_values=True)
        block = csv.ReadOptions(block_size=BLOCK, use_threads=False)
        with path.open("rb") as file:
            if not file.read(1):
                return
        with _opened(path) as file, csv.open_csv(file, block, parse) as first:
            names = first.schema.names
        convert = csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False)
        with _opened(path) as file, csv.open_csv(file, block, parse, convert) as reader:
            yield _empty(reader.schema)
            yield from reader

    return read


def _lines(path: File) -> Iterator[tuple[int, bytes]]:
    """Number and bytes of each line, without its end."""
    with path.open("rb") as file:
        read = io.BufferedReader(file, BLOCK) if isinstance(path, Remote) else file  # fsspec's own lines are slow
        for number, line in enumerate(read, 1):
            yield number, (line.removeprefix(codecs.BOM_UTF8) if number == 1 else line).rstrip(b"\r\n")


def _text(path: File) -> Iterator[pa.RecordBatch]:
    pa = arrow()
    yield _empty(pa.schema([(TEXT, pa.string())]))
    held: list[str] = []
    for number, line in _lines(path):
        try:
            held.append(line.decode())
        except UnicodeDecodeError:
            raise JobError(f"line {number} of {path} is not UTF-8 text.") from None
        if len(held) == ROWS:
            yield pa.RecordBatch.from_pydict({TEXT: held})
            held = []
    if held:
        yield pa.RecordBatch.from_pydict({TEXT: held})


def _json_lines(path: File) -> Iterator[pa.RecordBatch]:
    """Read an object a line; blank lines are none. What one object lacks is null."""
    pa = arrow()
    decode = msgspec.json.Decoder(dict[str, Any]).decode
    held: list[dict[str, Any]] = []
    for number, line in _lines(path):
        if not line.strip():
            continue
        try:
            held.append(decode(line))
        except (msgspec.MsgspecError, UnicodeError):
            raise JobError(f"line {number} of {path} is not a JSON object.") from None
        if len(held) == ROWS:
            yield pa.RecordBatch.from_struct_array(pa.array(held))
            held = []
    if held:
        yield pa.RecordBatch.from_struct_array(pa.array(held))


READERS: dict[str, Callable[[File], Iterator[pa.RecordBatch]]] = {
    "parquet": _parquet,
    "arrow": _arrow,
    "jsonl": _json_lines,
    "csv": _separated(","),
    "tsv": _separated("\t"),
    "text": _text,
}
