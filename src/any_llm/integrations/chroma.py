"""Chroma's embedding function, by any provider: its config is persisted, and a collection keeps to one identity."""

from functools import cached_property, partial
from typing import Any, Self

from chromadb.api.types import Documents, EmbeddingFunction, Embeddings, Space
from chromadb.utils.embedding_functions import known_embedding_functions

from any_llm import EmbeddingIdentity
from any_llm.integrations.stamped import Stamped, stamped, written


class AnyLLMEmbeddingFunction(EmbeddingFunction[Documents]):
    """The arguments are those of any_llm.embedding, so are the errors. `identity` is that of a collection."""

    def __init__(self, model: str, *, identity: dict[str, Any] | None = None, **options: Any) -> None:
        self._given, self._stamp = {"model": model, **options}, identity
        self.identity = EmbeddingIdentity.from_dict(identity) if identity else self._opened.identity
        # Chroma compares this name with a collection's, refuses another, and looks up by it what to build.
        self.name = partial(str, f"any_llm:{self.identity.model}:{self.identity.fingerprint}")  # type: ignore[method-assign]
        known_embedding_functions[self.name()] = type(self)

    @cached_property
    def _opened(self) -> Stamped:
        return stamped(self._given, self._stamp)

    def __call__(self, input: Documents) -> Embeddings:
        return [*self._opened.embed(list(input), "document")]

    def embed_query(self, input: Documents) -> Embeddings:
        return [*self._opened.embed(list(input), "query")]

    @staticmethod
    def name() -> str:
        return "any_llm"

    def default_space(self) -> Space:
        return "cosine"

    def is_legacy(self) -> bool:
        return False

    def get_config(self) -> dict[str, Any]:
        return {**written(self._given), "identity": self.identity.as_dict()}

    @classmethod
    def build_from_config(cls, config: dict[str, Any]) -> Self:
        return cls(**config)
