"""Which BERT checkpoints can be run, and how their tensors become the graph's weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from any_llm.exceptions import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

_Size = Annotated[int, msgspec.Meta(ge=1)]


class BertConfig(msgspec.Struct, frozen=True):
    """The fields of config.json that shape the graph."""

    hidden_size: _Size
    num_hidden_layers: _Size
    num_attention_heads: _Size
    intermediate_size: _Size
    max_position_embeddings: _Size
    vocab_size: _Size
    type_vocab_size: _Size = 2
    layer_norm_eps: Annotated[float, msgspec.Meta(gt=0)] = 1e-12
    model_type: str | None = None
    hidden_act: str = "gelu"
    position_embedding_type: str | None = "absolute"


def read_bert_config(source: bytes) -> BertConfig:
    """Read config.json. Raises InvalidRequestError for another architecture, by its name."""
    try:
        kind = msgspec.json.decode(source, type=dict[str, Any]).get("model_type")
        if kind != "bert":
            raise _cannot(f"model_type is {kind!r}: only 'bert' runs from model.safetensors. Export it to ONNX")
        config = msgspec.json.decode(source, type=BertConfig)
    except msgspec.DecodeError as error:
        raise _cannot(f"config.json cannot be read: {error}") from error
    if config.hidden_act != "gelu" or config.position_embedding_type not in ("absolute", None):
        raise _cannot(
            f"hidden_act is {config.hidden_act!r} and position_embedding_type {config.position_embedding_type!r}: only "
            "'gelu' and 'absolute' run from model.safetensors. Export it to ONNX"
        )
    if config.hidden_size % config.num_attention_heads:
        raise _cannot("hidden_size is not a multiple of num_attention_heads")
    return config


def bert_weights(tensors: Mapping[str, Array], config: BertConfig) -> dict[str, Array]:
    """Give the weights by the graph's names: float32 copies, matrices (in, out), query, key and value side by side.

    Raises InvalidRequestError for a tensor that is missing or of another shape than config.json says.
    """
    import numpy as np  # noqa: PLC0415  # only a folder with safetensors needs it here

    prefix = "bert." if "bert.embeddings.word_embeddings.weight" in tensors else ""
    width, wide = config.hidden_size, config.intermediate_size

    def tensor(name: str, *shape: int) -> Array:
        found = tensors.get(prefix + name)
        if found is None or found.shape != shape or found.dtype.kind != "f":
            what = "missing" if found is None else f"{found.dtype} of shape {found.shape}, not floats of shape {shape}"
            raise _cannot(f"in model.safetensors {prefix}{name} is {what}")
        return found

    def dense(name: str, inner: int, outer: int) -> tuple[Array, Array]:
        return tensor(f"{name}.weight", outer, inner).T, tensor(f"{name}.bias", outer)

    weights = {
        "words": tensor("embeddings.word_embeddings.weight", config.vocab_size, width),
        # Every token here is of the first type, so that type's row is added to each position once and for all.
        "positions": tensor("embeddings.position_embeddings.weight", config.max_position_embeddings, width)
        + tensor("embeddings.token_type_embeddings.weight", config.type_vocab_size, width)[0],
        "scale": tensor("embeddings.LayerNorm.weight", width),
        "shift": tensor("embeddings.LayerNorm.bias", width),
    }
    for layer in range(config.num_hidden_layers):
        here = f"encoder.layer.{layer}."
        parts = [dense(f"{here}attention.self.{part}", width, width) for part in ("query", "key", "value")]
        weights[f"{layer}.qkv"] = np.concatenate([matrix for matrix, _ in parts], axis=1)
        weights[f"{layer}.qkv.bias"] = np.concatenate([bias for _, bias in parts])
        weights[f"{layer}.up"], weights[f"{layer}.up.bias"] = dense(here + "intermediate.dense", width, wide)
        for ours, theirs, inner in (("out", "attention.output", width), ("down", "output", wide)):
            at = f"{layer}.{ours}"
            weights[at], weights[f"{at}.bias"] = dense(f"{here}{theirs}.dense", inner, width)
            weights[f"{at}.scale"] = tensor(f"{here}{theirs}.LayerNorm.weight", width)
            weights[f"{at}.shift"] = tensor(f"{here}{theirs}.LayerNorm.bias", width)
    return {name: np.array(weight, dtype=np.float32, order="C") for name, weight in weights.items()}


def _cannot(why: str) -> InvalidRequestError:
    return InvalidRequestError(f"The folder's model cannot be run: {why}.", provider_name="local")
