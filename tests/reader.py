"""A provider that reads so many words of a text, and what it does with longer ones: refuses, or cuts in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from any_llm.providers.fake import unit_vector
from any_llm.types.mean import averaged
from any_llm.types.vectors import Vectors
from loopback import Answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loopback import Request

WIDTH = 8
AROUND = 2
"""Special tokens of each text."""
NAMES = "This model's maximum context length is {window} tokens, however you requested {counted} tokens."
"""OpenAI's words."""
NONE = "the input length exceeds the context length"
"""Ollama's."""


class Words:
    """A tokenizer of the caller's: a word is a token."""

    def encode(self, text: str) -> list[int]:
        return [1] * (len(text.split()) + AROUND)


class Reader:
    """Answers as OpenAI does. `words`: how it refuses; None: it cuts. `counts`: it says how many tokens it read."""

    def __init__(self, window: int, words: str | None = NAMES, *, counts: bool = True, takes: int = 10_000) -> None:
        self.window, self.words, self.counts, self.takes = window, words, counts, takes
        self.asked: list[list[str]] = []
        self.read: list[str] = []
        """Texts that were answered."""

    def __call__(self, request: Request) -> Answer:
        texts: list[str] = request.json["input"]
        self.asked.append(texts)
        counted = [len(Words().encode(text)) for text in texts]
        if self.words is not None and max(counted) > self.window:
            said = self.words.format(window=self.window, counted=max(counted))
            return Answer(400, json={"error": {"message": said, "code": "context_length_exceeded"}})
        self.read += texts
        kept = [" ".join(text.split()[: self.window - AROUND]) if self.words is None else text for text in texts]
        data = [{"index": at, "embedding": vector_of(text)} for at, text in enumerate(kept)]
        tokens = sum(min(count, self.window) for count in counted)
        usage = {"prompt_tokens": tokens, "total_tokens": tokens} if self.counts else None
        return Answer(json={"data": data, "model": "m", "usage": usage})

    def pieces(self, text: str) -> list[str]:
        """Those of this text that were answered, in its order. They make up all of it."""
        found = sorted({piece for piece in self.read if piece in text and piece != text}, key=text.index)
        assert "".join(found) == text
        return found


def vector_of(text: str) -> list[float]:
    """What it gives for a text that it reads whole."""
    return unit_vector(" ".join(text.split()), WIDTH).tolist()


def mean_of(pieces: Sequence[str], *, exact: bool = False) -> list[float]:
    """What the vector of a text in these pieces is to be: by their tokens, where those were counted, else by bytes."""
    rows = bytearray().join(unit_vector(" ".join(piece.split()), WIDTH).tobytes() for piece in pieces)
    weights = [len(piece.split()) if exact else len(piece.encode()) for piece in pieces]
    return Vectors(bytearray(averaged(Vectors(rows, WIDTH), weights, index=0)), WIDTH).numbers(0).tolist()
