"""Does Entra prove who asks Azure: by a credential of azure-identity, or its default one, kept and renewed in time?"""

from __future__ import annotations

import time
from typing import Any

import pytest
from azure.core.credentials import AccessToken, AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError
from azure.identity import CredentialUnavailableError, ManagedIdentityCredential

from any_llm import AnyLLM, AuthenticationError, InvalidRequestError, MissingApiKeyError
from any_llm.flow.memory import Memory
from any_llm.wire import TransportError
from by_hand import MONOTONIC, WALL, reply
from clouds_by_hand import COLOURS, converse_with, embed, nobodys_machine, setting_of, token_of
from loopback import Answer
from oracles import cloud_replies
from oracles.cloud_replies import example

BOTH = pytest.mark.parametrize("provider", ["azure", "azureopenai"])
SCOPES = {"azure": "https://ml.azure.com/.default", "azureopenai": "https://cognitiveservices.azure.com/.default"}
GOOD = reply(example("azure"))


@pytest.fixture(autouse=True)
def _nobodys_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    nobodys_machine(monkeypatch, tmp_path)


class Credential:
    """What azure-identity's are: it gives a token for scopes, or raises."""

    def __init__(self, *gives: AccessToken | Exception) -> None:
        """Give these in turn."""
        self.left = list(gives)
        self.scopes: list[tuple[str, ...]] = []

    def get_token(self, *scopes: str) -> AccessToken:
        """Give the next."""
        self.scopes.append(scopes)
        given = self.left.pop(0)
        if isinstance(given, Exception):
            raise given
        return given


class AsyncCredential(Credential):
    """As those of azure.identity.aio."""

    async def get_token(self, *scopes: str) -> AccessToken:  # type: ignore[override]
        """Give the next, when awaited."""
        return super().get_token(*scopes)


def asking(provider: str, memory: Memory | None = None, **client: Any) -> Any:
    """Set up a call with this credential."""
    return setting_of(provider, memory=memory, headers={}, client=client)


def token(word: str, seconds: float = 3600) -> AccessToken:
    """Make one that lasts so long from now."""
    return AccessToken(word, int(time.time() + seconds))


def proofs(server: Any) -> list[str]:
    return [request.headers["authorization"] for request in server.requests]


@BOTH
@COLOURS
@pytest.mark.parametrize("kind", [Credential, AsyncCredential])
def test_a_credential_gives_a_token_which_is_kept(provider, mode, kind, loopback):
    server, credential = loopback(cloud_replies.azure), kind(token("entra"))
    client = AnyLLM.create(provider, api_base=server.url, credential=credential)
    for _ in range(3):
        embed(client, mode, "m")
    assert proofs(server) == ["Bearer entra"] * 3
    assert credential.scopes == [(SCOPES[provider],)]
    assert "api-key" not in server.requests[0].headers


@BOTH
def test_a_token_is_fetched_anew_before_it_ends_and_once_on_a_401(provider):
    ends, memory = int(WALL) + 600, Memory()
    credential = Credential(AccessToken("1", ends), AccessToken("2", ends + 600), AccessToken("3", ends + 600))
    setting = asking(provider, memory, credential=credential)
    sent = [converse_with(setting, GOOD, at=at).sent[0] for at in (0, 539, 541)]
    told = converse_with(asking(provider, memory, credential=credential), reply({}, 401), GOOD, at=542)
    said = [each.headers["Authorization"] for each in (*sent, *told.sent)]
    assert said == ["Bearer 1", "Bearer 1", "Bearer 2", "Bearer 2", "Bearer 3"]
    assert told.error is None


@BOTH
def test_a_token_ends_when_it_says(provider):
    setting = asking(provider, credential=Credential(AccessToken("t", int(WALL) + 900)))
    assert token_of(setting).value.expires == MONOTONIC + 900


@BOTH
def test_scopes_are_the_callers_to_say(provider):
    credential = Credential(token("t"))
    token_of(asking(provider, credential=credential, credential_scopes=["https://elsewhere.test/.default", "b"]))
    assert credential.scopes == [("https://elsewhere.test/.default", "b")]


WRONG = [
    (ClientAuthenticationError("AADSTS7000215: Invalid client secret provided."), AuthenticationError, "AADSTS7000215"),
    (CredentialUnavailableError("Please run 'az login' to set up an account"), AuthenticationError, "az login"),
    (ValueError("a credential of one's own"), AuthenticationError, "one's own"),
]


@COLOURS
@pytest.mark.parametrize(("wrong", "kind", "words"), WRONG)
@pytest.mark.parametrize("made", [Credential, AsyncCredential])
def test_what_a_credential_says_is_told(wrong, kind, words, *, made, mode, loopback):
    server = loopback(cloud_replies.azure)
    client = AnyLLM.create("azure", api_base=server.url, credential=made(wrong))
    with pytest.raises(kind, match=words) as raised:
        embed(client, mode, "m")
    assert raised.value.__cause__ is wrong
    assert server.requests == []


@COLOURS
@pytest.mark.parametrize("made", [Credential, AsyncCredential])
def test_what_may_pass_is_tried_again(made, mode, loopback):
    server = loopback(cloud_replies.azure)
    credential = made(ServiceRequestError("no route"), token("t"))
    embed(AnyLLM.create("azure", api_base=server.url, credential=credential), mode, "m")
    assert proofs(server) == ["Bearer t"]


def test_what_may_pass_is_no_error_of_the_key():
    with pytest.raises(TransportError, match="ServiceRequestError"):
        token_of(asking("azure", credential=Credential(ServiceRequestError("no route"))))


WAYS = [
    # environment, client_args -> Authorization, api-key
    ({"key": "lies about"}, {"credential": Credential(*[token("entra")] * 2)}, "Bearer entra", None),
    ({"key": "lies about"}, {"azure_ad_token": "given"}, "Bearer given", None),
    ({"key": "lies about"}, {"azure_ad_token_provider": lambda: "called"}, "Bearer called", None),
    ({}, {"credential": AzureKeyCredential("wrapped")}, "Bearer wrapped", "wrapped"),
    ({"key": "lies about"}, {"credential": AzureKeyCredential("wrapped")}, "Bearer wrapped", "wrapped"),
]


@BOTH
@pytest.mark.parametrize(("environment", "given", "bearer", "key"), WAYS)
def test_the_ways_to_prove_it(provider, environment, given, bearer, *, key, loopback, monkeypatch):
    if environment:
        monkeypatch.setenv("AZURE_API_KEY" if provider == "azure" else "AZURE_OPENAI_API_KEY", environment["key"])
    server = loopback(cloud_replies.azure)
    embed(AnyLLM.create(provider, api_base=server.url, **given), "sync", "m")
    headers = server.requests[0].headers
    assert headers.get("api-key") == key
    assert headers.get("authorization") == (None if key and provider == "azureopenai" else bearer)


TWO = [
    {"api_key": "k", "credential": Credential()},
    {"api_key": "k", "azure_ad_token": "t"},
    {"azure_ad_token": "t", "credential": Credential()},
    {"api_key": "k", "credential": AzureKeyCredential("wrapped")},
]


@BOTH
@pytest.mark.parametrize("given", TWO, ids=" ".join)
def test_two_ways_are_one_too_many(provider, given):
    with pytest.raises(InvalidRequestError, match=r"pass one of api_key, .*azure_ad_token, .*credential"):
        AnyLLM.create(provider, api_base="https://a.test", **given)


# What Azure's own machines have: an identity of theirs, asked for over plain HTTP.


@pytest.fixture
def machine(loopback: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Serve a managed identity, as App Service does."""
    granted = {"access_token": "of-the-machine", "expires_on": str(int(time.time()) + 3600), "token_type": "Bearer"}
    server = loopback(lambda request: Answer(json={**granted, "resource": request.query["resource"]}))
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{server.url}/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", "of-app-service")
    return server


@BOTH
@COLOURS
def test_without_a_key_azures_default_credential_is_asked(provider, mode, machine, loopback, monkeypatch):
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "ManagedIdentityCredential")  # the one that needs no other program
    server = loopback(cloud_replies.azure)
    client = AnyLLM.create(provider, api_base=server.url)
    for _ in range(2):
        embed(client, mode, "m")
    assert proofs(server) == ["Bearer of-the-machine"] * 2
    assert [request.query["resource"] for request in machine.requests] == [SCOPES[provider].removesuffix("/.default")]
    assert machine.requests[0].headers["x-identity-header"] == "of-app-service"


def test_a_true_credential_does_as_ours_do(machine, loopback):
    server = loopback(cloud_replies.azure)
    with ManagedIdentityCredential() as credential:
        embed(AnyLLM.create("azure", api_base=server.url, credential=credential), "sync", "m")
    assert proofs(server) == ["Bearer of-the-machine"]
    assert len(machine.requests) == 1


@BOTH
def test_a_default_credential_that_finds_nothing_says_so_and_names_the_key(provider, loopback, monkeypatch):
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential")
    server = loopback(cloud_replies.azure)
    with pytest.raises(MissingApiKeyError) as raised:
        embed(AnyLLM.create(provider, api_base=server.url), "sync", "m")
    variable = "AZURE_API_KEY" if provider == "azure" else "AZURE_OPENAI_API_KEY"
    ways = f"No {provider} API key: pass api_key=... or set the environment variable {variable}."
    assert str(raised.value).startswith(f"[{provider}] {ways} Entra gave no token: ")
    assert "EnvironmentCredential" in str(raised.value)
    assert server.requests == []
