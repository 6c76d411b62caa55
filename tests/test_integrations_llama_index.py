"""LlamaIndex: does an index search with our embedding model, and is what it writes down free of keys, and enough?"""

from __future__ import annotations

import pytest

from numbered import KEY
from oracles import replies


@pytest.fixture
def made(loopback):
    """An embedding model, and the server it speaks to."""
    from any_llm.integrations.llama_index import AnyLLMEmbedding

    server = loopback(replies.cohere)
    given = {"api_base": server.url, "dimensions": 256, "client_args": {"default_headers": {"x-token": KEY}}}
    given |= {"extra_headers": {"x-more": KEY}, "batch_size": 50}
    return AnyLLMEmbedding(model_name="cohere:embed-v4.0", api_key=KEY, **given), server


def test_what_is_written_down_makes_it_anew_without_its_key(made, monkeypatch):
    model, server = made
    written = model.to_dict()
    assert KEY not in f"{written} {model.to_json()} {model!r} {model} {model.to_payload()}"
    monkeypatch.setenv("COHERE_API_KEY", "another")
    again = type(model).from_dict(written)
    assert again.get_text_embedding("a") == model.get_text_embedding("a")
    first, second = server.requests
    assert (first.json, first.headers["authorization"]) == (second.json, "Bearer another")


def test_an_index_embeds_in_one_call_what_it_is_given(made):
    from llama_index.core import VectorStoreIndex
    from llama_index.core.schema import TextNode

    model, server = made
    texts = [f"text {number}" for number in range(96)]
    index = VectorStoreIndex([TextNode(text=text) for text in texts], embed_model=model)
    (found,) = index.as_retriever(similarity_top_k=1).retrieve("text 7")
    assert found.node.get_content() == "text 7"
    sent = [(each.json["input_type"], len(each.json["texts"])) for each in server.requests]
    assert sorted(sent) == [("search_document", 46), ("search_document", 50), ("search_query", 1)]
