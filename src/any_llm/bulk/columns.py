"""What do vectors look like in Arrow? A column of lists of one size, null where there is none; and one of reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from any_llm.bulk.reading import arrow

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    Rows = np.ndarray[Any, Any]

EMBEDDING, ERROR = "embedding", "embedding_error"
"""The columns that are added."""
VectorType = Literal["fixed", "list"]
NUMBERS = {"float32": "float32", "int8": "int8", "uint8": "uint8", "binary": "int8", "ubinary": "uint8"}
"""Our dtype -> numpy's and Arrow's; packed bits stay packed."""


def vector_type(width: int, dtype: str, kind: VectorType) -> pa.DataType:
    """The type of the column; null while nobody knows how wide a vector is."""
    pa = arrow()
    if not width:
        return pa.null()
    value = pa.field("element", pa.type_for_alias(NUMBERS[dtype]))
    return pa.list_(value) if kind == "list" else pa.list_(value, width)


def vectors_column(rows: Rows, there: Rows, type: pa.DataType) -> pa.Array:  # noqa: A002  # its word
    """(n, bytes a vector) and (n,) whether there is one -> the column. Rows without one are not looked at."""
    import numpy as np  # noqa: PLC0415  # loaded already

    pa = arrow()
    if pa.types.is_null(type):
        return pa.nulls(len(there))
    fixed, mask = pa.types.is_fixed_size_list(type), None if there.all() else pa.array(~there)
    some = rows if fixed or mask is None else rows[there]  # a list that is null has no numbers, one of one size has
    flat = pa.array(np.ascontiguousarray(some).view(type.value_type.to_pandas_dtype()).reshape(-1), type.value_type)
    if fixed:
        return pa.FixedSizeListArray.from_arrays(flat, type=type, mask=mask)
    ends = np.cumsum(there, dtype=np.int32) * np.int32(len(flat) // max(1, len(some)))
    return pa.ListArray.from_arrays(pa.array(np.append(np.int32(0), ends)), flat, type=type, mask=mask)


def with_columns(schema: pa.Schema, type: pa.DataType, facts: dict[str, str]) -> pa.Schema:  # noqa: A002  # Arrow's word
    """Add ours to the input's columns, and what the vectors are to its metadata."""
    pa = arrow()
    added = schema.append(pa.field(EMBEDDING, type)).append(pa.field(ERROR, pa.string()))
    return added.with_metadata(
        {**(schema.metadata or {}), **{name.encode(): fact.encode() for name, fact in facts.items()}}
    )
