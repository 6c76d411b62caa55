"""LanceDB's embedding function "any_llm", by any provider: a table keeps to the identity it was made with."""

from functools import cached_property
from typing import Any

from lancedb.embeddings import EmbeddingFunction, register
from pydantic import ConfigDict

from any_llm import AnyLLM, EmbeddingIdentity


@register("any_llm")
class AnyLLMEmbeddingFunction(EmbeddingFunction):
    """`create(model=...)` takes the arguments of any_llm.embedding, `api_key` as "$var:name" alone."""

    model_config = ConfigDict(extra="allow")
    model: str
    stamp: dict[str, Any] | None = None  # of a table: identity and width of its vectors

    @staticmethod
    def sensitive_keys() -> list[str]:
        """What LanceDB never writes down."""
        return ["api_key"]

    def safe_model_dump(self) -> dict[str, Any]:
        """What it writes into a table: nothing of client_args, which may hold a key."""
        written = {name: value for name, value in self._original_args.items() if name != "client_args"}
        return {**written, "stamp": {"identity": self._opened[2].as_dict(), "width": self.ndims()}}

    @cached_property
    def _opened(self) -> tuple[AnyLLM, dict[str, Any], EmbeddingIdentity]:
        options = {"model": self.model, **(self.model_extra or {})}
        host, key, base, more = (options.pop(name, None) for name in ("provider", "api_key", "api_base", "client_args"))
        if host is None:
            host, options["model"] = AnyLLM.split_model_provider(self.model)
        client = AnyLLM.create(host, key, base, **(more or {}))
        identity = client.identity(**{"input_type": "document", **options})
        if self.stamp and (changed := EmbeddingIdentity.from_dict(self.stamp["identity"]).differences(identity)):
            raise ValueError(f"the table's vectors differ from those of this embedding function: {changed}")
        return client, options, identity

    def _embed(self, texts: Any, input_type: str) -> list[Any]:
        client, options, _ = self._opened
        given = self.sanitize_input(texts)
        asked = [str(text) for text in given if text is not None]
        vectors = iter(client.embedding(inputs=asked, **{"input_type": input_type, **options}).to_numpy())
        return [None if text is None else next(vectors) for text in given]

    def compute_source_embeddings(self, texts: Any) -> list[Any]:
        return self._embed(texts, "document")

    def compute_query_embeddings(self, query: Any) -> list[Any]:
        return self._embed(query, "query")

    # LanceDB would try eight times, and raise an error of its own: any_llm has tried by then, and says what it was.
    compute_source_embeddings_with_retry = compute_source_embeddings
    compute_query_embeddings_with_retry = compute_query_embeddings

    @cached_property
    def _width(self) -> int:
        return self.stamp["width"] if self.stamp else len(self._embed("width", "document")[0])

    def ndims(self) -> int:
        return self._width
