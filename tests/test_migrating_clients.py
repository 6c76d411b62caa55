"""Where keys, addresses and clients differ from any-llm's; one test a row of docs/migrating.md."""

from __future__ import annotations

import asyncio
import sys
import threading

import pytest

from any_llm import AnyLLM, InvalidRequestError, MissingApiKeyError, MissingPackageError, ProviderError, embedding
from any_llm.transport.network import CONNECT, Network
from interface_calls import KEY, SPOKEN, at
from loopback import Answer


def test_a_key_may_be_a_callable(loopback):
    server = loopback(SPOKEN["openai"].answer)
    embedding(**{**at(server), "api_key": lambda: "rotated"})
    assert server.requests[0].headers["authorization"] == "Bearer rotated"


def test_the_sdks_own_variables_are_read_too(loopback, monkeypatch):
    server = loopback(SPOKEN["cohere"].answer)
    monkeypatch.setenv("CO_API_KEY", "theirs")
    embedding(**{**at(server, "cohere"), "api_key": None})
    assert server.requests[0].headers["authorization"] == "Bearer theirs"


@pytest.mark.parametrize("provider", ["llamacpp", "vllm"])
def test_without_a_key_a_local_server_is_sent_none(provider, loopback):
    server = loopback(SPOKEN[provider].answer)
    embedding(**{**at(server, provider), "api_key": None})
    assert "authorization" not in server.requests[0].headers


def test_ollama_is_sent_the_key(loopback):
    server = loopback(SPOKEN["ollama"].answer)
    embedding(**at(server, "ollama"))
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("provider", ["cohere", "voyage"])
def test_cohere_and_voyage_take_an_address(provider, loopback):
    server = loopback(SPOKEN[provider].answer)
    embedding(**at(server, provider))
    assert len(server.requests) == 1


def test_a_compatible_servers_key_is_an_argument_only(loopback, monkeypatch):
    monkeypatch.setenv("OPENAI_COMPATIBLE_API_KEY", "not read")
    server = loopback(SPOKEN["openai"].answer)
    AnyLLM.create_openai_compatible("mine", server.url).embedding("m", "Hello")
    assert "authorization" not in server.requests[0].headers


@pytest.mark.parametrize(
    ("provider", "name"),
    [("openai", "http_client"), ("cohere", "httpx_client"), ("gemini", "http_options"), ("mistral", "retry_config")],
)
def test_a_client_option_of_an_sdk_alone_is_an_error(provider, name):
    with pytest.raises(InvalidRequestError, match=rf"{name}.*pass "):
        AnyLLM.create(provider, KEY, **{name: object()})


def test_every_client_takes_the_same_options():
    shared = {
        "timeout": 5,
        "max_retries": 1,
        "max_concurrency": 2,
        "rpm": 60,
        "tpm": 1000,
        "default_headers": {},
        "default_query": {},
    }
    for provider in AnyLLM.get_supported_providers():
        if provider != "local":  # it needs its extra
            AnyLLM.create(provider, KEY, "http://127.0.0.1:9", **shared, proxy="http://127.0.0.1:9", verify=True)


@pytest.mark.parametrize("options", [{"max_retries": -1}, {"timeout": 0}, {"organization": 3}], ids=str)
def test_a_wrong_value_is_an_invalid_request(options):
    with pytest.raises(InvalidRequestError):
        AnyLLM.create("openai", KEY, **options)


@pytest.mark.parametrize("provider", ["mistral", "openai"])
def test_two_retries_with_every_provider(provider, loopback):
    server = loopback(lambda _: Answer(503, json={}, headers={"retry-after": "0"}))
    with pytest.raises(ProviderError):
        embedding(**at(server, provider))
    assert len(server.requests) == 3


def test_a_read_may_take_a_minute():
    assert (Network().timeout, CONNECT) == (60, 10)


def test_connections_are_kept(loopback):
    server = loopback(SPOKEN["openai"].answer)
    for _ in range(5):
        embedding(**at(server))
    assert server.connections == 1


def test_a_client_can_be_closed(loopback):
    server = loopback(SPOKEN["openai"].answer)
    with AnyLLM.create("openai", KEY, server.url) as client:
        client.embedding("m", "Hello")
    client.close()

    async def later():
        async with AnyLLM.create("openai", KEY, server.url) as client:
            await client.aembedding("m", "Hello")
        await client.aclose()

    asyncio.run(later())
    assert len(server.requests) == 2


def test_a_sync_call_runs_where_it_is_made():
    before = set(threading.enumerate())
    assert embedding("fake:m", ["a", "b"]).provider == "fake"
    assert set(threading.enumerate()) == before
    loops = []
    with pytest.raises(ZeroDivisionError):
        embedding("openai:m", "Hello", api_key=lambda: loops.append(asyncio._get_running_loop()) or str(1 / 0))
    assert loops == [None]
    for asked in set(threading.enumerate()) - before:  # so that a deadline ends that wait too
        asked.join(10)
    assert set(threading.enumerate()) == before


def test_azure_without_a_key_asks_entra(monkeypatch):
    client = AnyLLM.create("azureopenai", api_base="https://a.test")
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential")
    with pytest.raises(MissingApiKeyError, match=r"AZURE_OPENAI_API_KEY.*Entra gave no token"):
        client.embedding("m", "Hello")
    monkeypatch.setitem(sys.modules, "azure.identity", None)
    with pytest.raises(MissingPackageError, match=r'pip install "omniembed\[azure\]", or give a key'):
        client.embedding("m", "Hello")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [({"api_key": KEY}, "AZURE_OPENAI_ENDPOINT"), ({"api_key": KEY, "azure_ad_token": "t"}, "azure_ad_token")],
    ids=["no address", "two credentials"],
)
def test_what_azure_lacks_or_has_twice_is_an_invalid_request(arguments, said):
    with pytest.raises(InvalidRequestError, match=said):
        AnyLLM.create("azureopenai", **arguments)
