"""model2vec here: static embeddings, the mean of a text's token vectors, with no network to run.

Source: https://github.com/MinishLab/model2vec (read in its version 0.10.0).
"""

from __future__ import annotations

import copy
import threading
from typing import TYPE_CHECKING, Any

from any_llm.local.extra import library
from any_llm.local.library import Count, LibraryAdapter
from any_llm.providers.roles import Role

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from any_llm.local.library import Array


class StaticEncoder:
    """A StaticModel. Its encode() sets its tokenizer's length and sets it back, so threads take turns."""

    def __init__(self, model: Any) -> None:
        """Keep a tokenizer beside it that never cuts."""
        self._model = model
        self._tokenizer = copy.deepcopy(model.tokenizer)
        self._tokenizer.no_truncation()
        self._lock = threading.Lock()

    def role(self, asked: str) -> Role:
        """Queries and documents share the space of their tokens, whatever the folder is called."""
        return Role("not needed")

    def count(self, texts: Sequence[str], told: Role) -> list[Count]:
        """Count tokens, unknown ones too. A model whose max_length is None reads them all."""
        limit, characters = self._model.max_length, self._model.median_token_length
        counts = []
        for text, tokens in zip(texts, self._lengths(texts), strict=True):
            read = tokens
            if limit is not None and tokens > limit:
                # model2vec cuts at so many characters first, and at its tokens then.
                (read,) = self._lengths([text[: limit * characters]])
            counts.append(Count(tokens, tokens if limit is None else min(read, limit)))
        return counts

    def encode(self, texts: Sequence[str], counts: Sequence[Count], told: Role) -> Array:
        """Give each text's vector; a text in which no token is known has zeros."""
        cut = [position for position, count in enumerate(counts) if count.all > count.read]
        with self._lock:
            # With a max_length it would cut a text with few tokens too, when they are long.
            vectors: Array = self._model.encode(texts, max_length=None, use_multiprocessing=False)
            if cut:
                vectors[cut] = self._model.encode([texts[at] for at in cut], use_multiprocessing=False)
        return vectors

    def _lengths(self, texts: Sequence[str]) -> list[int]:
        return [len(each.ids) for each in self._tokenizer.encode_batch_fast(texts, add_special_tokens=False)]


def _open(model: str, folder: str | None, options: Mapping[str, Any]) -> StaticEncoder:
    loaded = library("model2vec", "model2vec").StaticModel.from_pretrained(folder or model, **options)
    return StaticEncoder(loaded)


adapter = LibraryAdapter(_open)
