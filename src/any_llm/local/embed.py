"""How texts become vectors: windows of tokens, runs of windows of like length, each vector put in its text's place."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from any_llm.exceptions import ContextLengthExceededError, InvalidRequestError
from any_llm.local.forward import forward, to_unit_length
from any_llm.local.tokens import special_tokens, windows
from any_llm.types.mean import averaged
from any_llm.types.vectors import FLOAT32, Vectors
from any_llm.wire import Part

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence, Sized

    from any_llm.local.model import Model

Window = TypeVar("Window", bound="Sized")

TOKENS_A_RUN = 512
"""Padded tokens in one run of the graph: more falls out of the processor's cache (docs/local.md)."""


def embed(
    model: Model,
    texts: Sequence[str],
    *,
    indexes: Sequence[int],
    overflow: str = "error",
    normalize: bool = False,
    prompt: str = "",
) -> Part:
    """Give len(texts) vectors of model.width values, and the exact number of tokens that were read.

    `normalize` brings vectors to unit length that the model leaves otherwise. Raises ContextLengthExceededError and
    InvalidRequestError with indexes[k], ProviderError when onnxruntime fails.
    """
    import numpy as np  # noqa: PLC0415  # only a call that runs a model pays for it

    special = special_tokens(model.tokenizer)
    read = [_read(model, prompt + text, indexes[place], overflow) for place, text in enumerate(texts)]
    pieces = [(place, window) for place, (found, _) in enumerate(read) for window in found]
    buffer = bytearray(FLOAT32 * len(texts) * model.width)
    vectors = np.frombuffer(buffer, "<f4").reshape(len(texts), model.width)
    split: dict[int, tuple[bytearray, list[int]]] = {}
    for run in runs(pieces):
        made = forward(model.session, model.recipe, [window for _, window in run])
        for (place, window), vector in zip(run, made, strict=True):
            if len(read[place][0]) == 1:
                vectors[place] = vector
            else:
                of_windows, lengths = split.setdefault(place, (bytearray(), []))
                of_windows += vector.tobytes()
                lengths.append(len(window) - special)
    for place, (of_windows, lengths) in split.items():
        mean = averaged(Vectors(of_windows, model.width), lengths, index=indexes[place], provider_name="local")
        vectors[place] = np.frombuffer(mean, "<f4")
    if normalize and not model.recipe.normalized:
        vectors[:] = to_unit_length(vectors)
    tokens = sum(len(window) for _, window in pieces)
    return Part(
        vectors=Vectors(buffer, model.width),
        prompt_tokens=tokens,
        total_tokens=tokens,
        model=model.name,
        cut=[place for place, (_, whole) in enumerate(read) if not whole],
    )


def _read(model: Model, text: str, index: int, overflow: str) -> tuple[list[list[int]], bool]:
    """Give the windows of one text, as `overflow` has it, and whether one holds all of it."""
    found = windows(model.tokenizer, text.lower() if model.recipe.lowercase else text)
    if not found[0]:
        raise InvalidRequestError(f"Input {index} has no tokens for this model", provider_name="local", index=index)
    if len(found) > 1 and overflow == "error":
        tokens = sum(map(len, found)) - special_tokens(model.tokenizer) * (len(found) - 1)
        raise ContextLengthExceededError(
            f"Input {index} has {tokens} tokens and {model.name} reads {model.recipe.limit}: "
            "shorten it, or pass overflow='truncate' or overflow='mean'.",
            provider_name="local",
            index=index,
        )
    return found[:1] if overflow == "truncate" else found, len(found) == 1


def runs(pieces: Sequence[tuple[int, Window]]) -> Iterator[list[tuple[int, Window]]]:
    """Group windows of like length, the longest first: little padding, and never more than fits the cache."""
    ordered = sorted(pieces, key=lambda piece: len(piece[1]), reverse=True)
    start = 0
    while start < len(ordered):
        end = start + max(1, TOKENS_A_RUN // len(ordered[start][1]))
        yield ordered[start:end]
        start = end
