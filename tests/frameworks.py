"""Frameworks, reached through our adapters: how each embeds documents and a query, from sync and from async code.

Nothing of a framework is imported before its function runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

Given = dict[str, Any]
"""Arguments of an adapter: those of any_llm.embedding."""
Rows = list[list[float]]


class Ways(NamedTuple):
    """Two roles, each in two colours; None where the framework has no async code."""

    documents: Callable[[Given, list[str]], Rows]
    query: Callable[[Given, str], list[float]]
    adocuments: Callable[[Given, list[str]], Awaitable[Rows]] | None = None
    aquery: Callable[[Given, str], Awaitable[list[float]]] | None = None


def langchain() -> Ways:
    """Embeddings."""
    from any_llm.integrations.langchain import AnyLLMEmbeddings as Made

    return Ways(
        lambda given, texts: Made(**given).embed_documents(texts),
        lambda given, text: Made(**given).embed_query(text),
        lambda given, texts: Made(**given).aembed_documents(texts),
        lambda given, text: Made(**given).aembed_query(text),
    )


def llama_index() -> Ways:
    """An embedding model."""
    from any_llm.integrations.llama_index import AnyLLMEmbedding

    def made(given: Given) -> AnyLLMEmbedding:
        return AnyLLMEmbedding(model_name=given["model"], **{name: given[name] for name in given if name != "model"})

    return Ways(
        lambda given, texts: made(given).get_text_embedding_batch(texts),
        lambda given, text: made(given).get_query_embedding(text),
        lambda given, texts: made(given).aget_text_embedding_batch(texts),
        lambda given, text: made(given).aget_query_embedding(text),
    )


def haystack() -> Ways:
    """Components."""
    from haystack import Document
    from haystack.utils import Secret

    from any_llm.integrations.haystack import AnyLLMDocumentEmbedder, AnyLLMTextEmbedder

    def secret(given: Given) -> Given:
        return {**given, **({"api_key": Secret.from_token(given["api_key"])} if "api_key" in given else {})}

    def written(texts: list[str]) -> list[Document]:
        return [Document(content=text) for text in texts]

    def rows(made: dict[str, Any]) -> Rows:
        return [document.embedding for document in made["documents"]]

    async def adocuments(given: Given, texts: list[str]) -> Rows:
        return rows(await AnyLLMDocumentEmbedder(**secret(given)).run_async(written(texts)))

    async def aquery(given: Given, text: str) -> list[float]:
        return (await AnyLLMTextEmbedder(**secret(given)).run_async(text))["embedding"]

    return Ways(
        lambda given, texts: rows(AnyLLMDocumentEmbedder(**secret(given)).run(written(texts))),
        lambda given, text: AnyLLMTextEmbedder(**secret(given)).run(text)["embedding"],
        adocuments,
        aquery,
    )


def chroma() -> Ways:
    """A collection, to which texts are added. Chroma's async client calls the same function."""
    import chromadb

    from any_llm.integrations.chroma import AnyLLMEmbeddingFunction

    def documents(given: Given, texts: list[str]) -> Rows:
        client = chromadb.EphemeralClient()
        collection = client.get_or_create_collection("docs", embedding_function=AnyLLMEmbeddingFunction(**given))
        try:
            collection.add(ids=[str(at) for at in range(len(texts))], documents=texts)
            found = collection.get(include=["embeddings"])
            kept = dict(zip(found["ids"], found["embeddings"].tolist(), strict=True))
            return [kept[str(at)] for at in range(len(texts))]
        finally:
            client.delete_collection("docs")

    return Ways(documents, lambda given, text: AnyLLMEmbeddingFunction(**given).embed_query([text])[0].tolist())


def lancedb() -> Ways:
    """What a table calls. Its async code calls the same function, in a thread."""
    from lancedb.embeddings import get_registry

    import any_llm.integrations.lancedb

    assert any_llm.integrations.lancedb

    def made(given: Given) -> Any:
        if "api_key" in given:
            get_registry().set_var("key", given["api_key"])
            given = {**given, "api_key": "$var:key"}
        return get_registry().get("any_llm").create(**given)

    return Ways(
        lambda given, texts: [row.tolist() for row in made(given).compute_source_embeddings_with_retry(texts)],
        lambda given, text: made(given).compute_query_embeddings_with_retry(text)[0].tolist(),
    )


FRAMEWORKS = {each.__name__: each for each in (langchain, llama_index, haystack, chroma, lancedb)}
