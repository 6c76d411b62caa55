"""What OpenAI would answer, with the vectors of the provider `fake`, right or spoilt."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import numpy as np

from any_llm import embedding
from any_llm.models import model_info


def reply(asked: dict[str, Any], how: str | None) -> dict[str, Any]:
    """Answer a request's body: as wide as it asks, else as that model's vectors are. `how`: None, or what is wrong."""
    width = asked.get("dimensions") or getattr(model_info("", asked["model"]), "dimensions", None)
    made = embedding(asked["model"], asked["input"], provider="fake", dimensions=width)
    vectors = np.multiply(made.to_numpy(), {"NaN": np.nan, "zeros": 0.0}.get(how or "", 1.0), dtype=np.float32)
    in_base64 = asked.get("encoding_format") == "base64"
    data = [
        {"index": index, "embedding": b64encode(vector).decode() if in_base64 else vector.tolist()}
        for index, vector in enumerate(vectors)
    ]
    data = {"shuffled": data[::-1], "short": data[:-1]}.get(how or "", data)
    return {"data": data, "model": asked["model"], "usage": made.usage.model_dump()}
