"""AnyLLM: the reusable client, its registry, and the pool the module functions share."""

from __future__ import annotations

import asyncio

import pytest

import any_llm
from any_llm import AnyLLM, InvalidRequestError, LLMProvider, MissingApiKeyError, UnsupportedProviderError, shared
from any_llm.types.provider import ProviderMetadata
from interface_calls import BOTH, EACH, KEY, SPOKEN, at, texts_of

# Held against an SDK, or run here; the others are in tests/test_rows.py.
SUPPORTED = [
    *("azureopenai", "cohere", "fake", "gemini", "llamacpp", "local", "mistral", "ollama", "openai", "openrouter"),
    *("together", "vllm", "voyage"),
]
WITHOUT = ["anthropic", "groq"]


def through_client(client, *arguments, mode, **options):
    if mode == "sync":
        return client.embedding(*arguments, **options)

    async def once():
        async with client:
            return await client.aembedding(*arguments, **options)

    return asyncio.run(once())


MODE = pytest.mark.parametrize("mode", ["sync", "async"])


@MODE
@EACH
def test_a_client_embeds_as_the_function_does(mode, provider, loopback):
    server = loopback(SPOKEN[provider].answer)
    call = at(server, provider)
    client = AnyLLM.create(provider, api_key=KEY, api_base=call["api_base"])
    result = through_client(client, call["model"], ["a", "b"], mode=mode, batch_size=1)
    assert result == any_llm.embedding(**{**call, "inputs": ["a", "b"]}, batch_size=1)
    assert sorted(text for request in server.requests for text in texts_of(request)) == ["a", "a", "b", "b"]
    assert {request.headers.get("authorization") for request in server.requests} <= {f"Bearer {KEY}", None}


@pytest.mark.parametrize("provider", ["openai", "OpenAI", LLMProvider.OPENAI])
def test_a_client_is_made_by_name_or_member(provider, loopback):
    server = loopback(SPOKEN["openai"].answer)
    with AnyLLM.create(provider, KEY, server.url, default_headers={"X-A": "b"}) as client:
        client.embedding("m", "Hello")
    assert (server.requests[0].path, server.requests[0].headers["x-a"]) == ("/embeddings", "b")


def test_a_client_can_be_used_after_with_and_close(loopback):
    server = loopback(SPOKEN["openai"].answer)
    client = AnyLLM.create("openai", KEY, server.url)
    with client as entered:
        assert entered is client
        client.embedding("m", "a")
        client.embedding("m", "b")
    client.embedding("m", "c")
    client.close()
    client.close()
    client.embedding("m", "d")
    client.close()
    assert [request.connection for request in server.requests] == [0, 0, 1, 2]


async def test_a_client_can_be_used_after_async_with_and_aclose(loopback):
    server = loopback(SPOKEN["openai"].answer)
    client = AnyLLM.create("openai", KEY, server.url)
    async with client as entered:
        assert entered is client
        await client.aembedding("m", "a")
        await client.aembedding("m", "b")
    await client.aembedding("m", "c")
    await client.aclose()
    await client.aclose()
    await client.aembedding("m", "d")
    await client.aclose()
    assert [request.connection for request in server.requests] == [0, 0, 1, 2]


@pytest.mark.parametrize("count", [100])
def test_the_functions_keep_their_connection(count, loopback):
    server = loopback(SPOKEN["openai"].answer)
    for _ in range(count):
        any_llm.embedding(**at(server))
    assert (len(server.requests), server.connections) == (count, 1)


@pytest.mark.parametrize("count", [100])
async def test_the_async_functions_keep_theirs_within_a_loop(count, loopback):
    server = loopback(SPOKEN["openai"].answer)
    for _ in range(count):
        await any_llm.aembedding(**at(server))
    assert (len(server.requests), server.connections) == (count, 1)


@BOTH
@pytest.mark.parametrize(
    "other",
    [
        {"api_key": "another key"},
        {"client_args": {"default_headers": {"X-A": "b"}}},
        {"client_args": {"max_retries": 0}},
        {"client_args": {"organization": "org-1"}},
    ],
    ids=str,
)
def test_another_key_or_option_is_another_client(embed, other, loopback):
    server = loopback(SPOKEN["openai"].answer)
    embed(**at(server))
    embed(**{**at(server), **other})
    embed(**at(server))
    first, second, third = server.requests
    assert first.headers == third.headers
    assert second.connection != first.connection


def test_the_pool_is_bounded(loopback):
    server = loopback(SPOKEN["openai"].answer)
    for number in range(shared.CAPACITY + 5):
        any_llm.embedding(**{**at(server), "api_key": f"key-{number}"})
    assert len(shared._clients) == shared.CAPACITY


async def test_the_sync_function_works_inside_a_running_loop(loopback):
    server = loopback(SPOKEN["openai"].answer)
    for allow in (True, False):
        assert any_llm.embedding(**at(server), allow_running_loop=allow).provider == "openai"


def test_a_client_and_what_it_makes_show_no_key():
    client = AnyLLM.create("openai", "sk-secret", default_headers={"Authorization": "Bearer sk-other"})
    assert repr(client).startswith("AnyLLM('openai'")
    assert "sk-" not in f"{client!r} {vars(client)!r}"


def test_the_class_itself_is_no_client():
    with pytest.raises(TypeError, match=r"AnyLLM\.create"):
        AnyLLM()


def test_a_client_checks_what_it_is_given():
    with pytest.raises(MissingApiKeyError, match="OPENAI_API_KEY"):
        AnyLLM.create("openai")
    with pytest.raises(UnsupportedProviderError, match="openai"):
        AnyLLM.create("opneai")


def test_get_supported_providers():
    names = AnyLLM.get_supported_providers()
    assert names == sorted(set(names))
    assert set(SUPPORTED) <= set(names)
    assert set(WITHOUT).isdisjoint(names)


def test_get_all_provider_metadata():
    every = AnyLLM.get_all_provider_metadata()
    assert [one.name for one in every] == [provider.value for provider in LLMProvider]
    assert [one.name for one in every if one.embedding] == AnyLLM.get_supported_providers()
    assert set(WITHOUT) <= {one.name for one in every if not one.embedding}
    assert {type(one) for one in every} == {ProviderMetadata}


@pytest.mark.parametrize("provider", ["openai", "OpenAI", LLMProvider.OPENAI, "anthropic", "fake"])
def test_get_provider_metadata_and_class(provider):
    metadata = AnyLLM.get_provider_metadata(provider)
    assert metadata == AnyLLM.get_provider_class(provider).get_provider_metadata()
    assert metadata in AnyLLM.get_all_provider_metadata()
    assert metadata.name == provider.lower()
    assert issubclass(AnyLLM.get_provider_class(provider), AnyLLM)
    assert AnyLLM.get_provider_class(provider).__name__ == metadata.class_name


@pytest.mark.parametrize("method", [AnyLLM.get_provider_metadata, AnyLLM.get_provider_class, AnyLLM.create])
def test_an_unknown_name_is_told_its_near_names(method):
    with pytest.raises(UnsupportedProviderError, match="Did you mean openai"):
        method("opneai")


@MODE
@pytest.mark.parametrize(("key", "header"), [(None, None), ("", None), ("k", "Bearer k"), (lambda: "k", "Bearer k")])
def test_any_server_that_speaks_as_openai_does(mode, key, header, loopback, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "not for you")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9")
    server = loopback(SPOKEN["openai"].answer)
    client = AnyLLM.create_openai_compatible("Our Gateway", f"{server.url}/v3", key, default_headers={"X-A": "b"})
    result = through_client(client, "any/model:it", ["a", "b"], mode=mode, dimensions=4, user="someone")
    (request,) = server.requests
    assert (request.path, request.headers.get("authorization"), request.headers["x-a"]) == (
        "/v3/embeddings",
        header,
        "b",
    )
    sent = [request.json[name] for name in ("model", "input", "dimensions", "user")]
    assert sent == ["any/model:it", ["a", "b"], 4, "someone"]
    assert (result.provider, result.to_numpy().shape) == ("Our Gateway", (2, 4))
    assert client.get_provider_metadata().name == "Our Gateway"


@pytest.mark.parametrize(("name", "address"), [("", "http://127.0.0.1:9"), (" ", "http://127.0.0.1:9"), ("mine", "")])
def test_a_server_needs_a_name_and_an_address(name, address):
    with pytest.raises(InvalidRequestError, match=r"name|api_base"):
        AnyLLM.create_openai_compatible(name, address)


def test_an_error_of_such_a_server_names_it(loopback):
    with pytest.raises(InvalidRequestError, match=r"^\[mine\] unknown client option"):
        AnyLLM.create_openai_compatible("mine", "http://127.0.0.1:9", http_client=1)
