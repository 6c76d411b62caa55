"""Who is measured: a module for each client, with one function for each thing it can do, and where it is installed.

A function takes the provider's address and gives the call that is timed.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
MODEL = "text-embedding-3-small"
KEY = "sk-of-nobody"
BATCH, AT_ONCE = 128, 16
"""Texts a request, and requests under way, of whoever embeds a file."""

DISTRIBUTIONS = {
    "ours": ("omniembed", "msgspec", "pybase64", "numpy"),
    "no_network": ("omniembed", "msgspec", "pybase64", "numpy"),
    "openai_sdk": ("openai", "httpx2", "pydantic", "numpy"),
    "any_llm_sdk": ("any-llm-sdk", "openai", "httpx2", "pydantic"),
    "litellm_sdk": ("litellm", "openai", "httpx"),
    "baseten": ("baseten-performance-client", "numpy"),
    "by_hand": ("orjson", "msgspec", "pybase64", "numpy"),
    "daft_engine": ("daft", "openai", "pyarrow"),
    "ray_data": ("ray", "openai", "pyarrow"),
    "fastembed_library": ("fastembed", "onnxruntime", "tokenizers", "numpy"),
}
"""Module -> whose versions matter."""
ELSEWHERE = {
    "any_llm_sdk": ROOT / ".venv/peers/any-llm",  # it installs the same folder: docs/decisions/0006
    "litellm_sdk": ROOT / ".venv/servers/litellm",
}
"""Module -> the environment of its own that `make bench` installs it in."""


def python_of(client: str) -> str | None:
    """The interpreter that has a client, named "module.function"; None: it was not installed."""
    home = ELSEWHERE.get(client.partition(".")[0])
    if home is None:
        return sys.executable
    found = home / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    return str(found) if found.exists() else None


def may_be_absent(client: str) -> bool:
    """Whether one does without it where it is not installed: all but this package itself."""
    return client.partition(".")[0] not in {"ours", "no_network"}


def load(client: str) -> Callable[..., Any]:
    """The function of that name: "module.function"."""
    module, _, function = client.partition(".")
    found: Callable[..., Any] = getattr(import_module(f"clients.{module}"), function)
    return found


def versions(client: str) -> dict[str, str]:
    """What is installed of it, in this process."""
    found = {}
    for name in DISTRIBUTIONS[client.partition(".")[0]]:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # an option it does without
            continue
    return found
