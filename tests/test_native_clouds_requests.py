"""What is asked of the great clouds: addresses, bodies, limits a model, and what is refused before anything is sent."""

from __future__ import annotations

import json
from contextlib import nullcontext
from typing import Any

import pytest

from any_llm import AnyLLM, InvalidRequestError, UnsupportedParameterError
from any_llm.exceptions import InvalidModelError
from any_llm.providers.row import Limits
from any_llm.providers.table import ROWS
from any_llm.wire import Batch
from by_hand import KEY, a_batch, a_call, adapter_of
from loopback import Answer
from oracles import cloud_replies
from oracles.clouds import AWS

P = {"project": "p-1", "location": "us-central1"}
EXPRESS = {"headers": {"x-goog-api-key": KEY}}
GOOGLE = "https://aiplatform.googleapis.com"
BEDROCK = "https://bedrock-runtime.us-east-1.amazonaws.com"
WATSON = "https://us-south.ml.cloud.ibm.com"
HERE = "https://us-central1-aiplatform.googleapis.com"
TEXT = {"content": {"parts": [{"text": "a"}]}}
PUBLISHED = "publishers/google/models"
SHORT = {"instances": [{"content": "a"}], "parameters": {"autoTruncate": False}}


def request_of(provider: str, model: str, texts: tuple[str, ...] = ("a",), **given: Any) -> tuple[str, Any]:
    call = a_call(row=ROWS[provider], model=model, **{"headers": {}, **given})
    sent = adapter_of(call).encode(call, a_batch(texts))
    return sent.url, json.loads(sent.body)


ADDRESSES = [
    ("vertexai", "text-embedding-005", {"base": GOOGLE, "client": P},
     f"{HERE}/v1/projects/p-1/locations/us-central1/{PUBLISHED}/text-embedding-005:predict"),
    ("vertexai", "text-embedding-005", {"base": GOOGLE, "client": {"project": "p-1"}},
     f"{GOOGLE}/v1/projects/p-1/locations/global/{PUBLISHED}/text-embedding-005:predict"),
    ("vertexai", "m", {"base": GOOGLE, "client": {"project": "p-1", "location": "eu"}},
     f"https://aiplatform.eu.rep.googleapis.com/v1/projects/p-1/locations/eu/{PUBLISHED}/m:predict"),
    ("vertexai", "m", {"base": "https://proxy.test/x/", "client": P},
     f"https://proxy.test/x/v1/projects/p-1/locations/us-central1/{PUBLISHED}/m:predict"),
    ("vertexai", "m", {"base": GOOGLE, "client": {**P, "api_version": "v1beta1"}},
     f"{HERE}/v1beta1/projects/p-1/locations/us-central1/{PUBLISHED}/m:predict"),
    ("vertexai", "m", {"base": GOOGLE, **EXPRESS}, f"{GOOGLE}/v1/{PUBLISHED}/m:predict"),
    ("vertexai", "m", {"base": GOOGLE, "client": P, **EXPRESS}, f"{GOOGLE}/v1/{PUBLISHED}/m:predict"),
    ("vertexai", "m", {"base": GOOGLE, "key": lambda: "k"}, f"{GOOGLE}/v1/{PUBLISHED}/m:predict"),
    ("vertexai", "textembedding-gecko@003", {"base": GOOGLE, **EXPRESS},
     f"{GOOGLE}/v1/{PUBLISHED}/textembedding-gecko@003:predict"),
    ("vertexai", "intfloat/multilingual-e5-large-instruct-maas", {"base": GOOGLE, **EXPRESS},
     f"{GOOGLE}/v1/publishers/intfloat/models/multilingual-e5-large-instruct-maas:embedContent"),
    ("vertexai", f"projects/q/locations/global/{PUBLISHED}/gemini-embedding-2", {"base": GOOGLE, "client": P},
     f"{HERE}/v1/projects/q/locations/global/{PUBLISHED}/gemini-embedding-2:embedContent"),
    ("vertexai", f"{PUBLISHED}/gemini-embedding-001", {"base": GOOGLE, **EXPRESS},
     f"{GOOGLE}/v1/{PUBLISHED}/gemini-embedding-001:predict"),
    ("bedrock", "amazon.titan-embed-text-v2:0", {"base": BEDROCK},
     f"{BEDROCK}/model/amazon.titan-embed-text-v2%3A0/invoke"),
    ("bedrock", "arn:aws:bedrock:us-east-1:1:x/y", {"base": BEDROCK + "/"},
     f"{BEDROCK}/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ax%2Fy/invoke"),
    ("sagemaker", "my-endpoint", {"base": "https://s.test"}, "https://s.test/endpoints/my-endpoint/invocations"),
    ("azure", "m", {"base": "https://a.test/models/"}, "https://a.test/models/embeddings?api-version=2024-05-01-preview"),
    ("azure", "m", {"base": "https://a.test", "client": {"api_version": "v"}, "query": {"x": "1"}},
     "https://a.test/embeddings?api-version=v&x=1"),
    ("watsonx", "m", {"base": WATSON, "client": {"project_id": "p"}},
     f"{WATSON}/ml/v1/text/embeddings?version=2024-03-13"),
    ("watsonx", "m", {"base": WATSON, "client": {"project_id": "p", "api_version": "2026-10-14"}},
     f"{WATSON}/ml/v1/text/embeddings?version=2026-10-14"),
    ("gigachat", "m", {"base": "https://api.giga.chat/v1"}, "https://api.giga.chat/v1/embeddings"),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "model", "given", "url"), ADDRESSES)
def test_addresses(provider, model, given, url):
    assert request_of(provider, model, **given)[0] == url


NOVA, IMAGE = "amazon.nova-2-multimodal-embeddings-v1:0", "amazon.titan-embed-image-v1"
COHERE = {"texts": ["a", "b"], "input_type": "search_document"}
BODIES = [
    ("vertexai", "gemini-embedding-001", {"client": P}, SHORT),  # documented for :predict, whatever the SDK does
    ("vertexai", "m", {"client": P, "overflow": "truncate"}, {**SHORT, "parameters": {"autoTruncate": True}}),
    ("vertexai", "m", {"client": P, "input_type": "similarity", "extra": {"title": "t"}, "dimensions": 8},
     {"instances": [{"content": "a", "task_type": "SEMANTIC_SIMILARITY", "title": "t"}],
      "parameters": {"outputDimensionality": 8, "autoTruncate": False}}),
    ("vertexai", "gemini-embedding-2", {"client": P}, TEXT),
    ("vertexai", "gemini-embedding-2-preview", {"client": P, "overflow": "error"}, TEXT),
    ("vertexai", "x/e5-maas", {"client": P, "input_type": "query"},
     {**TEXT, "embedContentConfig": {"taskType": "RETRIEVAL_QUERY", "autoTruncate": False}}),
    ("bedrock", IMAGE, {"dimensions": 256}, {"inputText": "a", "embeddingConfig": {"outputEmbeddingLength": 256}}),
    ("bedrock", "amazon.titan-embed-text-v2:0", {"normalize": False}, {"inputText": "a", "normalize": False}),
    ("bedrock", "amazon.titan-embed-text-v1", {"normalize": True}, {"inputText": "a"}),
    ("bedrock", "arn:aws:bedrock:r:1:provisioned-model/x", {"dimensions": 256}, {"inputText": "a", "dimensions": 256}),
    ("bedrock", "arn:aws:bedrock:r:1:application-inference-profile/x",
     {"client": {"base_model": "cohere.embed-v4:0"}, "dimensions": 256},
     {"texts": ["a"], "input_type": "search_document", "output_dimension": 256}),
    ("bedrock", "cohere.embed-english-v3", {"overflow": "error"}, {"texts": ["a"], "input_type": "search_document"}),
    ("bedrock", NOVA, {"extra": {"truncationMode": "START", "embeddingPurpose": "CLUSTERING"}},
     {"schemaVersion": "nova-multimodal-embed-v1", "taskType": "SINGLE_EMBEDDING", "singleEmbeddingParams": {
         "embeddingPurpose": "CLUSTERING", "text": {"truncationMode": "START", "value": "a"}}}),
    ("sagemaker", "e", {"client": {"input_field": "text_inputs"}}, {"text_inputs": ["a"]}),
    ("sagemaker", "e", {"client": {"input_field": "texts"}, "extra": {"input_type": "search_query"}},
     {"texts": ["a"], "input_type": "search_query"}),
    ("azure", "m", {"input_type": "query", "dimensions": 4},
     {"input": ["a"], "model": "m", "input_type": "query", "dimensions": 4}),
    ("watsonx", "m", {"client": {"project_id": "p", "space_id": "s"}},
     {"model_id": "m", "inputs": ["a"], "space_id": "s"}),
    ("gigachat", "m", {}, {"input": ["a"], "model": "m"}),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "model", "given", "body"), BODIES)
def test_bodies(provider, model, given, body):
    assert request_of(provider, model, **given)[1] == body


REFUSED = [
    ("vertexai", "gemini-embedding-2", {"input_type": "RETRIEVAL_QUERY"}, UnsupportedParameterError, "input_type"),
    ("vertexai", "m", {"input_type": "query", "extra": {"task_type": "X"}}, InvalidRequestError, "say the same"),
    ("vertexai", "m", {"extra": {"instances": []}}, InvalidRequestError, "instances"),
    ("vertexai", "m", {"extra": {"parameters": {}}}, InvalidRequestError, "pass its fields by name"),
    ("vertexai", "../m", {}, InvalidModelError, "no model name"),
    ("bedrock", "..", {}, InvalidModelError, "no model name"),
    ("bedrock", "amazon.titan-embed-text-v1", {"dimensions": 256}, UnsupportedParameterError, "dimensions"),
    ("bedrock", "amazon.titan-embed-text-v2:0", {"input_type": "clustering"}, UnsupportedParameterError, "input_type"),
    ("bedrock", "amazon.titan-embed-text-v2:0", {"overflow": "truncate"}, UnsupportedParameterError, "overflow"),
    ("bedrock", "cohere.embed-english-v3", {"dimensions": 256}, UnsupportedParameterError, "dimensions"),
    ("bedrock", "cohere.embed-v4:0", {"input_type": "similarity"}, UnsupportedParameterError, "input_type"),
    ("bedrock", NOVA, {"input_type": "similarity"}, UnsupportedParameterError, "input_type"),
    ("sagemaker", "e", {"dimensions": 256}, UnsupportedParameterError, "dimensions"),
    ("sagemaker", "e", {"input_type": "clustering"}, UnsupportedParameterError, "input_type"),
    ("sagemaker", "e", {"overflow": "error"}, UnsupportedParameterError, "overflow"),
    ("sagemaker", "e", {"extra": {"inputs": []}}, InvalidRequestError, "inputs"),
    ("azure", "m", {"overflow": "truncate"}, UnsupportedParameterError, "overflow"),
    ("azure", "m", {"input_type": "clustering"}, UnsupportedParameterError, "input_type"),
    ("watsonx", "m", {"dimensions": 256}, UnsupportedParameterError, "dimensions"),
    ("watsonx", "m", {"overflow": "truncate"}, UnsupportedParameterError, "overflow"),
    ("watsonx", "m", {"input_type": "clustering"}, UnsupportedParameterError, "input_type"),
    ("watsonx", "m", {"client": {}}, InvalidRequestError, "WATSONX_PROJECT_ID"),
    ("gigachat", "m", {"dimensions": 256}, UnsupportedParameterError, "dimensions"),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "model", "given", "kind", "words"), REFUSED)
def test_what_it_cannot_honour_is_refused(provider, model, *, given, kind, words):
    known = {"client": {**P, "project_id": "p"}}
    with pytest.raises(kind, match=words):
        request_of(provider, model, **{**known, **given})


LIMITS = [
    ("vertexai", "text-embedding-005", Limits(items=250, tokens=20_000, input_tokens=2048)),
    ("vertexai", "gemini-embedding-001", Limits(items=1, input_tokens=2048)),
    ("vertexai", "gemini-embedding-2", Limits(items=1, input_tokens=8192)),
    ("bedrock", "amazon.titan-embed-text-v2:0", Limits(items=1, input_tokens=8192)),
    ("bedrock", "global.cohere.embed-v4:0", Limits(items=96)),
    ("bedrock", NOVA, Limits(items=1, input_tokens=8192)),
    ("bedrock", "somebody.elses", Limits(items=1, input_tokens=8192)),
]


@pytest.mark.parametrize(("provider", "model", "limits"), LIMITS)
def test_limits_are_the_models(provider, model, limits):
    call = a_call(row=ROWS[provider], model=model)
    assert call.row.limits == limits


@pytest.mark.parametrize("provider", ["azure", "bedrock", "gigachat", "sagemaker", "vertexai", "watsonx"])
def test_options_are_checked_without_an_input(provider):
    call = a_call(row=ROWS[provider], model="m", client={**P, "project_id": "p"})
    assert adapter_of(call).encode(call, Batch((), (), 0)).url


@pytest.mark.parametrize(
    ("model", "family", "count", "sizes"),
    [
        ("amazon.titan-embed-text-v2:0", "titan v2", 5, [1] * 5),
        ("amazon.nova-2-multimodal-embeddings-v1:0", "nova", 3, [1] * 3),
        ("cohere.embed-v4:0", "cohere v4", 100, [4, 96]),
    ],
)
def test_texts_are_fanned_out_and_come_back_in_order(model, family, count, sizes, loopback):
    answer = cloud_replies.bedrock(family)
    server = loopback(answer)
    texts = [f"text {number}" for number in range(count)]
    with AnyLLM.create("bedrock", api_base=server.url, **AWS) as client:
        result = client.embedding(model, texts, dimensions=256)
    assert sorted(len(request.json.get("texts", [0])) for request in server.requests) == sizes
    wanted = [cloud_replies.vector(text, 256) for text in texts]
    assert [item.embedding for item in result.data] == [pytest.approx(vector, rel=1e-6) for vector in wanted]
    assert (result.usage.total_tokens, result.usage.source) == (sum(map(len, texts)), "measured")


KEYED, TOKEN = {"api_key": KEY}, {"project_id": "p", "token": "t"}
ROLES = [
    # provider, model, client, how it answers -> the text as it is sent, how the role was applied
    ("vertexai", "gemini-embedding-2", KEYED, cloud_replies.vertex, "task: search result | query: a", "prefix"),
    ("vertexai", "text-embedding-005", KEYED, cloud_replies.vertex, "a", "field"),
    ("bedrock", "amazon.titan-embed-text-v2:0", AWS, cloud_replies.bedrock("titan v2"), "a", "not needed"),
    ("bedrock", "eu.cohere.embed-v4:0", AWS, cloud_replies.bedrock("cohere v4"), "a", "field"),
    ("bedrock", "amazon.nova-2-multimodal-embeddings-v1:0", AWS, cloud_replies.bedrock("nova"), "a", "field"),
    ("watsonx", "intfloat/multilingual-e5-large", TOKEN, cloud_replies.watsonx, "query: a", "prefix"),
    ("watsonx", "ibm/granite-embedding-278m-multilingual", TOKEN, cloud_replies.watsonx, "a", "not needed"),
    ("watsonx", "our-own", TOKEN, cloud_replies.watsonx, "a", "unknown"),
    ("sagemaker", "my-endpoint", AWS, cloud_replies.sagemaker, "a", "unknown"),
    ("gigachat", "EmbeddingsGigaR", {"access_token": "t"}, cloud_replies.gigachat, "a", "unknown"),
    ("azure", "embed-v-4-0", KEYED, cloud_replies.azure, "a", "field"),
]


@pytest.mark.parametrize(("provider", "model", "given", "answer", "text", "applied"), ROLES)
def test_a_role_reaches_the_model(provider, model, *, given, answer, text, applied, loopback):
    server = loopback(answer)
    told = pytest.warns(UserWarning, match="is not sent") if applied == "unknown" else nullcontext()
    with told:
        result = AnyLLM.create(provider, api_base=server.url, **given).embedding(model, "a", input_type="query")
    assert f'"{text}"'.encode() in server.requests[0].body
    assert result.input_type_applied == applied


@pytest.mark.parametrize(
    ("given", "headers"),
    [
        ({}, {"api-key": KEY, "authorization": f"Bearer {KEY}"}),
        ({"default_headers": {"Authorization": "mine"}}, {"api-key": KEY, "authorization": "mine"}),
        ({"default_headers": {"extra-parameters": "drop"}}, {"extra-parameters": "drop"}),
    ],
)
def test_foundry_has_the_key_in_two_headers(given, headers, loopback):
    server = loopback(lambda _: Answer(json=cloud_replies.example("azure")))
    AnyLLM.create("azure", KEY, server.url, **given).embedding("m", "a", truncate="END")
    assert server.requests[0].headers.items() >= {"extra-parameters": "pass-through", **headers}.items()


def test_foundry_takes_a_bearers_token(loopback):
    server = loopback(lambda _: Answer(json=cloud_replies.example("azure")))
    client = AnyLLM.create("azure", api_base=server.url, azure_ad_token_provider=lambda: "entra")
    client.embedding("m", "a", extra_body={"input_type": "text"})
    assert server.requests[0].headers["authorization"] == "Bearer entra"
    assert not {"api-key", "extra-parameters"} & server.requests[0].headers.keys()
