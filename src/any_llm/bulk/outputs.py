"""What may the output be? Parquet, Arrow, JSON Lines, Lance, or an array with ids beside it: made from the parts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from any_llm.bulk.columns import EMBEDDING
from any_llm.bulk.errors import JobError
from any_llm.bulk.parts import parquet, read_parts, whole
from any_llm.bulk.reading import arrow
from any_llm.bulk.sources import URL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import pyarrow as pa

SUFFIXES = {
    ".parquet": "parquet", ".pq": "parquet", ".arrow": "arrow", ".feather": "arrow", ".ipc": "arrow",
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".npy": "npy", ".lance": "lance",
}  # fmt: skip


def here(output: str | Path) -> Path:
    """Take the output as a path of this machine, of a kind we write. Raises JobError."""
    if isinstance(output, str) and URL.match(output):
        raise JobError("the output is a path of this machine, for a job keeps its journal beside it: copy it after.")
    path = Path(output)
    if output_kind(path) == "lance":
        lance()  # before anything is paid for
    return path


def output_kind(path: Path) -> str:
    """What kind of file the output's name means. Raises JobError."""
    found = SUFFIXES.get(path.suffix.lower())
    if found is None:
        raise JobError(f"the name {path} tells no format: end it with one of {', '.join(SUFFIXES)}.")
    return found


def write(path: Path, parts: Mapping[Path, int], schema: pa.Schema, *, id_column: str | None) -> None:
    """Make the output from the parts. Raises JobStorageError when there is no room for it: the parts stay."""
    WRITERS[output_kind(path)](path, read_parts(parts, schema), schema, id_column)


def _parquet(path: Path, tables: Iterable[pa.Table], schema: pa.Schema, _id: str | None) -> None:
    with parquet(path, schema) as writer:
        for table in tables:
            writer.write_table(table)


def _arrow(path: Path, tables: Iterable[pa.Table], schema: pa.Schema, _id: str | None) -> None:
    """Write values in place of dictionaries: a file has one for all rows of a column, here each shard has its own."""
    pa = arrow()
    plain = pa.schema([field.with_type(_values(field.type)) for field in schema], metadata=schema.metadata)
    with whole(path) as beside, pa.OSFile(str(beside), "wb") as file, pa.ipc.new_file(file, plain) as writer:
        for table in tables:
            writer.write_table(table.cast(plain))


def _values(type: pa.DataType) -> pa.DataType:  # noqa: A002  # Arrow's word
    """Name the type that holds the same without a dictionary."""
    pa = arrow()
    if pa.types.is_dictionary(type):
        return _values(type.value_type)
    if pa.types.is_struct(type):
        return pa.struct([field.with_type(_values(field.type)) for field in type])
    for is_list, of in ((pa.types.is_list, pa.list_), (pa.types.is_large_list, pa.large_list)):
        if is_list(type):
            return of(type.value_field.with_type(_values(type.value_type)))
    return type


def _json_lines(path: Path, tables: Iterable[pa.Table], _schema: pa.Schema, _id: str | None) -> None:
    encode = msgspec.json.Encoder(enc_hook=str).encode
    with whole(path) as beside, beside.open("wb") as file:
        for table in tables:
            array = table.column(EMBEDDING).combine_chunks()
            for row, vector in zip(table.drop_columns([EMBEDDING]).to_pylist(), array, strict=True):
                error = row.popitem()
                digits = msgspec.Raw(_digits(vector) if vector.is_valid else b"null")
                file.write(encode(dict([*row.items(), (EMBEDDING, digits), error])) + b"\n")


def _digits(vector: Any) -> bytes:
    """Write the shortest digits that give the same number."""
    values = vector.values.to_numpy(zero_copy_only=False)
    return f"[{','.join(values.astype(str))}]".encode()


def _npy(path: Path, tables: Iterable[pa.Table], schema: pa.Schema, id_column: str | None) -> None:
    """Write (n, dimensions), NaN where there is no vector, and the ids in their order: a JSON value a line."""
    import numpy as np  # noqa: PLC0415  # loaded already

    pa = arrow()
    encode = msgspec.json.Encoder(enc_hook=str).encode
    type_ = schema.field(EMBEDDING).type
    if not pa.types.is_fixed_size_list(type_):
        raise JobError("an array needs vectors of one known width: leave --vector-type (vector_type=) at fixed.")
    ids = path.with_suffix(".ids.jsonl")
    kind = np.dtype(type_.value_type.to_pandas_dtype())
    count = 0
    with whole(ids) as beside_ids, whole(path) as beside, beside.open("wb+") as file, beside_ids.open("wb") as names:
        header = {"descr": np.lib.format.dtype_to_descr(kind), "fortran_order": False}
        np.lib.format.write_array_header_1_0(file, {**header, "shape": (1 << 50, type_.list_size)})
        begin = file.tell()
        for table in tables:
            column = table.column(EMBEDDING).combine_chunks()
            if column.null_count and kind.kind != "f":
                raise JobError(f"an array of {kind} cannot say that a row has no vector. Write Parquet.")
            values = column.values.to_numpy(zero_copy_only=False).reshape(-1, type_.list_size).copy()
            if column.null_count:
                values[~column.is_valid().to_numpy(zero_copy_only=False)] = np.nan
            file.write(values.tobytes())
            given = range(count, count + len(table)) if id_column is None else table.column(id_column).to_pylist()
            names.writelines(encode(each) + b"\n" for each in given)
            count += len(table)
        file.seek(0)
        np.lib.format.write_array_header_1_0(file, {**header, "shape": (count, type_.list_size)})
        if file.tell() != begin:
            raise JobError("the array's header has another length than was set aside.")


def _lance(path: Path, tables: Iterable[pa.Table], schema: pa.Schema, _id: str | None) -> None:
    pa = arrow()
    batches = (batch for table in tables for batch in table.to_batches())
    with whole(path) as beside:
        lance().write_dataset(pa.RecordBatchReader.from_batches(schema, batches), str(beside))


def lance() -> Any:
    """Give lance, which only its own files need. Raises JobError that names its package."""
    try:
        import lance as found  # noqa: PLC0415  # 200 MB, for those who want it
    except ImportError as missing:
        raise JobError("a .lance output needs a package that is not installed: pip install pylance") from missing
    return found


WRITERS: dict[str, Callable[[Path, Iterable[pa.Table], pa.Schema, str | None], None]] = {
    "parquet": _parquet,
    "arrow": _arrow,
    "jsonl": _json_lines,
    "npy": _npy,
    "lance": _lance,
}
