"""Does each native shape read its own replies, and only those? The traps each provider is known to set."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from any_llm.exceptions import InvalidResponseError
from any_llm.providers.fake import unit_vector
from any_llm.providers.fields import address
from any_llm.providers.ollama import base_address
from any_llm.wire import Outcome, Part, Refusal, Run
from by_hand import (
    KEY,
    MONOTONIC,
    TEXTS,
    VECTORS,
    WALL,
    a_batch,
    a_call,
    a_setting,
    adapter_of,
    play,
    reply,
    vectors_of,
)

A, B = VECTORS
ITEMS = [{"embedding": A, "index": 0}, {"embedding": B, "index": 1}]


def cohere(**embeddings: Any) -> dict[str, Any]:
    return {"id": "5f", "embeddings": embeddings, "texts": list(TEXTS)}


def gemini(**fields: Any) -> dict[str, Any]:
    return {"embeddings": [{"values": A}, {"values": B}], **fields}


READ = [
    # provider, what it answers for two texts -> indexes, prompt tokens, total tokens, model
    ("openai", {"data": ITEMS, "model": "n", "usage": {"prompt_tokens": 3, "total_tokens": 4}}, [0, 1], 3, 4, "n"),
    ("openai", {"data": [{"embedding": A}, {"embedding": B}]}, None, None, None, None),
    ("openai", {"data": ITEMS, "usage": None, "model": None}, [0, 1], None, None, None),
    ("openai", {"data": ITEMS, "usage": {}}, [0, 1], None, None, None),
    ("openai", {"data": ITEMS, "usage": {"prompt_tokens": 0, "total_tokens": 0}}, [0, 1], 0, 0, None),
    ("openai", {"data": ITEMS, "usage": {"prompt_tokens": 3, "cost": 0.1, "details": {"a": [1]}}}, [0, 1], 3, 3, None),
    ("openai", {"id": "x", "data": [{**item, "encoding_format": "float"} for item in ITEMS]}, [0, 1], None, None, None),
    ("voyage", {"data": ITEMS, "usage": {"total_tokens": 4}}, [0, 1], 4, 4, None),
    ("together", {"data": ITEMS[::-1], "model": "n"}, [1, 0], None, None, "n"),
    ("cohere", {**cohere(float=[A, B]), "meta": {"billed_units": {"input_tokens": 7.0}}}, None, 7, 7, None),
    ("cohere", cohere(float=[A, B]), None, None, None, None),
    ("cohere", {**cohere(float=[A, B]), "meta": {"api_version": {}, "tokens": None}}, None, None, None, None),
    ("cohere", {**cohere(float=[A, B]), "meta": {"billed_units": {"images": 1}}}, None, None, None, None),
    ("cohere", cohere(float=[A, B], int8=None, ubinary=None), None, None, None, None),
    ("cohere", cohere(int8=[[9, 9], [9, 9]], float=[A, B]), None, None, None, None),
    ("cohere", cohere(int8=[[1, 2, 3], [4, 5, 6]]), None, None, None, None),
    ("gemini", gemini(), None, None, None, None),
    ("gemini", gemini(usageMetadata={"promptTokenCount": 3, "promptTokensDetails": [{}]}), None, 3, 3, None),
    ("gemini", gemini(usageMetadata={"promptTokenCount": 3, "totalTokenCount": 4}), None, 3, 4, None),
    ("ollama", {"model": "n", "embeddings": [A, B], "total_duration": 1, "prompt_eval_count": 8}, None, 8, 8, "n"),
    ("ollama", {"model": "n", "embeddings": [A, B]}, None, None, None, "n"),  # zero never passes for free
]  # fmt: skip


@pytest.mark.parametrize(("provider", "body", "expected"), [(line[0], line[1], line[2:]) for line in READ])
def test_replies_are_read(
    provider: str, body: dict, expected: tuple[list[int] | None, int | None, int | None, str | None]
):
    setting = a_setting(a_call(provider, "m"))
    part = setting.adapter.decode(setting.call, reply(body))
    assert (part.indexes, part.prompt_tokens, part.total_tokens, part.model, part.estimated) == (*expected, False)
    assert play(setting, [reply(body)]).error is None
    assert vectors_of(setting) == [A, B]


BROKEN = [
    *(("openai", body) for body in (
        b"", b"[]", b"{}", b"null", b"<html>", {"data": None}, {"data": {}}, {"data": []}, {"data": [{}, {}]},
        {"data": ITEMS[:1]}, {"data": [A, B]}, {"data": [ITEMS[0], {"embedding": None, "index": 1}]},
        {"data": [ITEMS[0], {"embedding": B}]}, {"data": [ITEMS[0], {"embedding": B, "index": None}]},
        {"data": [{"embedding": A}, ITEMS[1]]},
        {"data": [ITEMS[0], {"embedding": B, "index": "1"}]}, {"data": [ITEMS[0], ITEMS[0]]},
        {"object": "error", "message": "overloaded"}, b'{"data": [{"embedding": [NaN]}]}', b'\xff{"data": []}',
        b'{"data": [], "model": "\xff"}', b'{"other": ' + b"[" * 9000 + b"]" * 9000 + b', "data": []}')),
    *(("cohere", body) for body in (
        {"embeddings": [A, B]}, {"embeddings": {}}, {"embeddings": {"float": None}}, {"embeddings": None}, {},
        cohere(float=[A]), cohere(float=A), {"message": "no"})),
    *(("gemini", body) for body in (
        {}, {"embeddings": [A, B]}, {"embeddings": [{"values": A}, {}]}, {"embedding": {"values": A}},
        {"embeddings": [{"values": A}]}, {"embeddings": [{"values": []}, {"values": B}]})),
    *(("ollama", body) for body in (
        {}, {"embeddings": None}, {"embeddings": []}, {"embeddings": [A]}, {"embedding": A}, {"error": "EOF"})),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "body"), BROKEN)
def test_a_200_of_another_shape_is_looked_at_twice_and_refused(provider: str, body: object):
    played = play(a_setting(a_call(provider, "m")), [reply(body)] * 2)
    assert (played.trace, type(played.error)) == ("go send go send", InvalidResponseError)
    assert (played.error.status_code, played.error.provider_name) == (200, provider)


def request_of(provider: str, model: str = "m", **given: Any) -> tuple[str, dict[str, Any]]:
    call = a_call(provider, model, **given)
    send = adapter_of(call).encode(call, a_batch())
    return send.url, json.loads(send.body)


GEMINI = "https://g.test"
AZURE = "https://r.openai.azure.com"
DATED = {"api_version": "2024-10-21"}
ADDRESSES = [
    ("gemini", "e-1", {"base": GEMINI}, f"{GEMINI}/v1/models/e-1:batchEmbedContents"),
    ("gemini", "models/e-1", {"base": GEMINI}, f"{GEMINI}/v1/models/e-1:batchEmbedContents"),
    ("gemini", "tunedModels/e-1", {"base": GEMINI + "/"}, f"{GEMINI}/v1/tunedModels/e-1:batchEmbedContents"),
    ("gemini", "e 1?x", {"base": GEMINI}, f"{GEMINI}/v1/models/e%201%3Fx:batchEmbedContents"),
    ("gemini", "e", {"base": GEMINI, "client": {"api_version": "v9"}}, f"{GEMINI}/v9/models/e:batchEmbedContents"),
    ("gemini", "e-1", {"base": GEMINI + "/v1"}, f"{GEMINI}/v1/models/e-1:batchEmbedContents"),
    *(("azureopenai", "dep", {"base": AZURE + end}, f"{AZURE}/openai/v1/embeddings")
      for end in ("", "/", "/openai", "/openai/", "/openai/v1", "/openai/v1/")),
    ("azureopenai", "my dep/ü", {"base": AZURE, "client": DATED},
     f"{AZURE}/openai/deployments/my%20dep%2F%C3%BC/embeddings?api-version=2024-10-21"),
    ("azureopenai", "m", {"base": AZURE, "client": {**DATED, "azure_deployment": "d"}, "query": {"a": "&"}},
     f"{AZURE}/openai/deployments/d/embeddings?api-version=2024-10-21&a=%26"),
    ("azureopenai", "m", {"base": AZURE, "client": DATED, "query": {"api-version": "2025-04-01"}},
     f"{AZURE}/openai/deployments/m/embeddings?api-version=2025-04-01"),
    ("azureopenai", "m", {"base": AZURE, "client": {"api_version": "v1"}}, f"{AZURE}/openai/v1/embeddings"),
    ("azureopenai", "m", {"base": AZURE, "client": {"api_version": "preview"}},
     f"{AZURE}/openai/v1/embeddings?api-version=preview"),
    ("cohere", "m", {"base": "https://c.test"}, "https://c.test/v2/embed"),
    ("cohere", "m", {"base": "https://c.test/v2/"}, "https://c.test/v2/embed"),
    ("cohere", "m", {"base": "https://c.test/proxy"}, "https://c.test/proxy/v2/embed"),
    ("mistral", "m", {"base": "https://c.test"}, "https://c.test/v1/embeddings"),
    ("mistral", "m", {"base": "https://c.test/v1"}, "https://c.test/v1/embeddings"),
    ("openai", "m", {"base": "https://c.test/v1/"}, "https://c.test/v1/embeddings"),
    ("openai", "m", {"base": "https://c.test"}, "https://c.test/embeddings"),
    ("ollama", "m", {"base": "host"}, "http://host:11434/api/embed"),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "model", "given", "url"), ADDRESSES)
def test_addresses(provider: str, model: str, given: dict[str, Any], url: str):
    assert request_of(provider, model, **given)[0] == url


def test_a_query_is_quoted():
    assert address(a_call(query={"a b": "ü&", "n": "1"}), "/e", {"v": "/"}).endswith("/e?v=%2F&a%20b=%C3%BC%26&n=1")


@pytest.mark.parametrize(
    ("model", "named"), [("e-1", "models/e-1"), ("models/e-1", "models/e-1"), ("tunedModels/e", "tunedModels/e")]
)
def test_gemini_has_one_request_a_text(model: str, named: str):
    _, body = request_of("gemini", model)
    assert body == {"requests": [{"model": named, "content": {"parts": [{"text": text}]}} for text in TEXTS]}


def test_azure_names_the_model_in_the_body_too():
    body = request_of("azureopenai", "m", client={**DATED, "azure_deployment": "dep"})[1]
    assert body == {"input": list(TEXTS), "model": "m", "encoding_format": "base64"}


def test_cohere_asks_for_floats_unless_told_otherwise():
    types = [request_of("cohere", extra=extra)[1]["embedding_types"] for extra in ({}, {"embedding_types": ["int8"]})]
    assert types == [["float"], ["int8"]]


HOSTS = [
    ("", "http://127.0.0.1:11434"),
    ("1.2.3.4", "http://1.2.3.4:11434"),
    (":5", "http://127.0.0.1:5"),
    ("http://h", "http://h:80"),
    ("https://h", "https://h:443"),
    ("https://h:8", "https://h:8"),
    ("h/path", "http://h:11434/path"),
    ("http://h/path/", "http://h:80/path"),
    ("[::1]", "http://[::1]:11434"),
    ("[::1]:5", "http://[::1]:5"),
]


@pytest.mark.parametrize(("host", "base"), HOSTS)
def test_ollamas_host_is_read_as_ollama_reads_it(host: str, base: str):
    assert base_address(host) == base


def test_the_fake_makes_the_same_unit_vectors_everywhere():
    call = a_call("fake", "m", dimensions=3)
    command = adapter_of(call).encode(call, a_batch(["a b", "a b", "ü"]))
    assert isinstance(command, Run)
    part: Part = adapter_of(call).decode(call, command.function())
    rows = [part.vectors.numbers(row).tolist() for row in range(3)]
    assert rows[0] == rows[1] != rows[2]
    assert [math.hypot(*row) for row in rows] == pytest.approx([1, 1, 1])
    assert (part.prompt_tokens, part.total_tokens, part.model, part.estimated) == (5, 5, "m", True)
    assert unit_vector("m\0a b", 3).tolist() == rows[0]
    assert unit_vector("m\0a b", 3).tolist() == pytest.approx(GOLDEN, rel=1e-6)


GOLDEN = [0.2747347950935364, -0.7814328074455261, 0.5602530837059021]

call = a_call()
SHOWN = [
    call,
    a_batch(),
    adapter_of(call).encode(a_call(headers={"a": KEY}, query={"key": KEY}), a_batch()),
    reply({"error": {"message": TEXTS[0], "key": KEY}}),
    Refusal(message=f"{TEXTS[0]} {KEY}"),
    Outcome(KEY, (MONOTONIC, WALL)),
    Outcome(reply({"error": KEY}), (MONOTONIC, WALL)),
    a_setting(call),
]


@pytest.mark.parametrize("noun", SHOWN, ids=lambda noun: type(noun).__name__)
def test_no_noun_shows_a_key_or_a_text(noun: object):
    shown = f"{noun!r} {noun}"
    assert KEY not in shown
    assert TEXTS[0] not in shown
