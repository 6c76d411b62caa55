"""BERT as an ONNX graph without weights: how a safetensors folder runs with nothing but onnxruntime.

The graph is written as protobuf by hand (a dozen field numbers of onnx.proto, which never change), so that no `onnx` package
is needed at run time. Every weight is declared external and handed to the session from memory. The three fused operators
are onnxruntime's own (com.microsoft) and are in each of its builds.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

Array = "np.ndarray[Any, np.dtype[np.float32]]"

_FLOAT, _INT32, _INT64 = 1, 6, 7
_EXTERNAL = 1
_OPSET, _IR_VERSION = 17, 8


def bert_graph(weights: Mapping[str, Sequence[int]], *, layers: int, heads: int, epsilon: float) -> bytes:
    """An ONNX model: (batch, sequence) int64 ids and mask -> last_hidden_state (batch, sequence, hidden) float32.

    `weights` maps each name that `bert_weights` gives to its shape.
    """
    microsoft = "com.microsoft"
    norm = {"epsilon": epsilon}
    nodes = [
        _node("Cast", ["input_ids"], ["ids"], to=_INT32),
        _node("Cast", ["attention_mask"], ["mask"], to=_INT32),
        _node(
            "EmbedLayerNormalization",
            ["ids", "", "words", "positions", "", "embed.gamma", "embed.beta"],
            ["x0", "unused"],
            domain=microsoft,
            **norm,
        ),
    ]
    for i in range(layers):
        last = "last_hidden_state" if i == layers - 1 else f"x{i + 1}"
        nodes += [
            _node("Attention", [f"x{i}", f"{i}.qkv", f"{i}.qkv.bias", "mask"], [f"{i}.a"], domain=microsoft, num_heads=heads),
            _node("MatMul", [f"{i}.a", f"{i}.out"], [f"{i}.b"]),
            _node(
                "SkipLayerNormalization",
                [f"{i}.b", f"x{i}", f"{i}.gamma", f"{i}.beta", f"{i}.out.bias"],
                [f"{i}.c"],
                domain=microsoft,
                **norm,
            ),
            _node("MatMul", [f"{i}.c", f"{i}.up"], [f"{i}.d"]),
            _node("BiasGelu", [f"{i}.d", f"{i}.up.bias"], [f"{i}.e"], domain=microsoft),
            _node("MatMul", [f"{i}.e", f"{i}.down"], [f"{i}.f"]),
            _node(
                "SkipLayerNormalization",
                [f"{i}.f", f"{i}.c", f"{i}.gamma2", f"{i}.beta2", f"{i}.down.bias"],
                [last],
                domain=microsoft,
                **norm,
            ),
        ]
    hidden = weights["words"][1]
    graph = [
        *(_message(1, node) for node in nodes),
        _text(2, "bert"),
        *(_message(5, _external(name, shape)) for name, shape in weights.items()),
        _message(11, _value("input_ids", _INT64, ["batch", "sequence"])),
        _message(11, _value("attention_mask", _INT64, ["batch", "sequence"])),
        _message(12, _value("last_hidden_state", _FLOAT, ["batch", "sequence", hidden])),
    ]
    opsets = [_text(1, "") + _number(2, _OPSET), _text(1, microsoft) + _number(2, 1)]
    return _number(1, _IR_VERSION) + _message(7, b"".join(graph)) + b"".join(_message(8, opset) for opset in opsets)


def bert_weights(tensors: Mapping[str, np.ndarray[Any, Any]], layers: int) -> dict[str, np.ndarray[Any, Any]]:
    """The graph's weights from a checkpoint's tensors: transposed, and query, key and value side by side.

    Raises KeyError with the name of a tensor that is missing.
    """
    import numpy as np  # noqa: PLC0415  # heavy, and only a safetensors folder needs it here

    prefix = "bert." if "bert.embeddings.word_embeddings.weight" in tensors else ""

    def get(name: str) -> np.ndarray[Any, Any]:
        return tensors[prefix + name].astype(np.float32, copy=False)

    def matrix(name: str) -> np.ndarray[Any, Any]:
        return get(name + ".weight").T

    # Every token is of the first type here, so its row is added to each position once and for all.
    result = {
        "words": get("embeddings.word_embeddings.weight"),
        "positions": get("embeddings.position_embeddings.weight") + get("embeddings.token_type_embeddings.weight")[0],
        "embed.gamma": get("embeddings.LayerNorm.weight"),
        "embed.beta": get("embeddings.LayerNorm.bias"),
    }
    for i in range(layers):
        layer = f"encoder.layer.{i}."
        heads = [f"{layer}attention.self.{part}" for part in ("query", "key", "value")]
        result |= {
            f"{i}.qkv": np.concatenate([matrix(head) for head in heads], axis=1),
            f"{i}.qkv.bias": np.concatenate([get(head + ".bias") for head in heads]),
            f"{i}.out": matrix(layer + "attention.output.dense"),
            f"{i}.out.bias": get(layer + "attention.output.dense.bias"),
            f"{i}.gamma": get(layer + "attention.output.LayerNorm.weight"),
            f"{i}.beta": get(layer + "attention.output.LayerNorm.bias"),
            f"{i}.up": matrix(layer + "intermediate.dense"),
            f"{i}.up.bias": get(layer + "intermediate.dense.bias"),
            f"{i}.down": matrix(layer + "output.dense"),
            f"{i}.down.bias": get(layer + "output.dense.bias"),
            f"{i}.gamma2": get(layer + "output.LayerNorm.weight"),
            f"{i}.beta2": get(layer + "output.LayerNorm.bias"),
        }
    return {name: np.ascontiguousarray(array) for name, array in result.items()}


def _node(operator: str, inputs: Iterable[str], outputs: Iterable[str], *, domain: str = "", **attributes: float) -> bytes:
    parts = [_text(1, name) for name in inputs] + [_text(2, name) for name in outputs]
    parts.append(_text(4, operator))
    parts += [_message(5, _attribute(name, value)) for name, value in attributes.items()]
    parts.append(_text(7, domain))
    return b"".join(parts)


def _attribute(name: str, value: float) -> bytes:
    if isinstance(value, int):
        return _text(1, name) + _number(3, value) + _number(20, 2)
    return _text(1, name) + _key(2, 5) + struct.pack("<f", value) + _number(20, 1)


def _external(name: str, shape: Sequence[int]) -> bytes:
    dims = b"".join(_number(1, size) for size in shape)
    where = _text(1, "location") + _text(2, name)
    return dims + _number(2, _FLOAT) + _text(8, name) + _message(13, where) + _number(14, _EXTERNAL)


def _value(name: str, element: int, shape: Sequence[str | int]) -> bytes:
    dims = (_number(1, size) if isinstance(size, int) else _text(2, size) for size in shape)
    tensor = _number(1, element) + _message(2, b"".join(_message(1, dim) for dim in dims))
    return _text(1, name) + _message(2, _message(1, tensor))


def _key(field: int, wire: int) -> bytes:
    return _varint(field << 3 | wire)


def _number(field: int, value: int) -> bytes:
    return _key(field, 0) + _varint(value)


def _message(field: int, body: bytes) -> bytes:
    return _key(field, 2) + _varint(len(body)) + body


def _text(field: int, value: str) -> bytes:
    return _message(field, value.encode())


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)
