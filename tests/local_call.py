"""One batch through the local adapter, as a conversation runs it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from any_llm.local.adapter import adapter
from any_llm.providers.table import ROWS
from any_llm.wire import Batch, Call, Options

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from any_llm.wire import Part

MODEL = "all-MiniLM-L6-v2"
DATA = Path(__file__).parent / "data"
TINY = DATA / "tiny_bert"
"""Written by scripts/tiny_bert.py."""


SETTINGS = ("config.json", "tokenizer.json", "tokenizer_config.json", "modules.json", "1_Pooling/config.json")
PROMPTS = "config_sentence_transformers.json"


def part(model: str | Path, texts: Sequence[str], *, first: int = 0, **given: Any) -> Part:
    """Run them. `first` is the first text's position in the call; `given` are options and fields of Call."""
    options = Options(**{name: given.pop(name) for name in Options.__struct_fields__ if name in given})
    call = Call(row=ROWS["local"], model=str(model), base="", options=options, **given)
    run = adapter.encode(call, Batch(texts, range(first, first + len(texts)), 0))
    return adapter.decode(call, run.function())


def vectors(model: str | Path, texts: Sequence[str], **given: Any) -> np.ndarray[Any, Any]:
    """(n, width) float32, as part() makes them."""
    return part(model, texts, **given).vectors.to_numpy()


def tiny_folder(
    folder: Path, weights: str = "model.safetensors", place: str = "", *, prompts: bool = False, **changed: Any
) -> Path:
    """Fill the folder with the tiny model. In `changed`, a dict changes fields of a file, None takes it away."""
    for name in (*SETTINGS, *([PROMPTS] if prompts else [])):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(TINY / name, folder / name)
    (folder / place).parent.mkdir(exist_ok=True)
    shutil.copyfile(TINY / weights, folder / (place or weights))
    for key, value in changed.items():
        path = folder / ("1_Pooling/config.json" if key == "pooling" else f"{key}.json")
        if value is None:
            path.unlink()
            continue
        old = json.loads(path.read_text(encoding="utf-8")) if path.exists() and isinstance(value, dict) else {}
        path.write_text(json.dumps({**old, **value} if isinstance(value, dict) else value), encoding="utf-8")
    return folder
