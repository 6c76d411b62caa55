"""A data file that lies beside the rows, read when somebody asks for it."""

from __future__ import annotations

import os.path
from typing import Any

from any_llm import providers


def packaged(name: str) -> Any:
    """Read a JSON file of any_llm/providers."""
    import json  # noqa: PLC0415  # who asks for no facts reads none

    # As a module is read, from a zip too: importlib.resources costs 30 ms, and opening files is not done here.
    spec: Any = providers.__spec__
    return json.loads(spec.loader.get_data(os.path.join(os.path.dirname(spec.origin), name)))  # noqa: PTH118, PTH120  # pathlib costs 5 ms
