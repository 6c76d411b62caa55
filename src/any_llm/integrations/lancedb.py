"""LanceDB's embedding function "any_llm", by any provider: a table keeps to the identity it was made with."""

from functools import cached_property
from typing import Any

from lancedb.embeddings import EmbeddingFunction, register
from pydantic import ConfigDict

from any_llm.integrations.stamped import Stamped, stamped, written


@register("any_llm")  # type: ignore[no-untyped-call]
class AnyLLMEmbeddingFunction(EmbeddingFunction):
    """`create(model=...)` takes the arguments of any_llm.embedding, `api_key` as "$var:name" alone."""

    model_config = ConfigDict(extra="allow")
    model: str
    identity: dict[str, Any] | None = None
    """Of a table's vectors: written into its metadata, as is their width, and compared before a text is embedded."""
    width: int | None = None

    @staticmethod
    def sensitive_keys() -> list[str]:
        return ["api_key"]

    def __repr_args__(self) -> list[tuple[str, str]]:
        return [("model", self.model)]

    def safe_model_dump(self) -> dict[str, Any]:
        key = {name: value for name, value in self._original_args.items() if name == "api_key"}
        stamp = {"identity": self.identity or self._opened.identity.as_dict(), "width": self.ndims()}
        return {**written(self._original_args), **key, **stamp}

    @cached_property
    def _opened(self) -> Stamped:
        return stamped({"model": self.model, **(self.model_extra or {})}, self.identity)

    def _embed(self, texts: Any, input_type: str) -> list[Any]:
        given = self.sanitize_input(texts)
        vectors = iter(self._opened.embed([str(text) for text in given if text is not None], input_type))
        return [None if text is None else next(vectors) for text in given]

    def compute_source_embeddings(self, texts: Any) -> list[Any]:
        return self._embed(texts, "document")

    def compute_query_embeddings(self, query: Any) -> list[Any]:
        return self._embed(query, "query")

    # LanceDB would try eight times, and raise an error of its own: any_llm has tried by then, and says what it was.
    compute_source_embeddings_with_retry = compute_source_embeddings
    compute_query_embeddings_with_retry = compute_query_embeddings

    def ndims(self) -> int:
        if self.width is None:
            self.width = (self.model_extra or {}).get("dimensions") or len(self._embed("width", "document")[0])
        return self.width
