"""fastembed here: ONNX models by the names it lists, or any embedding model's folder.

Source: https://github.com/qdrant/fastembed (read in its version 0.9.1). Its query_embed and passage_embed put no words
before a text, but for jina-embeddings-v3, which they tell its task; the words of the others' cards are put here.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from any_llm.exceptions import InvalidRequestError, ModelNotFoundError, UnsupportedParameterError
from any_llm.local.embed import runs
from any_llm.local.extra import library
from any_llm.local.folder import find_weights, read_recipe
from any_llm.local.library import Count, LibraryAdapter
from any_llm.local.unloadable import unreached
from any_llm.providers.roles import Role

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from any_llm.local.library import Array
    from any_llm.local.model import Recipe

_PROVIDER = "fastembed"
_TASKS = {
    "query": "retrieval.query",
    "document": "retrieval.passage",
    "classification": "classification",
    "clustering": "separation",
    "similarity": "text-matching",
}
"""Our role -> what jina-embeddings-v3 calls it."""
_POOLINGS = {"cls": "CLS", "mean": "MEAN", None: "DISABLED"}
_OURS = "#"
"""Stands in the names under which folders are told to fastembed, and in no name on the hub."""
_NOT_FETCHED = "Could not load model"
"""How fastembed begins to say that a model was not downloaded; why, it tells its log alone."""


class OnnxEncoder:
    """A TextEmbedding. Neither onnxruntime's sessions nor tokenizers mind threads."""

    def __init__(self, model: Any, recipe: Recipe | None) -> None:
        """Keep a tokenizer beside it that neither cuts nor pads. `recipe`: what the folder says, if it is in one."""
        self._model = model
        self._recipe = recipe
        self._tasks: Mapping[str, int] = model.model.model_description.tasks or {}
        self._tokenizer = copy.deepcopy(model.model.tokenizer)
        self._limit = self._tokenizer.truncation["max_length"]
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        # Static models, those of model2vec, have no use for special tokens.
        self._special = not hasattr(model.model, "embeddings")

    def role(self, asked: str) -> Role | None:
        """The folder's prompts, or the model's tasks."""
        if self._tasks:
            word = _TASKS.get(asked, asked)
            if word not in self._tasks:
                raise UnsupportedParameterError(f"input_type={asked!r}", _PROVIDER, f"It knows {', '.join(_TASKS)}.")
            return Role("field", word=word)
        prompt = self._recipe.prompts.get(asked) if self._recipe else None
        if prompt is None:
            return None
        return Role("prefix", prefix=prompt) if prompt else Role("not needed")

    def count(self, texts: Sequence[str], told: Role) -> list[Count]:
        """Count tokens, special ones too."""
        encodings = self._tokenizer.encode_batch(self._written(texts, told), add_special_tokens=self._special)
        return [Count(len(each.ids), min(len(each.ids), self._limit)) for each in encodings]

    def encode(self, texts: Sequence[str], counts: Sequence[Count], told: Role) -> Array:
        """Run texts of like length together: fastembed pads all that it is given to the longest."""
        import numpy as np  # noqa: PLC0415  # only a call that runs a model pays for it

        written = self._written(texts, told)
        task = {"task_id": self._tasks[told.word]} if told.applied == "field" and told.word else {}
        vectors: list[Any] = [None] * len(texts)
        for run in runs([(place, range(count.read)) for place, count in enumerate(counts)]):
            made = self._model.embed([written[place] for place, _ in run], **task)
            for (place, _), vector in zip(run, made, strict=True):
                vectors[place] = vector
        return np.asarray(vectors)

    def _written(self, texts: Sequence[str], told: Role) -> list[str]:
        lower = self._recipe is not None and self._recipe.lowercase
        return [(told.prefix + text).lower() if lower else told.prefix + text for text in texts]


def _open(model: str, folder: str | None, options: Mapping[str, Any]) -> OnnxEncoder:
    fastembed = library("fastembed", _PROVIDER)
    if folder is None and not _listed(fastembed, model):
        folder = options.get("specific_model_path")
        if folder is None:
            raise ModelNotFoundError(
                f"'{model}' is neither a folder nor a model that fastembed knows: those are listed by "
                "fastembed.TextEmbedding.list_supported_models().",
                provider_name=_PROVIDER,
            )
    recipe = None
    if folder is not None:
        model, recipe = _registered(fastembed, Path(folder))
        options = {**options, "specific_model_path": folder}
    try:
        loaded = fastembed.TextEmbedding(model, **options)
    except ValueError as error:
        if str(error).startswith(_NOT_FETCHED):
            raise unreached(error, _PROVIDER, model) from error
        raise
    # A first run proves that a folder's files belong together.
    if recipe is not None and next(iter(loaded.embed(["text"]))).ndim != 1:
        raise InvalidRequestError(
            f"The graph gives one vector a text, but 1_Pooling/config.json says how to pool its tokens "
            f"({recipe.pooling}): take that file away.",
            provider_name=_PROVIDER,
        )
    return OnnxEncoder(loaded, recipe)


def _registered(fastembed: Any, folder: Path) -> tuple[str, Recipe]:
    """Give the name under which fastembed runs this folder as its files say, and what they say."""
    weights = find_weights(folder)
    if weights is None or weights.suffix != ".onnx":
        raise ModelNotFoundError(
            f"'{folder}' holds no model that fastembed runs: model.onnx or onnx/model.onnx, and tokenizer.json.",
            provider_name=_PROVIDER,
        )
    recipe = read_recipe(folder)
    if recipe.pooling not in _POOLINGS:
        raise InvalidRequestError(f"fastembed has no pooling {recipe.pooling}.", provider_name=_PROVIDER)
    description = library("fastembed.common.model_description", _PROVIDER)
    file = weights.relative_to(folder).as_posix()
    # fastembed keeps a list of such models and takes no name twice: this one says all that makes it another model.
    name = f"{folder}/{file}{_OURS}{recipe.pooling}{'+unit' * recipe.normalized}"
    if not _listed(fastembed, name):
        fastembed.TextEmbedding.add_custom_model(
            model=name,
            pooling=description.PoolingType(_POOLINGS[recipe.pooling]),
            normalization=recipe.normalized,
            sources=description.ModelSource(hf=name),  # never asked: the folder is there
            dim=0,  # told to nobody: vectors say how wide they are
            model_file=file,
        )
    return name, recipe


def _listed(fastembed: Any, model: str) -> bool:
    """Whether fastembed knows this name, whose case it does not mind."""
    return any(each["model"].lower() == model.lower() for each in fastembed.TextEmbedding.list_supported_models())


def _names() -> list[str]:
    """Name what fastembed lists, folders of ours left out."""
    listed = library("fastembed", _PROVIDER).TextEmbedding.list_supported_models()
    return [each["model"] for each in listed if _OURS not in each["model"]]


adapter = LibraryAdapter(_open, _names)
