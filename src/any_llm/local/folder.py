"""What a folder says about its model: which weights, how they are pooled, how much text fits.

The files are those that sentence-transformers writes, old and new: https://sbert.net/docs/sentence_transformer/usage .
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec

from any_llm.exceptions import InvalidRequestError
from any_llm.local.model import Pooling, Recipe

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_ONNX = ("model.onnx", "onnx/model.onnx", "model_quantized.onnx", "onnx/model_quantized.onnx")
_SAFETENSORS = "model.safetensors"
_POOLINGS: Mapping[str, Pooling] = {
    "mean": "mean",
    "cls": "cls",
    "max": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
}
_ENDLESS = 1_000_000
"""More than any model reads: tokenizers with no length of their own say 10**30."""


def find_weights(folder: Path) -> Path | None:
    """Path of the weights to run, ONNX first. None: there are none."""
    return next((folder / name for name in (*_ONNX, _SAFETENSORS) if (folder / name).is_file()), None)


def revision(weights: Path) -> str:
    """Hex sha256 of the weights, with those that ONNX keeps in a file beside the graph."""
    digest = hashlib.sha256()
    for path in (weights, weights.with_name(weights.name + "_data"), weights.with_name(weights.name + ".data")):
        if path.is_file():
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def read_recipe(folder: Path) -> Recipe:
    """Read the configuration files. Raises InvalidRequestError for what cannot be run as it should be."""
    modules = _modules(folder)
    config = _read(folder / "config.json")
    bert = _read(folder / "sentence_bert_config.json")
    prompts = _read(folder / "config_sentence_transformers.json")
    tokenizer = _read(folder / "tokenizer.json")
    default = prompts.get("default_prompt_name")
    by_role = {str(role): str(prompt) for role, prompt in (prompts.get("prompts") or {}).items()}
    return Recipe(
        pooling=_pooling(folder / modules.get("Pooling", "1_Pooling") / "config.json"),
        normalized="Normalize" in modules,
        limit=_limit(bert, _read(folder / "tokenizer_config.json"), tokenizer, config),
        pad=_pad(tokenizer, config),
        lowercase=bert.get("do_lower_case") is True,
        prompts=by_role,
        default_prompt=by_role.get(default or "", ""),
    )
