"""How protobuf is written: just enough to say an ONNX graph (https://protobuf.dev/programming-guides/encoding)."""

from __future__ import annotations

import struct

_VARINT, _BYTES, _FIXED32 = 0, 2, 5
_LOW = 0x7F


def number(field: int, value: int) -> bytes:
    """Write a field that holds an integer of 0 or more."""
    return _varint(field << 3 | _VARINT) + _varint(value)


def message(field: int, body: bytes) -> bytes:
    """Write a field that holds another message, or bytes."""
    return _varint(field << 3 | _BYTES) + _varint(len(body)) + body


def text(field: int, value: str) -> bytes:
    """Write a field that holds a string."""
    return message(field, value.encode())


def float32(field: int, value: float) -> bytes:
    """Write a field that holds a float."""
    return _varint(field << 3 | _FIXED32) + struct.pack("<f", value)


def _varint(value: int) -> bytes:
    written = bytearray()
    while value > _LOW:
        written.append(value & _LOW | _LOW + 1)
        value >>= 7
    written.append(value)
    return bytes(written)
