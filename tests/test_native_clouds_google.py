"""Are Google's credentials exchanged by its own library and kept, and is what is missing named, at every cloud?"""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.oauth2 import service_account
from google.oauth2.credentials import Credentials

from any_llm import AuthenticationError, InvalidRequestError, MissingApiKeyError, MissingPackageError
from any_llm.providers.auth import GOOGLE_SCOPE
from any_llm.wire import TransportError
from cloud_rows import client_of
from clouds_by_hand import COLOURS, embed, nobodys_machine, setting_of, token_of
from loopback import Answer
from oracles import cloud_replies

REGION = {"region_name": "eu-west-1"}


@pytest.fixture(autouse=True)
def _nobodys_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    nobodys_machine(monkeypatch, tmp_path)


NOTHING = [
    ("bedrock", {}, InvalidRequestError, "region_name.*AWS_REGION"),
    ("bedrock", REGION, MissingApiKeyError, "AWS_ACCESS_KEY_ID"),
    ("sagemaker", REGION, MissingApiKeyError, "AWS_ACCESS_KEY_ID"),
    ("bedrock", {**REGION, "profile_name": "nobody"}, AuthenticationError, "nobody"),
    ("bedrock", {**REGION, "aws_access_key_id": "AK"}, InvalidRequestError, "go together"),
    ("vertexai", {"project": "p"}, MissingApiKeyError, "GOOGLE_APPLICATION_CREDENTIALS"),
]


@COLOURS
@pytest.mark.parametrize(("provider", "given", "kind", "words"), NOTHING)
def test_what_is_missing_is_named(provider, given, kind, words, *, mode, loopback):
    server = loopback(lambda _: Answer(500))
    with pytest.raises(kind, match=words):
        embed(client_of(provider, api_base=server.url, **given), mode, "m")
    assert server.requests == []


@COLOURS
@pytest.mark.parametrize(
    ("provider", "module", "given", "extra"),
    [
        ("bedrock", "botocore.session", REGION, "aws"),
        ("sagemaker", "botocore.session", REGION, "aws"),
        ("vertexai", "google.auth.transport.requests", {"project": "p"}, "gcp"),
    ],
)
def test_a_package_that_is_missing_is_named(provider, module, given, extra, *, mode, loopback, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    server = loopback(lambda _: Answer(500))
    with pytest.raises(MissingPackageError, match=rf'pip install "omniembed\[{extra}\]"'):
        embed(client_of(provider, api_base=server.url, **given), mode, "m")
    assert server.requests == []


NEEDS_NOTHING = [
    ("bedrock", "titan v2", {"aws_access_key_id": "AK", "aws_secret_access_key": "s"}, None, "authorization", "AWS4"),
    ("bedrock", "titan v2", {}, "key", "authorization", "Bearer key"),
    ("bedrock", "titan v2", {}, lambda: "called", "authorization", "Bearer called"),
    ("vertexai", None, {}, "key", "x-goog-api-key", "key"),
    ("vertexai", None, {}, lambda: "called", "x-goog-api-key", "called"),
]


@COLOURS
@pytest.mark.parametrize(("provider", "family", "given", "key", "header", "value"), NEEDS_NOTHING)
def test_a_key_needs_no_extra(provider, family, given, key, *, header, value, mode, loopback, monkeypatch):
    for module in ("botocore", "botocore.session", "google.auth", "google.auth.transport.requests"):
        monkeypatch.setitem(sys.modules, module, None)
    server = loopback(cloud_replies.bedrock(family) if family else cloud_replies.vertex)
    region = REGION if provider == "bedrock" else {}
    embed(client_of(provider, key, server.url, **region, **given), mode, "m")
    assert server.requests[0].headers[header].startswith(value)


def test_a_key_that_is_refused_is_not_sent_again(loopback):
    server = loopback(lambda _: Answer(401, json={"message": "no"}))
    for provider, given in (("bedrock", REGION), ("vertexai", {})):
        with pytest.raises(AuthenticationError):
            embed(client_of(provider, "key", server.url, max_retries=0, **given), "sync", "m")
    assert len(server.requests) == 2


def account(loopback: Any, answers: list[Answer]) -> tuple[dict[str, str], Any]:
    """Make a service account whose tokens come from a server here."""
    server = loopback(lambda _: answers.pop(0))
    key = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    info = {"type": "service_account", "project_id": "q", "client_email": "me@q.test", "token_uri": server.url}
    return {**info, "private_key": key.decode(), "private_key_id": "1"}, server


GRANTED = Answer(json={"access_token": "from-google", "expires_in": 3600, "token_type": "Bearer"})


@COLOURS
def test_googles_credentials_are_exchanged_and_kept(mode, loopback, monkeypatch, tmp_path):
    info, exchange = account(loopback, [GRANTED])
    (tmp_path / "key.json").write_text(json.dumps(info))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "key.json"))
    server = loopback(cloud_replies.vertex)
    client = client_of("vertexai", api_base=server.url, project=f"p-{mode}", location="us-central1")
    for _ in range(2):
        embed(client, mode, "text-embedding-005")
    assert [request.headers["authorization"] for request in server.requests] == ["Bearer from-google"] * 2
    assert len(exchange.requests) == 1


def test_an_account_that_is_refused_is_an_error(loopback):
    info, _ = account(loopback, [Answer(400, json={"error": "invalid_grant", "error_description": "no such account"})])
    assert type(token_of(setting_with(info)).error) is AuthenticationError


def test_an_exchange_out_of_reach_is_tried_again_like_any_other(loopback):
    info, _ = account(loopback, [])
    with pytest.raises(TransportError, match="TransportError"):
        token_of(setting_with({**info, "token_uri": "http://127.0.0.1:9/"}))


def setting_with(info: dict[str, str]) -> Any:
    credentials = service_account.Credentials.from_service_account_info(info, scopes=[GOOGLE_SCOPE])
    return setting_of("vertexai", headers={}, client={"credentials": credentials, "project": "p"})


def test_the_account_that_pays_is_named_too():
    credentials = Credentials(token="tok", quota_project_id="payer")
    setting = setting_of("vertexai", headers={}, client={"credentials": credentials, "project": "p"})
    token = token_of(setting).value
    assert token.headers == {"authorization": "Bearer tok", "x-goog-user-project": "payer"}
    assert token.expires == 50_000.0 + 360
