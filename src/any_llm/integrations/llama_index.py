"""LlamaIndex's embedding model, by any provider: texts and queries, each in their own role."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llama_index.core.base.embeddings.base import BaseEmbedding
from pydantic import ConfigDict, Field

from any_llm import aembedding, embedding

if TYPE_CHECKING:
    from any_llm import CreateEmbeddingResponse


class AnyLLMEmbedding(BaseEmbedding):
    """`model_name` is any_llm.embedding's model; the other arguments are its own, so are the errors.

    What may hold a key is not written down by to_dict().
    """

    model_config = ConfigDict(extra="allow")

    provider: str | None = None
    api_key: Any = Field(default=None, exclude=True, repr=False)
    api_base: str | None = None
    client_args: Any = Field(default=None, exclude=True, repr=False)
    extra_headers: Any = Field(default=None, exclude=True, repr=False)
    extra_query: Any = Field(default=None, exclude=True, repr=False)
    embed_batch_size: int = Field(default=2048, gt=0, le=2048)
    """Texts a call. How many go into a request is found out by any_llm."""

    @classmethod
    def class_name(cls) -> str:
        return "AnyLLMEmbedding"

    def _options(self, input_type: str) -> dict[str, Any]:
        named = ("provider", "api_key", "api_base", "client_args", "extra_headers", "extra_query")
        return {"input_type": input_type, **{name: getattr(self, name) for name in named}, **(self.model_extra or {})}

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return _lists(embedding(self.model_name, texts, **self._options("document")))

    def _get_query_embedding(self, query: str) -> list[float]:
        return _lists(embedding(self.model_name, query, **self._options("query")))[0]

    async def _aget_text_embedding(self, text: str) -> list[float]:
        return (await self._aget_text_embeddings([text]))[0]

    async def _aget_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return _lists(await aembedding(self.model_name, texts, **self._options("document")))

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return _lists(await aembedding(self.model_name, query, **self._options("query")))[0]


def _lists(result: CreateEmbeddingResponse) -> list[list[float]]:
    return [item.embedding for item in result.data]
