"""Deterministic unit vectors with no network: for users' own tests, and for our docs.

The same model, width and text give the same vector on every machine and every version.
"""

from __future__ import annotations

import math
from array import array
from functools import partial
from hashlib import shake_128
from typing import TYPE_CHECKING, Any

from any_llm.exceptions import UnsupportedParameterError
from any_llm.providers.fields import fields
from any_llm.types.vectors import Vectors
from any_llm.wire import Part, Refusal, Run

if TYPE_CHECKING:
    from any_llm.wire import Batch, Call, Reply

WIDTH = 64
"""When no `dimensions` are asked for."""


class FakeAdapter:
    """Takes any model name and any width."""

    def encode(self, call: Call, batch: Batch) -> Run:
        """Honour every option of ours: no text is too long for it, and all roles share one space."""
        if call.extra:
            raise UnsupportedParameterError(next(iter(call.extra)), call.row.name, "It has no fields of its own.")
        fields(call, owned=frozenset())
        return Run(partial(_embed, call.model, call.options.dimensions or WIDTH, list(batch.texts)))

    def decode(self, call: Call, reply: Any) -> Part:
        """Count words for tokens, and say that it is an estimate."""
        vectors, tokens = reply
        return Part(vectors=vectors, prompt_tokens=tokens, total_tokens=tokens, model=call.model, estimated=True)

    def explain(self, reply: Reply) -> Refusal:
        """Never asked: nothing is sent."""
        return Refusal(message=f"status {reply.status}")


def _embed(model: str, width: int, texts: list[str]) -> tuple[Vectors, int]:
    buffer = bytearray()
    for text in texts:
        buffer += unit_vector(f"{model}\0{text}", width)
    return Vectors(buffer, width), sum(len(text.split()) for text in texts)


def unit_vector(seed: str, width: int) -> array[float]:
    """`width` float32 values of unit length, drawn from a hash of the seed."""
    drawn = array("H", shake_128(seed.encode()).digest(2 * width))
    values = [number - 32767.5 for number in drawn]
    length = math.sqrt(math.fsum(value * value for value in values))
    return array("f", [value / length for value in values])


adapter = FakeAdapter()
