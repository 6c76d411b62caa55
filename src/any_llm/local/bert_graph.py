"""BERT as an ONNX graph without weights: what lets a safetensors folder run on nothing but onnxruntime.

The weights are declared external and handed to the session from memory. Attention, SkipLayerNormalization, BiasGelu and
EmbedLayerNormalization are onnxruntime's own fused operators (docs/ContribOperators.md there), in each of its builds.
Field numbers are those of onnx/onnx.proto, which never change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from any_llm.local.protobuf import float32, message, number, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_FLOAT, _INT32, _INT64 = 1, 6, 7
_OPSET, _IR_VERSION = 17, 8
_FUSED = "com.microsoft"


def bert_graph(shapes: Mapping[str, Sequence[int]], *, layers: int, heads: int, epsilon: float) -> bytes:
    """Write the model: (n, tokens) int64 input_ids and attention_mask -> last_hidden_state (n, tokens, width) float32.

    `shapes` has the shape of each weight that bert_weights gives.
    """
    nodes = [
        _node("Cast", ["input_ids"], ["ids"], to=_INT32),
        _node("Cast", ["attention_mask"], ["mask"], to=_INT32),
        _node(
            "EmbedLayerNormalization",
            ["ids", "", "words", "positions", "", "scale", "shift"],
            ["0", "lengths"],
            epsilon=epsilon,
        ),
    ]
    for layer in range(layers):
        output = "last_hidden_state" if layer == layers - 1 else str(layer + 1)
        nodes += _layer(f"{layer}.", str(layer), output, heads=heads, epsilon=epsilon)
    width = shapes["words"][1]
    graph = [
        *(message(1, node) for node in nodes),
        text(2, "bert"),
        *(message(5, _external(name, shape)) for name, shape in shapes.items()),
        message(11, _value("input_ids", _INT64, ["n", "tokens"])),
        message(11, _value("attention_mask", _INT64, ["n", "tokens"])),
        message(12, _value("last_hidden_state", _FLOAT, ["n", "tokens", width])),
    ]
    operators = [text(1, "") + number(2, _OPSET), text(1, _FUSED) + number(2, 1)]
    return number(1, _IR_VERSION) + message(7, b"".join(graph)) + b"".join(message(8, each) for each in operators)


def _layer(at: str, before: str, after: str, *, heads: int, epsilon: float) -> list[bytes]:
    """Write one layer: attention, then the feed-forward, each added to what went in and normalised."""

    def norm(values: str, skip: str, which: str, output: str) -> bytes:
        inputs = [values, skip, f"{at}{which}.scale", f"{at}{which}.shift", f"{at}{which}.bias"]
        return _node("SkipLayerNormalization", inputs, [output], epsilon=epsilon)

    return [
        _node("Attention", [before, at + "qkv", at + "qkv.bias", "mask"], [at + "attended"], num_heads=heads),
        _node("MatMul", [at + "attended", at + "out"], [at + "projected"]),
        norm(at + "projected", before, "out", at + "middle"),
        _node("MatMul", [at + "middle", at + "up"], [at + "widened"]),
        _node("BiasGelu", [at + "widened", at + "up.bias"], [at + "activated"]),
        _node("MatMul", [at + "activated", at + "down"], [at + "narrowed"]),
        norm(at + "narrowed", at + "middle", "down", after),
    ]


def _node(operator: str, inputs: Iterable[str], outputs: Iterable[str], **attributes: float) -> bytes:
    domain = "" if operator in ("Cast", "MatMul") else _FUSED
    names = [text(1, name) for name in inputs] + [text(2, name) for name in outputs]
    settings = [message(5, _attribute(name, value)) for name, value in attributes.items()]
    return b"".join([*names, text(4, operator), *settings, text(7, domain)])


def _attribute(name: str, value: float) -> bytes:
    kind = (number(3, value) + number(20, 2)) if isinstance(value, int) else (float32(2, value) + number(20, 1))
    return text(1, name) + kind


def _external(name: str, shape: Sequence[int]) -> bytes:
    # A location is demanded, and never opened: the session is given every weight from memory.
    where = message(13, text(1, "location") + text(2, name)) + number(14, 1)
    return b"".join(number(1, size) for size in shape) + number(2, _FLOAT) + text(8, name) + where


def _value(name: str, element: int, shape: Iterable[str | int]) -> bytes:
    sizes = [number(1, size) if isinstance(size, int) else text(2, size) for size in shape]
    tensor = number(1, element) + message(2, b"".join(message(1, size) for size in sizes))
    return text(1, name) + message(2, message(1, tensor))
