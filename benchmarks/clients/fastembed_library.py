"""fastembed on the very weights of the local model, as a folder of a user's own."""

from __future__ import annotations

import json
import shutil
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

import fastembed
import numpy as np
from fastembed.common.model_description import ModelSource, PoolingType

from any_llm.local.extra import weights_file
from any_llm.local.load import BUILT_IN_RECIPE
from any_llm.local.tokens import __file__ as beside

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

SETTINGS = {
    "config": {"pad_token_id": 0},
    "tokenizer_config": {"model_max_length": BUILT_IN_RECIPE.limit, "pad_token": "[PAD]"},
    "special_tokens_map": {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"},
}
NAME = "benchmarks/the-same-weights"


def folder() -> Path:
    """The files fastembed wants."""
    made = Path(mkdtemp())
    shutil.copy(weights_file(), made / "model.onnx")
    shutil.copy(Path(beside).with_name("data") / "tokenizer.json", made)
    for name, content in SETTINGS.items():
        (made / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    return made


def embed(threads: int | None = None) -> Callable[[list[str]], NDArray[Any]]:
    """Many texts, one matrix, as it comes."""
    fastembed.TextEmbedding.add_custom_model(
        model=NAME,
        pooling=PoolingType.MEAN,
        normalization=True,
        sources=ModelSource(hf=NAME),  # never asked: the folder is there
        dim=384,
        model_file="model.onnx",
    )
    place = folder()
    model = fastembed.TextEmbedding(NAME, specific_model_path=str(place), threads=threads)
    shutil.rmtree(place)
    return lambda texts: np.array([*model.embed(texts)], np.float32)


embed_with_one_thread = partial(embed, threads=1)
