"""Haystack's embedders of texts and of documents, by any provider: each in its own role, keys as Secrets."""

from dataclasses import replace
from typing import Any

from haystack import Document, component, default_to_dict
from haystack.utils import Secret

from any_llm import CreateEmbeddingResponse, aembedding, embedding


class _Embedder:
    """The arguments are those of any_llm.embedding, so are the errors; but `api_key` is a Secret."""

    def __init__(self, model: str, *, api_key: Secret | None = None, **options: Any) -> None:
        self.given = {"model": model, "api_key": api_key, **options}

    def to_dict(self) -> dict[str, Any]:
        """Write it down, for a pipeline's file. Raises ValueError for a key that no variable holds."""
        return default_to_dict(self, **self.given)

    def _call(self, role: str) -> dict[str, Any]:
        secret: Secret | None = self.given["api_key"]
        return {"input_type": role, **self.given, "api_key": secret and secret.resolve_value()}


@component
class AnyLLMTextEmbedder(_Embedder):
    """Embeds what is searched for."""

    @component.output_types(embedding=list[float], meta=dict[str, Any])
    def run(self, text: str) -> dict[str, Any]:
        result = embedding(inputs=text, **self._call("query"))
        return {"embedding": result.data[0].embedding, "meta": _meta(result)}

    @component.output_types(embedding=list[float], meta=dict[str, Any])
    async def run_async(self, text: str) -> dict[str, Any]:
        result = await aembedding(inputs=text, **self._call("query"))
        return {"embedding": result.data[0].embedding, "meta": _meta(result)}


@component
class AnyLLMDocumentEmbedder(_Embedder):
    """Embeds what will be searched: contents, and before each the values of `meta_fields_to_embed`, a line each."""

    @component.output_types(documents=list[Document], meta=dict[str, Any])
    def run(self, documents: list[Document]) -> dict[str, Any]:
        return _embedded(documents, embedding(**self._call_for(documents)))

    @component.output_types(documents=list[Document], meta=dict[str, Any])
    async def run_async(self, documents: list[Document]) -> dict[str, Any]:
        return _embedded(documents, await aembedding(**self._call_for(documents)))

    def _call_for(self, documents: list[Document]) -> dict[str, Any]:
        call = self._call("document")
        names = call.pop("meta_fields_to_embed", None) or []
        parts = [[*(each.meta.get(name) for name in names), each.content or ""] for each in documents]
        return {**call, "inputs": ["\n".join(str(part) for part in its if part is not None) for its in parts]}


def _embedded(documents: list[Document], result: CreateEmbeddingResponse) -> dict[str, Any]:
    made = [replace(one, embedding=item.embedding) for one, item in zip(documents, result.data, strict=True)]
    return {"documents": made, "meta": _meta(result)}


def _meta(result: CreateEmbeddingResponse) -> dict[str, Any]:
    return {"model": result.model, "usage": result.usage.model_dump()}
