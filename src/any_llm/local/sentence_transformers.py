"""sentence-transformers here: any of its models, by its name on the hub or in a folder.

Source: https://sbert.net (read in its version 6.2.0).
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from any_llm.exceptions import UnsupportedParameterError
from any_llm.local.extra import library
from any_llm.local.library import Count, LibraryAdapter
from any_llm.providers.roles import Role

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from any_llm.local.library import Array

_PROVIDER = "sentence_transformers"
_TASKS = ("query", "document")
"""Roles that encode_query() and encode_document() name to the model."""
_PROMPTS = {"document": ("document", "passage", "corpus"), "similarity": ("similarity", "sts")}
"""Role -> what models call its prompt, where not as we do, whatever the case."""
_COUNTABLE = ("Transformer", "StaticEmbedding")
"""Modules that read text and can be told not to cut it, and so tell how long it is."""


class TorchEncoder:
    """A SentenceTransformer. Its tokenizer is set anew for each call, so threads take turns."""

    def __init__(self, model: Any) -> None:
        """Read the prompts that are there: it gives every model empty ones for query and document."""
        self._model = model
        self._prompts = {name.lower(): prompt for name, prompt in model.prompts.items() if prompt}
        self._default = model.prompts.get(model.default_prompt_name)
        first, routes = model[0], getattr(model[0], "sub_modules", {})
        self._routes = {*routes, *(task for task, _ in getattr(first, "route_mappings", ()))}
        self._tasks = self._routes or {*_TASKS}
        readers = [next(iter(route)) for route in routes.values()] or [first]
        self._countable = all(_name(reader) in _COUNTABLE for reader in readers)
        # A static model cuts where its tokenizer.json says, whatever it is told.
        self._cutters = [reader.tokenizer for reader in readers if _name(reader) == _COUNTABLE[1]]
        self._lock = threading.Lock()

    def role(self, asked: str) -> Role | None:
        """The model's routes and prompts."""
        prompts = (self._prompts.get(name) for name in _PROMPTS.get(asked, (asked.lower(),)))
        prompt = next(filter(None, prompts), "")
        if asked in self._routes:
            return Role("field", word=asked, prefix=prompt)
        if prompt:
            return Role("prefix", word=asked, prefix=prompt)
        if not self._prompts:
            return None
        if asked not in _TASKS:
            known = ", ".join(sorted({*_TASKS, *self._prompts}))
            raise UnsupportedParameterError(f"input_type={asked!r}", _PROVIDER, f"Its model knows {known}.")
        return Role("not needed", word=asked)  # it has words for other roles, and none for this one

    def count(self, texts: Sequence[str], told: Role) -> list[Count] | None:
        """Count tokens as the model reads them, and as it would if it did not cut."""
        if not self._countable:
            return None
        with self._lock:
            read = self._lengths(texts, told)
            settings = [cutter.truncation for cutter in self._cutters]
            for cutter in self._cutters:
                cutter.no_truncation()
            try:
                whole = self._lengths(texts, told, processing_kwargs={"text": {"truncation": False, "verbose": False}})
            finally:
                for cutter, setting in zip(self._cutters, settings, strict=True):
                    if setting is not None:
                        cutter.enable_truncation(**setting)
        return [Count(*each) for each in zip(whole, read, strict=True)]

    def encode(self, texts: Sequence[str], counts: Sequence[Count], told: Role) -> Array:
        """Let the library sort and batch them: it knows its device."""
        with self._lock:
            vectors: Array = self._model.encode(texts, show_progress_bar=False, **self._how(told))
        return vectors

    def _lengths(self, texts: Sequence[str], told: Role, **how: Any) -> list[int]:
        features = self._model.preprocess(texts, **self._how(told), **how)
        if "attention_mask" in features:
            lengths: list[int] = features["attention_mask"].sum(1).tolist()
            return lengths
        # Without padding, all texts stand in one row: they are told apart by counting each alone.
        alone = (self._model.preprocess([text], **self._how(told), **how) for text in texts)
        return [each["input_ids"].numel() for each in alone]

    def _how(self, told: Role) -> dict[str, Any]:
        prompt = self._default if told.applied is None else told.prefix
        return {"prompt": prompt, "task": told.word if told.word in self._tasks else None}


def _name(module: Any) -> str:
    """Name of a module's class, where it is the library's and not one that came with a model."""
    kind = type(module)
    return kind.__name__ if kind.__module__.startswith("sentence_transformers.") else ""


def _open(model: str, folder: str | None, options: Mapping[str, Any]) -> TorchEncoder:
    loaded = library("sentence_transformers", _PROVIDER, extra="sentence-transformers")
    return TorchEncoder(loaded.SentenceTransformer(folder or model, **options))


adapter = LibraryAdapter(_open)
