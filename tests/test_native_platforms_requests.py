"""What each platform is sent: addresses, bodies and headers that a row alone could not say, and the traps of each."""

from __future__ import annotations

import json
from typing import Any

import pytest

from any_llm import AnyLLM
from any_llm import exceptions as errors
from any_llm.flow.job import Job
from any_llm.providers.table import ROWS
from by_hand import KEY, TEXTS, a_batch, a_call, a_setting, adapter_of
from loopback import Answer
from oracles.platforms import example

ACCOUNT = {"client": {"account_id": "acc"}}
FOLDER = {"client": {"folder_id": "f"}}
CLOUD = "https://api.cloudflare.com/client/v4"
DASH = "https://dashscope.aliyuncs.com"
TEXT_EMBEDDING = "/api/v1/services/embeddings/text-embedding/text-embedding"


def sent(provider: str, model: str, count: int = 2, **given: Any) -> Any:
    call = a_call(provider, model, **given)
    return adapter_of(call).encode(call, a_batch(TEXTS[:count]))


def body(provider: str, model: str, count: int = 2, **given: Any) -> Any:
    return json.loads(sent(provider, model, count, **given).body)


ADDRESSES = [
    ("cloudflare", "@cf/baai/bge-m3", {"base": CLOUD, **ACCOUNT}, f"{CLOUD}/accounts/acc/ai/run/@cf/baai/bge-m3"),
    ("cloudflare", "@cf/baai/bge-m3", {"base": CLOUD + "/", **ACCOUNT}, f"{CLOUD}/accounts/acc/ai/run/@cf/baai/bge-m3"),
    ("cloudflare", "@cf/a?b #", {"base": CLOUD, **ACCOUNT}, f"{CLOUD}/accounts/acc/ai/run/@cf/a%3Fb%20%23"),
    *(("cloudflare", "@cf/m", {"base": f"{CLOUD}/accounts/a1{end}"}, f"{CLOUD}/accounts/a1/ai/run/@cf/m")
      for end in ("", "/", "/ai", "/ai/v1", "/ai/v1/")),
    *(("dashscope", "m", {"base": DASH + end}, DASH + TEXT_EMBEDDING)
      for end in ("", "/", "/api/v1", "/api/v1/", "/compatible-mode/v1", "/compatible-mode/v1/")),
    *(("databricks", "e", {"base": base}, "https://dbc.test/serving-endpoints/e/invocations")
      for base in ("https://dbc.test", "https://dbc.test/", "https://dbc.test/serving-endpoints/", "dbc.test")),
    ("databricks", "my end/ü", {"base": "http://h"}, "http://h/serving-endpoints/my%20end/%C3%BC/invocations"),
    ("minimax", "m", {"base": "https://m.test/v1"}, "https://m.test/v1/embeddings"),
    ("minimax", "m", {"base": "https://m.test/v1", "client": {"group_id": "g 1"}},
     "https://m.test/v1/embeddings?GroupId=g%201"),
    ("replicate", "o/n", {"base": "https://r.test"}, "https://r.test/v1/models/o/n/predictions"),
    ("replicate", "o/n", {"base": "https://r.test/v1"}, "https://r.test/v1/models/o/n/predictions"),
    ("replicate", "o/n:a1b2", {"base": "https://r.test"}, "https://r.test/v1/predictions"),
    ("snowflake", "m", {"base": "https://s.test"}, "https://s.test/api/v2/cortex/inference:embed"),
    ("yandex", "m", {"base": "https://y.test/v1", **FOLDER}, "https://y.test/v1/embeddings"),
]  # fmt: skip
PLACED = {"input": {"texts": "$texts"}}


@pytest.mark.parametrize(("provider", "model", "given", "url"), ADDRESSES)
def test_addresses(provider: str, model: str, given: dict[str, Any], url: str):
    extra = {"extra": PLACED} if provider == "replicate" else {}
    assert sent(provider, model, **given, **extra).url == url


OUT = [*(f"a/{part}/b" for part in ("..", ".", "")), "..", "", "/a"]


@pytest.mark.parametrize("provider", ["cloudflare", "databricks", "gemini", "huggingface", "replicate"])
@pytest.mark.parametrize("model", OUT)
def test_a_model_cannot_climb_out_of_its_path(provider: str, model: str):
    with pytest.raises(errors.InvalidModelError):
        sent(
            provider,
            model,
            base="https://h.test/hf-inference",
            **ACCOUNT,
            extra=PLACED if provider == "replicate" else {},
        )


BODIES = [
    ("cloudflare", "@cf/baai/bge-m3", {}, {"text": [*TEXTS]}),
    ("cloudflare", "@cf/baai/bge-m3", {"overflow": "error"}, {"text": [*TEXTS]}),
    ("cloudflare", "@cf/baai/bge-m3", {"overflow": "truncate"}, {"text": [*TEXTS], "truncate_inputs": True}),
    ("cloudflare", "@cf/qwen/qwen3-embedding-0.6b", {"input_type": "query"}, {"queries": [*TEXTS]}),
    ("cloudflare", "@cf/qwen/qwen3-embedding-0.6b", {"input_type": "documents"}, {"documents": [*TEXTS]}),
    ("cloudflare", "@cf/qwen/qwen3-embedding-0.6b", {"input_type": "query", "extra": {"instruction": "Find"}},
     {"queries": [*TEXTS], "instruction": "Find"}),
    ("dashscope", "m", {}, {"model": "m", "input": {"texts": [*TEXTS]}, "parameters": {}}),
    ("dashscope", "m", {"input_type": "query", "dimensions": 64, "extra": {"instruct": "Find"}},
     {"model": "m", "input": {"texts": [*TEXTS]},
      "parameters": {"text_type": "query", "dimension": 64, "instruct": "Find"}}),
    ("databricks", "e", {"extra": {"instruction": "Find"}}, {"input": [*TEXTS], "instruction": "Find"}),
    ("minimax", "embo-01", {}, {"model": "embo-01", "texts": [*TEXTS], "type": "db"}),
    ("minimax", "embo-01", {"input_type": "document"}, {"model": "embo-01", "texts": [*TEXTS], "type": "db"}),
    ("minimax", "embo-01", {"input_type": "query"}, {"model": "embo-01", "texts": [*TEXTS], "type": "query"}),
    ("qianfan", "embedding-v1", {}, {"model": "embedding-v1", "input": [*TEXTS]}),
    ("replicate", "o/n", {"extra": PLACED}, {"input": {"texts": [*TEXTS]}}),
    ("replicate", "o/n:a1", {"extra": {"input": {"t": "$texts_json", "n": 1}, "webhook": "u"}},
     {"input": {"t": json.dumps(TEXTS, separators=(",", ":")), "n": 1}, "webhook": "u", "version": "a1"}),
    ("snowflake", "m", {}, {"model": "m", "text": [*TEXTS]}),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "model", "given", "expected"), BODIES)
def test_bodies(provider: str, model: str, given: dict[str, Any], expected: dict[str, Any]):
    assert body(provider, model, **(ACCOUNT if provider == "cloudflare" else {}), **given) == expected


UNSUPPORTED = errors.UnsupportedParameterError
WRONG = [
    # what cannot be meant -> the error, and a word of it
    ("yandex", "text-search-doc", {}, errors.InvalidRequestError, "YC_FOLDER_ID"),
    ("cloudflare", "@cf/m", {}, errors.InvalidRequestError, "CLOUDFLARE_ACCOUNT_ID"),
    ("cloudflare", "@cf/m", {"client": {"account_id": "../x"}}, errors.InvalidModelError, "'../x'"),
    ("cloudflare", "@cf/m", {**ACCOUNT, "extra": {"queries": ["a"]}}, errors.InvalidRequestError, "inputs="),
    ("cloudflare", "@cf/google/embeddinggemma-300m", {**ACCOUNT, "overflow": "truncate"}, UNSUPPORTED, "overflow"),
    ("dashscope", "m", {"extra": {"output_type": "dense&sparse"}}, UNSUPPORTED, "output_type"),
    ("replicate", "o/n", {}, errors.InvalidRequestError, "$texts_json"),
    ("replicate", "o/n", {"extra": {"input": {"a": "b"}}}, errors.InvalidRequestError, "$texts_json"),
    ("replicate", "o/n", {"extra": {"input": {"a": "$texts", "b": "$text"}}}, errors.InvalidRequestError, "$texts"),
    ("replicate", "o/n", {"extra": {"input": "$texts"}}, errors.InvalidRequestError, "$texts"),
    ("replicate", "o/n", {"extra": {**PLACED, "version": "v"}}, errors.InvalidRequestError, "version"),
    ("replicate", "n", {"extra": PLACED}, errors.InvalidModelError, "owner/name"),
]


@pytest.mark.parametrize(("provider", "model", "given", "kind", "word"), WRONG)
def test_what_cannot_be_meant_is_an_error(provider: str, model: str, given: dict[str, Any], kind: type, word: str):
    with pytest.raises(kind) as error:
        sent(provider, model, **given)
    assert word in str(error.value)
    assert not any(text in str(error.value) for text in TEXTS)


def test_one_text_takes_its_place_alone():
    assert body("replicate", "o/n", 1, extra={"input": {"text": "$text"}}) == {"input": {"text": TEXTS[0]}}


@pytest.mark.parametrize(("given", "header"), [({}, "wait=30"), ({"headers": {"PREFER": "wait=5"}}, None)])
def test_how_long_replicate_holds_a_request_is_the_callers_say(given: dict[str, Any], header: str | None):
    assert sent("replicate", "o/n", extra=PLACED, **given).headers.get("Prefer") == header


REQUESTS = [
    # provider, model, number of texts -> texts of each request
    ("cloudflare", "@cf/baai/bge-m3", 130, [100, 30]),
    ("cloudflare", "@cf/qwen/qwen3-embedding-0.6b", 70, [32, 32, 6]),
    ("dashscope", "text-embedding-v4", 25, [10, 10, 5]),
    ("dashscope", "text-embedding-v2", 30, [25, 5]),
    ("dashscope", "qwen3.7-text-embedding", 30, [20, 10]),
    ("qianfan", "bge-large-zh", 20, [16, 4]),
    ("qianfan", "tao-8k", 3, [1, 1, 1]),
    ("zhipu", "embedding-3", 70, [64, 6]),
    ("zhipu", "embedding-2", 70, [70]),
    ("yandex", "text-search-doc", 3, [1, 1, 1]),
    ("upstage", "solar-embedding-2", 120, [100, 20]),
    ("replicate", "o/n", 3, [1, 1, 1]),
]


@pytest.mark.parametrize(("provider", "model", "count", "sizes"), REQUESTS)
def test_a_request_holds_what_its_model_takes(provider: str, model: str, count: int, sizes: list[int]):
    extra = {"input": {"text": "$text"}} if provider == "replicate" else {}
    call = a_call(provider, model, client={"account_id": "acc", "folder_id": "f"}, extra=extra)
    job = Job(a_setting(call, count=count), [f"text {number}" for number in range(count)])
    assert [len(batch) for batch in iter(job._plan.take, None)] == sizes


KEYS = [
    ("cloudflare", {"api_token": KEY, "account_id": "acc"}, f"Bearer {KEY}"),
    ("databricks", {"token": KEY}, f"Bearer {KEY}"),
    ("replicate", {"api_token": KEY}, f"Bearer {KEY}"),
    ("yandex", {"api_key": KEY, "folder_id": "f"}, f"Api-Key {KEY}"),
    ("yandex", {"iam_token": KEY, "folder_id": "f"}, f"Bearer {KEY}"),
]


@pytest.mark.parametrize(("provider", "client", "header"), KEYS)
def test_the_key_goes_where_its_sdk_puts_it(provider: str, client: dict[str, Any], header: str, loopback):
    server = loopback(lambda _: Answer(json=example(provider)))
    extra = PLACED if provider == "replicate" else {}
    with AnyLLM.create(provider, api_base=server.url, **client) as one:
        one.embedding("o/n", "Hello", **extra)
    assert [request.headers["authorization"] for request in server.requests] == [header]


def test_variables_name_the_account_the_folder_and_the_group(monkeypatch: pytest.MonkeyPatch, loopback):
    for provider, variable in (
        ("cloudflare", "CLOUDFLARE_ACCOUNT_ID"),
        ("yandex", "YC_FOLDER_ID"),
        ("minimax", "MINIMAX_GROUP_ID"),
    ):
        assert variable in ROWS[provider].client_env.values()
        monkeypatch.setenv(variable, "named-here")
        server = loopback(lambda _, provider=provider: Answer(json=example(provider)))
        with AnyLLM.create(provider, KEY, server.url) as client:
            client.embedding("m", "Hello")
        (request,) = server.requests
        assert "named-here" in f"{request.path} {request.query} {request.body!r}"
