"""Chroma and LanceDB: is what vectors are stamped into the store, kept there without keys, and held to?"""

from __future__ import annotations

from types import SimpleNamespace

import pytest

import unruly
from any_llm import AnyLLM, EmbeddingIdentity
from numbered import KEY
from oracles import replies

MODEL = "openai:text-embedding-3-small"


@pytest.fixture
def server(loopback, monkeypatch):
    """Cap and shuffle; the key is in its variable."""
    found = loopback(unruly.capped)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", found.url)
    return found


@pytest.fixture
def chroma(tmp_path, server):
    import chromadb
    from chromadb.utils.embedding_functions import known_embedding_functions

    from any_llm.integrations.chroma import AnyLLMEmbeddingFunction

    client = chromadb.PersistentClient(tmp_path)
    known = dict(known_embedding_functions)
    yield SimpleNamespace(client=client, function=AnyLLMEmbeddingFunction, known=known_embedding_functions)
    known_embedding_functions.clear()
    known_embedding_functions.update(known)
    client.close()


def identity(**options):
    return AnyLLM.create("openai", KEY).identity("text-embedding-3-small", input_type="document", **options)


def test_a_collection_keeps_config_and_identity_and_no_key(chroma):
    headers = {"default_headers": {"x-token": KEY}}
    given = {"api_key": KEY, "client_args": headers, "extra_headers": {"x-more": KEY}}
    chroma.client.create_collection("docs", embedding_function=chroma.function(MODEL, dimensions=2, **given))
    kept = chroma.client.get_collection("docs").configuration_json["embedding_function"]
    assert kept["name"] == f"any_llm:text-embedding-3-small:{identity(dimensions=2).fingerprint}"
    assert kept["config"] == {"model": MODEL, "dimensions": 2, "identity": identity(dimensions=2).as_dict()}


OTHERS = [
    {"model": "openai:text-embedding-3-large"},
    {"dimensions": 512},
    {"normalize": True},
    {"api_base": "http://127.0.0.1:9"},
]


@pytest.mark.parametrize("other", OTHERS, ids=lambda other: "".join(other))
def test_chroma_refuses_another_identity_by_itself(chroma, other, server):
    function = chroma.function(MODEL)
    collection = chroma.client.create_collection("docs", embedding_function=function)
    with pytest.raises(ValueError, match=f"conflict: new: any_llm.* vs persisted: {function.name()}"):
        chroma.client.get_collection("docs", embedding_function=chroma.function(**{"model": MODEL, **other}))
    with pytest.raises(ValueError, match="incompatible types"):
        collection.modify(configuration={"embedding_function": chroma.function(**{"model": MODEL, **other})})
    assert server.requests == []


def test_the_same_identity_is_let_in_whatever_else_differs(chroma):
    chroma.client.create_collection("docs", embedding_function=chroma.function(MODEL))
    same = chroma.function("text-embedding-3-small", provider="openai", batch_size=7, client_args={"timeout": 9})
    collection = chroma.client.get_collection("docs", embedding_function=same)
    collection.add(ids=["a", "b", "c"], documents=["3", "1", "2"])
    assert collection.query(query_texts=["1"], n_results=1)["ids"] == [["b"]]


def test_a_function_is_built_of_what_the_collection_keeps(chroma):
    function = chroma.function(MODEL, dimensions=2)
    chroma.client.create_collection("docs", embedding_function=function).add(ids=["a"], documents=["3"])
    del chroma.known[function.name()]  # as in another process
    collection = chroma.client.get_collection("docs")
    again = chroma.function.build_from_config(collection.configuration_json["embedding_function"]["config"])
    assert (again.name(), again.get_config()) == (function.name(), function.get_config())
    assert collection.query(query_texts=["3"], n_results=1)["ids"] == [["a"]]
