"""Where an address comes from, and what it means: what that provider's own SDK means by it."""

from __future__ import annotations

import pytest

from any_llm import InvalidRequestError
from interface_calls import BOTH, EACH, KEY, SPOKEN, at, each_with_its_variables

BASES = {
    "azureopenai": ("AZURE_OPENAI_ENDPOINT",),
    "cohere": ("COHERE_BASE_URL", "CO_API_URL"),
    "gemini": ("GOOGLE_GEMINI_BASE_URL",),
    "llamacpp": ("LLAMACPP_API_BASE",),
    "mistral": ("MISTRAL_API_BASE",),
    "ollama": ("OLLAMA_HOST",),
    "openai": ("OPENAI_BASE_URL",),
    "openrouter": ("OPENROUTER_API_BASE",),
    "together": ("TOGETHER_API_BASE", "TOGETHER_BASE_URL"),
    "vllm": ("VLLM_API_BASE",),
    "voyage": ("VOYAGE_API_BASE",),
}
NOWHERE = "http://127.0.0.1:9/nobody"


@BOTH
@pytest.mark.parametrize(("provider", "variables"), list(each_with_its_variables(BASES)), ids=str)
@pytest.mark.parametrize("argument", [None, ""])
def test_the_address_is_the_first_variable_that_is_set(embed, provider, *, variables, argument, loopback, monkeypatch):
    server = loopback(SPOKEN[provider].answer)
    call = at(server, provider)
    for name, value in variables.items():
        monkeypatch.setenv(name, {"right": call["api_base"], "wrong": NOWHERE}.get(value, value))
    embed(**{**call, "api_base": argument})
    assert len(server.requests) == 1


@BOTH
@EACH
def test_the_address_given_comes_before_them_all(embed, provider, loopback, monkeypatch):
    server = loopback(SPOKEN[provider].answer)
    for name in BASES[provider]:
        monkeypatch.setenv(name, NOWHERE)
    embed(**at(server, provider))
    assert len(server.requests) == 1


@BOTH
@pytest.mark.parametrize("provider", ["azureopenai"])
def test_without_an_address_the_variable_is_named(embed, provider):
    with pytest.raises(InvalidRequestError, match=rf"api_base.*{BASES[provider][0]}"):
        embed("m", "Hello", provider=provider, api_key=KEY)


@BOTH
@pytest.mark.parametrize("address", ["no address", "ftp://127.0.0.1", "http://", "127.0.0.1:9", "http://a b/"])
def test_what_is_no_address_is_an_error_that_names_api_base(embed, address):
    with pytest.raises(InvalidRequestError, match="api_base"):
        embed("m", "Hello", provider="openai", api_key=KEY, api_base=address)
