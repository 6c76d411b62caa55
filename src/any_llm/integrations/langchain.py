"""LangChain's Embeddings, by any provider: documents and queries, each in their own role."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.embeddings import Embeddings

from any_llm import aembedding, embedding

if TYPE_CHECKING:
    from any_llm import CreateEmbeddingResponse, LLMProvider


class AnyLLMEmbeddings(Embeddings):
    """For vector stores, retrievers and all else that takes Embeddings.

    The arguments are those of any_llm.embedding, so are the errors. `input_type` is document or query, unless given.
    """

    def __init__(
        self,
        model: str,
        *,
        provider: str | LLMProvider | None = None,
        api_key: Any = None,
        api_base: str | None = None,
        client_args: dict[str, Any] | None = None,
        **options: Any,
    ) -> None:
        """Keep them; nothing is sent yet."""
        self.model = model
        options |= {"provider": provider, "api_key": api_key, "api_base": api_base, "client_args": client_args}
        self._options = options

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return _lists(embedding(self.model, texts, **{"input_type": "document", **self._options}))

    def embed_query(self, text: str) -> list[float]:
        return _lists(embedding(self.model, text, **{"input_type": "query", **self._options}))[0]

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        return _lists(await aembedding(self.model, texts, **{"input_type": "document", **self._options}))

    async def aembed_query(self, text: str) -> list[float]:
        return _lists(await aembedding(self.model, text, **{"input_type": "query", **self._options}))[0]


def _lists(result: CreateEmbeddingResponse) -> list[list[float]]:
    return [item.embedding for item in result.data]
