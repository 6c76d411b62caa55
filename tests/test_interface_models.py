"""Which provider and which model a call means."""

from __future__ import annotations

import warnings

import pytest

import any_llm
from any_llm import AnyLLM, AnyLLMError, InvalidModelError, LLMProvider, UnsupportedProviderError
from interface_calls import BOTH, KEY, SPOKEN, at

SPLIT = [
    ("openai:text-embedding-3-small", "openai", "text-embedding-3-small"),
    ("ollama:nomic-embed-text:v1.5", "ollama", "nomic-embed-text:v1.5"),
    ("together:BAAI/bge-base-en-v1.5", "together", "BAAI/bge-base-en-v1.5"),
    ("openrouter:qwen/qwen3-embedding-8b:free", "openrouter", "qwen/qwen3-embedding-8b:free"),
    ("OpenAI:m", "openai", "m"),
    (" openai :m", "openai", "m"),
]
OLD = [
    ("openai/text-embedding-3-small", "openai", "text-embedding-3-small"),
    ("ollama/nomic-embed-text:v1.5", "ollama", "nomic-embed-text:v1.5"),
    ("together/BAAI/bge-base-en-v1.5", "together", "BAAI/bge-base-en-v1.5"),
    ("openrouter/qwen/qwen3:free", "openrouter", "qwen/qwen3:free"),
]


def addressed(server, provider):
    return {"inputs": "Hello", "api_key": KEY, "api_base": server.url + SPOKEN[provider].base}


@BOTH
@pytest.mark.parametrize(("model", "provider", "name"), SPLIT)
def test_a_colon_names_the_provider(embed, model, provider, name, loopback):
    server = loopback(SPOKEN[provider].answer)
    result = embed(model=model, **addressed(server, provider))
    assert (result.provider, server.requests[0].json["model"]) == (provider, name)


@BOTH
@pytest.mark.parametrize(("model", "provider", "name"), OLD)
def test_a_slash_does_too_with_a_warning(embed, model, provider, name, loopback):
    server = loopback(SPOKEN[provider].answer)
    with pytest.warns(DeprecationWarning, match=rf"write {provider}:{name}"):
        result = embed(model=model, **addressed(server, provider))
    assert (result.provider, server.requests[0].json["model"]) == (provider, name)


@pytest.mark.parametrize(("model", "provider", "name"), [*SPLIT, *OLD])
def test_split_model_provider_gives_the_two(model, provider, name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        split = AnyLLM.split_model_provider(model)
    assert split == (provider, name)
    assert type(split[0]) is LLMProvider


def test_the_warning_points_at_the_caller_of_embedding():
    with pytest.warns(DeprecationWarning, match=r"fake:m") as caught:
        any_llm.embedding("fake/m", "Hello")
    assert [warning.filename for warning in caught] == [__file__]


async def test_the_warning_points_at_the_caller_of_aembedding():
    with pytest.warns(DeprecationWarning, match=r"fake:m") as caught:
        await any_llm.aembedding("fake/m", "Hello")
    assert [warning.filename for warning in caught] == [__file__]


def test_the_warning_points_at_the_caller_of_split_model_provider():
    with pytest.warns(DeprecationWarning, match=r"fake:m") as caught:
        AnyLLM.split_model_provider("fake/m")
    assert [warning.filename for warning in caught] == [__file__]


@BOTH
@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("ollama", "nomic-embed-text:v1.5"),
        ("together", "BAAI/bge-base-en-v1.5"),
        ("openai", "openai:text-embedding-3-small"),
        ("openai", "openai/text-embedding-3-small"),
        ("vllm", "anthropic:none/such"),
        (LLMProvider.OPENAI, "m"),
        ("OPENAI", "m"),
    ],
)
def test_with_a_provider_nothing_is_split(embed, provider, model, loopback):
    name = provider.lower()
    server = loopback(SPOKEN[name].answer)
    result = embed(model, provider=provider, **addressed(server, name))
    assert (result.provider, server.requests[0].json["model"]) == (name, model)


@BOTH
@pytest.mark.parametrize("model", ["text-embedding-3-small", "", ":", "/", "openai:", ":m", "/m", "openai/", None, 3])
def test_what_names_no_provider_is_a_value_error(embed, model):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        with pytest.raises(InvalidModelError) as caught:
            embed(model, "Hello")
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, AnyLLMError)


@BOTH
@pytest.mark.parametrize("model", ["", None, 3, ["m"]])
def test_a_provider_without_a_model_is_a_value_error(embed, model, loopback):
    server = loopback(SPOKEN["openai"].answer)
    with pytest.raises(ValueError, match="model"):
        embed(**{**at(server), "model": model})
    assert server.requests == []


@BOTH
@pytest.mark.parametrize(
    ("call", "near"),
    [
        ({"model": "m", "provider": "opneai"}, "openai"),
        ({"model": "m", "provider": "OpenAi2"}, "openai"),
        ({"model": "gemni:m"}, "gemini"),
        ({"model": "m", "provider": "openruter"}, "openrouter"),
    ],
    ids=str,
)
def test_an_unknown_provider_is_told_its_near_names(embed, call, near):
    with pytest.raises(UnsupportedProviderError, match=rf"Did you mean .*{near}") as caught:
        embed(inputs="Hello", **call)
    assert caught.value.provider_key == (call.get("provider") or "gemni")
    assert near in caught.value.supported_providers


@BOTH
@pytest.mark.parametrize("provider", ["", "a provider of mine", "nobody/x", 3, None])
def test_a_provider_like_none_is_told_them_all(embed, provider):
    call = {"model": "m", "provider": provider} if provider is not None else {"model": "zzz:m"}
    with pytest.raises(UnsupportedProviderError, match=r"Supported: .*openai, .*voyage") as caught:
        embed(inputs="Hello", **call)
    assert "Did you mean" not in str(caught.value)


@BOTH
@pytest.mark.parametrize("provider", ["anthropic", "groq"])
@pytest.mark.parametrize("key", [None, "k"])
def test_a_provider_without_embeddings_says_so(embed, provider, key):
    with pytest.raises(NotImplementedError, match=rf"{provider} makes no embeddings.*openai") as caught:
        embed("m", "Hello", provider=provider, api_key=key)
    assert isinstance(caught.value, AnyLLMError)
    assert caught.value.provider_name == provider


def test_a_client_of_a_provider_without_embeddings_says_so_too():
    with pytest.raises(NotImplementedError, match="anthropic makes no embeddings"):
        AnyLLM.create("anthropic", api_key="k")
