"""Is what is missing named, at every cloud, and does a key do without the extra?"""

from __future__ import annotations

import sys
from typing import Any

import pytest

from any_llm import AnyLLM, AuthenticationError, InvalidRequestError, MissingApiKeyError, MissingPackageError
from clouds_by_hand import COLOURS, embed, nobodys_machine
from loopback import Answer
from oracles import cloud_replies

REGION = {"region_name": "eu-west-1"}
KEYS = {"aws_access_key_id": "AK", "aws_secret_access_key": "s"}
PROJECT = {"project": "p"}


@pytest.fixture(autouse=True)
def _nobodys_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    nobodys_machine(monkeypatch, tmp_path)


NOTHING = [
    # provider, client_args -> error, words
    ("bedrock", {}, MissingApiKeyError, "AWS_ACCESS_KEY_ID"),
    ("bedrock", KEYS, InvalidRequestError, "region_name.*AWS_REGION.*profile"),
    ("bedrock", REGION, MissingApiKeyError, "AWS_ACCESS_KEY_ID"),
    ("sagemaker", REGION, MissingApiKeyError, "AWS_ACCESS_KEY_ID"),
    ("bedrock", {**REGION, "profile_name": "nobody"}, AuthenticationError, "nobody"),
    ("bedrock", {**REGION, "aws_access_key_id": "AK"}, InvalidRequestError, "go together"),
    ("vertexai", PROJECT, MissingApiKeyError, "GOOGLE_APPLICATION_CREDENTIALS"),
    ("azure", {"credential": "word"}, InvalidRequestError, "has no get_token.*str"),
]


@COLOURS
@pytest.mark.parametrize(("provider", "given", "kind", "words"), NOTHING)
def test_what_is_missing_is_named(provider, given, kind, words, *, mode, loopback):
    server = loopback(lambda _: Answer(500))
    with pytest.raises(kind, match=words):
        embed(AnyLLM.create(provider, api_base=server.url, **given), mode, "m")
    assert server.requests == []


PACKAGES = [
    # provider, module, client_args -> what to install, and what does as well
    ("bedrock", "botocore.session", REGION, "aws", ", or give a key: api_key= or AWS_BEARER_TOKEN_BEDROCK"),
    ("bedrock", "botocore.session", {**REGION, **KEYS}, "aws", ""),
    ("sagemaker", "botocore.session", REGION, "aws", ""),
    ("vertexai", "google.auth", PROJECT, "gcp", ", or give a key: api_key= or GOOGLE_VERTEX_API_KEY"),
    ("azure", "azure.identity", {}, "azure", ", or give a key: api_key= or AZURE_API_KEY"),
    ("azureopenai", "azure.identity", {}, "azure", ", or give a key: api_key= or AZURE_OPENAI_API_KEY"),
]


@COLOURS
@pytest.mark.parametrize(("provider", "module", "given", "extra", "instead"), PACKAGES)
def test_a_package_that_is_missing_is_named(provider, module, given, extra, instead, *, mode, loopback, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    server = loopback(lambda _: Answer(500))
    with pytest.raises(MissingPackageError) as raised:
        embed(AnyLLM.create(provider, api_base=server.url, **given), mode, "m")
    assert str(raised.value) == (
        f'[{provider}] needs packages not installed: pip install "omniembed[{extra}]"{instead}'
    )
    assert raised.value.extra == extra
    assert server.requests == []


NEEDS_NOTHING = [
    # provider, how it answers, client_args, key -> header, its value
    ("bedrock", cloud_replies.bedrock("titan v2"), REGION, "key", "authorization", "Bearer key"),
    ("bedrock", cloud_replies.bedrock("titan v2"), REGION, lambda: "called", "authorization", "Bearer called"),
    ("vertexai", cloud_replies.vertex, {}, "key", "x-goog-api-key", "key"),
    ("vertexai", cloud_replies.vertex, {}, lambda: "called", "x-goog-api-key", "called"),
    ("azure", cloud_replies.azure, {}, "key", "api-key", "key"),
    ("azure", cloud_replies.azure, {}, lambda: "called", "authorization", "Bearer called"),
    ("azureopenai", cloud_replies.azure, {"azure_ad_token": "entra"}, None, "authorization", "Bearer entra"),
]


@COLOURS
@pytest.mark.parametrize(("provider", "answer", "given", "key", "header", "value"), NEEDS_NOTHING)
def test_a_key_needs_no_extra(provider, answer, given, key, *, header, value, mode, loopback, monkeypatch):
    for module in ("botocore", "botocore.session", "google.auth", "azure.identity"):
        monkeypatch.setitem(sys.modules, module, None)
    server = loopback(answer)
    embed(AnyLLM.create(provider, key, server.url, **given), mode, "m")
    assert server.requests[0].headers[header] == value


def test_a_region_nobody_names_is_asked_for_where_no_library_can_tell(loopback, monkeypatch):
    monkeypatch.setitem(sys.modules, "botocore.session", None)
    with pytest.raises(InvalidRequestError, match=r"region_name=.*the extra aws"):
        AnyLLM.create("bedrock", "key").embedding("amazon.titan-embed-text-v1", "a")


GATEWAYS = [("bedrock", REGION), ("vertexai", PROJECT), ("azureopenai", {}), ("azure", {})]


@pytest.mark.parametrize(("provider", "given"), GATEWAYS)
def test_a_header_of_the_callers_own_is_proof_enough(provider, given, loopback):
    answers = {"bedrock": cloud_replies.bedrock("titan v2"), "vertexai": cloud_replies.vertex}
    server = loopback(answers.get(provider, cloud_replies.azure))
    given = {**given, "default_headers": {"Authorization": "of a gateway"}}
    embed(AnyLLM.create(provider, api_base=server.url, **given), "sync", "m")
    assert server.requests[0].headers["authorization"] == "of a gateway"


@COLOURS
def test_a_callable_is_asked_for_each_request(mode, loopback):
    server, given = loopback(cloud_replies.bedrock("titan v2")), iter(["first", "second"])
    client = AnyLLM.create("bedrock", lambda: next(given), server.url, **REGION)
    for _ in range(2):
        embed(client, mode, "m")
    assert [request.headers["authorization"] for request in server.requests] == ["Bearer first", "Bearer second"]


def test_a_key_that_is_refused_is_not_sent_again(loopback):
    server = loopback(lambda _: Answer(401, json={"message": "no"}))
    for provider, given in (("bedrock", REGION), ("vertexai", {}), ("azure", {}), ("azureopenai", {})):
        with pytest.raises(AuthenticationError):
            embed(AnyLLM.create(provider, "key", server.url, max_retries=0, **given), "sync", "m")
    assert len(server.requests) == 4


@COLOURS
@pytest.mark.parametrize("provider", ["bedrock", "vertexai", "azureopenai"])
def test_a_callable_is_asked_once_more_when_its_key_is_refused(provider, mode, loopback):
    answers = {"bedrock": cloud_replies.bedrock("titan v2"), "vertexai": cloud_replies.vertex}
    good = answers.get(provider, cloud_replies.azure)
    server = loopback(lambda request: good(request) if "fresh" in str(request.headers) else Answer(401, json={}))
    given = iter(["stale", "fresh"])
    region = REGION if provider == "bedrock" else {}
    embed(AnyLLM.create(provider, lambda: next(given), server.url, max_retries=0, **region), mode, "m")
    assert len(server.requests) == 2
