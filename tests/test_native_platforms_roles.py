"""How does a role reach a platform's model: by its name, by the field that takes the texts, by words before them?"""

from __future__ import annotations

import json

import pytest

from any_llm import AnyLLM
from any_llm.exceptions import InvalidRequestError, UnsupportedParameterError
from by_hand import KEY, TEXTS, a_batch, a_call, adapter_of
from loopback import Answer
from oracles.platforms import example

CLIENT = {"cloudflare": {"account_id": "acc"}, "yandex": {"folder_id": "f"}}


def asked(provider: str, model: str, role: str | None) -> str:
    """Name of the model that is asked."""
    call = a_call(provider, model, input_type=role, client=CLIENT.get(provider, {}))
    return json.loads(adapter_of(call).encode(call, a_batch(TEXTS[:1])).body)["model"]


NAMES = [
    # provider, model, role -> the model that is asked
    ("upstage", "solar-embedding-2", "query", "solar-embedding-2-query"),
    ("upstage", "solar-embedding-2", "document", "solar-embedding-2-passage"),
    ("upstage", "solar-embedding-2", "passage", "solar-embedding-2-passage"),
    ("upstage", "embedding-query", "query", "embedding-query"),
    ("upstage", "embedding-passage", "document", "embedding-passage"),
    ("upstage", "embedding-passage", None, "embedding-passage"),
    ("upstage", "solar-embedding-3", None, "solar-embedding-3"),
    ("yandex", "text-search-doc", None, "emb://f/text-search-doc/latest"),
    ("yandex", "text-search", "document", "emb://f/text-search-doc/latest"),
    ("yandex", "text-search", "query", "emb://f/text-search-query/latest"),
    ("yandex", "text-embeddings-v2/rc", "query", "emb://f/text-embeddings-v2-query/rc"),
    ("yandex", "emb://g/text-search/latest", "query", "emb://g/text-search-query/latest"),
    ("yandex", "emb://g/text-embeddings-v2-doc/", "document", "emb://g/text-embeddings-v2-doc/"),
    ("yandex", "emb://g/ds://tuned", None, "emb://g/ds://tuned"),
]


@pytest.mark.parametrize(("provider", "model", "role", "named"), NAMES)
def test_the_role_is_in_the_models_name(provider: str, model: str, role: str | None, named: str):
    assert asked(provider, model, role) == named


WRONG = [
    # a name that says another role; a role that is none of the provider's
    ("upstage", "embedding-query", "document", InvalidRequestError, "'embedding'"),
    ("yandex", "text-search-doc", "query", InvalidRequestError, "'text-search'"),
    ("upstage", "e5-base-v2", "clustering", UnsupportedParameterError, "It knows query, document"),
    ("yandex", "text-search", "passage", UnsupportedParameterError, "It knows query, document"),
]


@pytest.mark.parametrize(("provider", "model", "role", "kind", "word"), WRONG)
def test_a_role_that_cannot_be_meant_is_an_error(provider: str, model: str, role: str, kind: type, word: str):
    with pytest.raises(kind, match=word):
        asked(provider, model, role)


APPLIED = [
    # provider, model, role -> how it reached the model
    ("upstage", "solar-embedding-2", "query", "model"),
    ("upstage", "embedding-passage", "passage", "model"),
    ("yandex", "text-search", "document", "model"),
    ("yandex", "emb://g/text-search-doc/latest", "doc", "model"),
    ("cloudflare", "@cf/qwen/qwen3-embedding-0.6b", "query", "field"),
    ("cloudflare", "@cf/qwen/qwen3-embedding-0.6b", "documents", "field"),
    ("cloudflare", "@cf/google/embeddinggemma-300m", "query", "prefix"),
    ("cloudflare", "@cf/baai/bge-m3", "query", "not needed"),
    ("dashscope", "text-embedding-v4", "query", "field"),
    ("databricks", "databricks-bge-large-en", "query", "prefix"),
    ("databricks", "databricks-qwen3-embedding-0-6b", "query", "prefix"),
    ("databricks", "databricks-qwen3-embedding-0-6b", "document", "not needed"),
    ("replicate", "somebody/e5-large", "query", "prefix"),
    ("upstage", "solar-embedding-2", None, None),
    ("yandex", "text-search-doc", None, None),
]


@pytest.mark.parametrize(("provider", "model", "role", "applied"), APPLIED)
def test_a_result_says_how_the_role_reached_the_model(provider, model, role, applied, loopback):
    server = loopback(lambda _: Answer(json=example(provider)))
    extra = {"input": {"texts": "$texts"}} if provider == "replicate" else {}
    with AnyLLM.create(provider, KEY, server.url, **CLIENT.get(provider, {})) as client:
        result = client.embedding(model, "Hello", input_type=role, **extra)
    (request,) = server.requests
    assert result.input_type_applied == applied
    assert (b'"Hello"' in request.body) == (applied != "prefix")
