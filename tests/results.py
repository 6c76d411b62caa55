"""Results to test with: the same numbers held as a buffer and as lists."""

from __future__ import annotations

import numpy as np

from any_llm.types.completion import CreateEmbeddingResponse, Embedding, Usage
from any_llm.types.vectors import Vectors

NUMBERS = np.array([[0.1, -0.2, 3.0], [1e-8, -0.0, 7.5]], dtype="<f4")
USAGE = {"prompt_tokens": 2, "total_tokens": 2}


def from_vectors(numbers=NUMBERS, *, model="m", source="measured", as_base64=False):
    return CreateEmbeddingResponse.from_vectors(
        Vectors(bytearray(numbers.tobytes()), numbers.shape[1]),
        model=model,
        usage=Usage(**USAGE, source=source),
        provider="openai",
        request_ids=("r1",),
        input_type_applied="prefix",
        as_base64=as_base64,
    )


def from_lists(rows=((0.1, -0.2, 3.0), (1e-8, -0.0, 7.5)), **fields):
    data = [Embedding(embedding=row, index=index) for index, row in enumerate(rows)]
    return CreateEmbeddingResponse(**{"data": data, "model": "m", "usage": Usage(**USAGE), **fields})
