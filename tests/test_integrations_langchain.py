"""Do LangChain's own standard suites pass, unit and integration, with a provider and with a model in this process?"""

from __future__ import annotations

import pytest
from langchain_core.vectorstores import InMemoryVectorStore
from langchain_tests.integration_tests import EmbeddingsIntegrationTests
from langchain_tests.unit_tests import EmbeddingsUnitTests

from any_llm.integrations.langchain import AnyLLMEmbeddings
from oracles import replies


class Ours:
    """What the suites ask about an adapter."""

    name: str

    @property
    def embeddings_class(self):
        return AnyLLMEmbeddings

    @property
    def embedding_model_params(self):
        return {"model": self.name}


class OfAProvider(Ours):
    """With a server, and a key in the environment."""

    name = "openai:text-embedding-3-small"

    @pytest.fixture(autouse=True)
    def _served(self, loopback, monkeypatch):
        server = loopback(replies.openai_shaped("openai"))
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "key-of-langchain")
        yield
        assert {each.headers["authorization"] for each in server.requests} <= {"Bearer key-of-langchain"}

    @property
    def init_from_env_params(self):
        return {"OPENAI_API_KEY": "key-of-langchain"}, self.embedding_model_params, {"model": self.name}


class Local(Ours):
    """Without a server."""

    name = "local:all-MiniLM-L6-v2"


class TestAProviderUnit(OfAProvider, EmbeddingsUnitTests):
    """LangChain's."""


class TestAProvider(OfAProvider, EmbeddingsIntegrationTests):
    """LangChain's."""


class TestLocalUnit(Local, EmbeddingsUnitTests):
    """LangChain's."""


class TestLocal(Local, EmbeddingsIntegrationTests):
    """LangChain's."""


async def test_a_vector_store_searches_with_it_in_both_colours():
    texts = ["A cat sits on the mat.", "The stock market fell today."]
    store = InMemoryVectorStore.from_texts(texts, AnyLLMEmbeddings("local:all-MiniLM-L6-v2"))
    for found in (store.similarity_search("kitten", k=1), await store.asimilarity_search("kitten", k=1)):
        assert [document.page_content for document in found] == texts[:1]


def test_nothing_shows_the_key():
    made = AnyLLMEmbeddings("openai:m", api_key="sk-never-to-be-seen")
    assert "sk-never" not in f"{made!r} {made}"
