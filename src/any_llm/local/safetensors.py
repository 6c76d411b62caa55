"""How a .safetensors file is read: tensors by name, with every length and offset checked before it is used.

Format: https://github.com/huggingface/safetensors#format (8 bytes of header length, a JSON header, the data; no code).
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from any_llm.exceptions import InvalidRequestError

if TYPE_CHECKING:
    import numpy as np

    Tensors = dict[str, np.ndarray[Any, np.dtype[Any]]]

_LENGTH = 8
_SIZES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}
_NUMPY = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4", "I16": "<i2"} | {
    "I8": "i1",
    "U8": "u1",
    "BOOL": "?",
}

_Count = Annotated[int, msgspec.Meta(ge=0)]


class _Entry(msgspec.Struct, frozen=True):
    dtype: str
    shape: tuple[_Count, ...]
    data_offsets: tuple[_Count, _Count]


def read_safetensors(source: bytes | memoryview) -> Tensors:
    """Read every tensor as a read-only view of `source`; bfloat16, which numpy lacks, becomes float32.

    Raises InvalidRequestError when the file contradicts itself.
    """
    import numpy as np  # noqa: PLC0415  # only a folder with safetensors needs it here

    size = len(source)
    length = int.from_bytes(source[:_LENGTH], "little")
    start = _LENGTH + length
    if start > size:
        raise _broken("its header does not fit into it")
    try:
        header = msgspec.json.decode(source[_LENGTH:start], type=dict[str, msgspec.Raw])
        header.pop("__metadata__", None)
        entries = {name: msgspec.json.decode(raw, type=_Entry) for name, raw in header.items()}
    except msgspec.DecodeError as error:
        raise _broken("its header is not one") from error
    tensors: Tensors = {}
    reached = 0
    # Tensors lie one after another with no gap, so one that overlaps another or leaves the file shows here.
    for name, entry in sorted(entries.items(), key=lambda item: item[1].data_offsets):
        begin, end = entry.data_offsets
        if entry.dtype not in _SIZES:
            raise _broken(f"{name} is of type {entry.dtype}, which is not read here")
        if begin != reached or end - begin != prod(entry.shape) * _SIZES[entry.dtype] or start + end > size:
            raise _broken(f"the offsets of {name} do not fit")
        reached = end
        values = np.frombuffer(source, _NUMPY[entry.dtype], prod(entry.shape), start + begin).reshape(entry.shape)
        if entry.dtype == "BF16":
            values = (values.astype("<u4") << 16).view("<f4")
        tensors[name] = values
    if start + reached != size:
        raise _broken("there are bytes behind its last tensor")
    return tensors


def _broken(why: str) -> InvalidRequestError:
    return InvalidRequestError(f"The .safetensors file cannot be read: {why}.", provider_name="local")
