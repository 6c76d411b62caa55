"""Haystack: do both embedders run in pipelines, come back from what was written down, and keep keys as Secrets?"""

from __future__ import annotations

import pytest

import unruly
from numbered import KEY
from oracles import replies

OURS = "any_llm.integrations.haystack"


@pytest.fixture
def server(loopback, monkeypatch):
    """Cohere's shape; the key is in a variable."""
    monkeypatch.setenv("OUR_KEY", KEY)
    return loopback(replies.cohere)


def embedder(name, server, **more):
    from haystack.utils import Secret

    import any_llm.integrations.haystack as ours

    given = {"api_key": Secret.from_env_var("OUR_KEY"), "api_base": server.url, "dimensions": 256, **more}
    return getattr(ours, f"AnyLLM{name}Embedder")("cohere:embed-v4.0", **given)


async def test_a_pipeline_runs_as_it_was_written_down(server):
    from haystack import Document, Pipeline

    pipeline = Pipeline()
    pipeline.add_component("text", embedder("Text", server))
    pipeline.add_component("documents", embedder("Document", server, meta_fields_to_embed=["title", "of"]))
    written = pipeline.dumps()
    assert KEY not in written
    again = Pipeline.loads(written, allowed_modules=[OURS])
    assert again.dumps() == written
    given = {
        "text": {"text": "What do cats do?"},
        "documents": {"documents": [Document(content="They sleep.", meta={"title": "Cats", "of": None})]},
    }
    made, made_async = again.run(given), await again.run_async(given)
    assert made == made_async
    assert len(made["text"]["embedding"]) == 256
    (document,) = made["documents"]["documents"]
    assert (document.content, document.meta, len(document.embedding)) == (
        "They sleep.",
        {"title": "Cats", "of": None},
        256,
    )
    assert made["documents"]["meta"] == {"model": "embed-v4.0", "usage": {"prompt_tokens": 16, "total_tokens": 16}}
    sent = sorted((each.json["input_type"], *each.json["texts"]) for each in server.requests)
    assert sent == [("search_document", "Cats\nThey sleep.")] * 2 + [("search_query", "What do cats do?")] * 2
    assert {each.headers["authorization"] for each in server.requests} == {f"Bearer {KEY}"}


def test_a_key_that_no_variable_holds_is_not_written_down(server):
    from haystack.utils import Secret

    made = embedder("Text", server, api_key=Secret.from_token(KEY))
    with pytest.raises(ValueError, match="Cannot serialize token-based secret"):
        made.to_dict()
    assert KEY not in f"{made!r} {made}"


def test_a_variable_is_read_when_it_is_needed(server, monkeypatch):
    made = embedder("Text", server)
    monkeypatch.setenv("OUR_KEY", "another")
    made.run("a")
    assert server.requests[0].headers["authorization"] == "Bearer another"


def test_a_document_that_is_refused_may_be_left_without_a_vector(loopback, monkeypatch):
    from haystack import Document

    from any_llm.integrations.haystack import AnyLLMDocumentEmbedder

    monkeypatch.setenv("OPENAI_API_KEY", "key-of-this-test")
    server = loopback(lambda request: (unruly.nan if "13" in request.json["input"] else unruly.capped)(request))
    made = AnyLLMDocumentEmbedder("openai:text-embedding-3-small", api_base=server.url, on_error="collect")
    vectors = [
        document.embedding for document in made.run([Document(content=text) for text in ("1", "13")])["documents"]
    ]
    assert vectors == [[1.0, 1.0], None]
