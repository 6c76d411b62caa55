"""A .safetensors file is read to the letter, and one that contradicts itself is refused."""

from __future__ import annotations

import json

import numpy as np
import pytest

from any_llm.exceptions import InvalidRequestError
from any_llm.local.safetensors import read_safetensors


def file(header, data=b"", *, length=None):
    """Write one; `header` is JSON text or what it says, `length` what the first eight bytes claim."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + data


def entry(dtype="F32", shape=(1,), begin=0, end=4):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}


@pytest.mark.parametrize(
    ("dtype", "data", "values"),
    [
        ("F64", np.array([1.5, -2], "<f8").tobytes(), [1.5, -2]),
        ("F32", np.array([1.5, -2], "<f4").tobytes(), [1.5, -2]),
        ("F16", np.array([1.5, -2], "<f2").tobytes(), [1.5, -2]),
        ("BF16", b"\xc0\x3f\x00\xc0", [1.5, -2]),
        ("I64", np.array([7, -8], "<i8").tobytes(), [7, -8]),
        ("I32", np.array([7, -8], "<i4").tobytes(), [7, -8]),
        ("I16", np.array([7, -8], "<i2").tobytes(), [7, -8]),
        ("I8", b"\x07\xf8", [7, -8]),
        ("U8", b"\x07\xf8", [7, 248]),
        ("BOOL", b"\x01\x00", [True, False]),
    ],
)
def test_each_type_is_read(dtype, data, values):
    tensors = read_safetensors(file({"t": entry(dtype, (2, 1), 0, len(data))}, data))
    assert tensors["t"].tolist() == [[value] for value in values]


def test_tensors_are_found_by_name_whatever_their_order():
    header = {
        "__metadata__": {"format": "pt"},
        "b": entry(begin=4, end=8),
        "a": entry(),
        "none": entry("F32", (0, 3), 8, 8),
    }
    tensors = read_safetensors(file(header, np.array([1, 2], "<f4").tobytes()))
    assert {name: tensor.tolist() for name, tensor in tensors.items()} == {"a": [1], "b": [2], "none": []}
    assert read_safetensors(file({"one": entry("F32", ())}, b"\0\0\x80\x3f"))["one"] == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "header does not fit"),
        (b"\x02\0\0\0\0\0\0", "header does not fit"),
        (file({}, length=3), "header does not fit"),
        (file({}, length=2**63), "header does not fit"),
        (file({}, b"x" * 20, length=2**64 - 4), "header does not fit"),
        (file(b"{}", length=1) + b"", "header is not one"),
        (file(b"[]"), "header is not one"),
        (file(b"\xff\xff"), "header is not one"),
        (file({"t": 1}), "header is not one"),
        (file({"t": {"dtype": "F32", "shape": [1]}}, b"1234"), "header is not one"),
        (file({"t": entry(shape=(-1,))}, b"1234"), "header is not one"),
        (file({"t": entry(begin=-4, end=0)}, b"1234"), "header is not one"),
        (file({"t": entry(shape=(1.5,))}, b"1234"), "header is not one"),
        (file({"t": entry("F8_E4M3", (4,))}, b"1234"), "type F8_E4M3"),
        (file({"t": entry("object", (4,))}, b"1234"), "type object"),
        (file({"t": entry()}, b"123"), "offsets of t do not fit"),
        (file({"t": entry(shape=(2,))}, b"12345678"), "offsets of t do not fit"),
        (file({"t": entry(shape=(2**40, 2**40))}, b"1234"), "offsets of t do not fit"),
        (file({"t": entry(begin=4, end=8)}, b"12345678"), "offsets of t do not fit"),
        (file({"t": entry(shape=(1,), begin=4, end=0)}, b"1234"), "offsets of t do not fit"),
        (file({"t": entry(), "u": entry(begin=2, end=6)}, b"123456"), "offsets of u do not fit"),
        (file({"t": entry(), "u": entry()}, b"1234"), "offsets of u do not fit"),
        (file({"t": entry()}, b"12345"), "bytes behind its last tensor"),
        (file({}, b"1"), "bytes behind its last tensor"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(content, said):
    with pytest.raises(InvalidRequestError, match=said):
        read_safetensors(content)
