"""Where a key and an address come from, and how each provider is sent them."""

from __future__ import annotations

import itertools

import pytest

from any_llm import AnyLLM, InvalidRequestError, MissingApiKeyError
from interface_calls import BOTH, EACH, KEY, SPOKEN, at
from loopback import Answer

KEYS = {
    "azureopenai": ("AZURE_OPENAI_API_KEY",),
    "cohere": ("COHERE_API_KEY", "CO_API_KEY"),
    "gemini": ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    "llamacpp": ("LLAMACPP_API_KEY",),
    "mistral": ("MISTRAL_API_KEY",),
    "ollama": ("OLLAMA_API_KEY",),
    "openai": ("OPENAI_API_KEY",),
    "openrouter": ("OPENROUTER_API_KEY",),
    "together": ("TOGETHER_API_KEY",),
    "vllm": ("VLLM_API_KEY",),
    "voyage": ("VOYAGE_API_KEY",),
}
"""any-llm's name first, then the SDK's own."""
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
HEADERS = {"azureopenai": ("api-key", ""), "gemini": ("x-goog-api-key", "")}
KEYLESS = {"llamacpp", "ollama", "vllm"}
NOWHERE = "http://127.0.0.1:9/nobody"


def each_with_its_variables(table):
    """Each variable alone, and each before every later one."""
    for provider, names in table.items():
        for name in names:
            yield provider, {name: "right"}
        for first, second in itertools.combinations(names, 2):
            yield provider, {first: "right", second: "wrong"}
            yield provider, {first: "", second: "right"}


def key_of(request, provider):
    name, before = HEADERS.get(provider, ("authorization", "Bearer "))
    return request.headers[name].removeprefix(before) if name in request.headers else None


@BOTH
@pytest.mark.parametrize(("provider", "variables"), list(each_with_its_variables(KEYS)), ids=str)
def test_the_key_is_the_first_variable_that_is_set(embed, provider, variables, loopback, monkeypatch):
    server = loopback(SPOKEN[provider].answer)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    embed(**{**at(server, provider), "api_key": None})
    assert key_of(server.requests[0], provider) == "right"


@BOTH
@EACH
@pytest.mark.parametrize("argument", [None, ""])
def test_the_argument_comes_before_them_all_unless_it_is_empty(embed, provider, argument, loopback, monkeypatch):
    server = loopback(SPOKEN[provider].answer)
    for name in KEYS[provider]:
        monkeypatch.setenv(name, "variable")
    embed(**{**at(server, provider), "api_key": argument})
    embed(**{**at(server, provider), "api_key": "argument"})
    assert [key_of(request, provider) for request in server.requests] == ["variable", "argument"]


@BOTH
def test_a_variable_that_changes_is_used_at_once(embed, loopback, monkeypatch):
    server = loopback(SPOKEN["openai"].answer)
    for value in ("old", "new"):
        monkeypatch.setenv("OPENAI_API_KEY", value)
        embed(**{**at(server), "api_key": None})
    assert [key_of(request, "openai") for request in server.requests] == ["old", "new"]


@BOTH
@pytest.mark.parametrize("provider", sorted(KEYS.keys() - KEYLESS))
@pytest.mark.parametrize("inputs", ["Hello", []], ids=["a text", "no inputs"])
def test_a_missing_key_names_the_variables(embed, provider, inputs, loopback, monkeypatch):
    server = loopback(SPOKEN[provider].answer)
    for name in KEYS[provider]:
        monkeypatch.setenv(name, "")
    with pytest.raises(MissingApiKeyError) as caught:
        embed(**{**at(server, provider), "api_key": None, "inputs": inputs})
    assert all(name in str(caught.value) for name in KEYS[provider])
    assert caught.value.env_var_name == "/".join(KEYS[provider])
    assert caught.value.provider_name == provider
    assert server.requests == []
    with pytest.raises(MissingApiKeyError):
        AnyLLM.create(provider)


@BOTH
@pytest.mark.parametrize("provider", sorted(KEYLESS))
def test_a_local_server_needs_none(embed, provider, loopback):
    server = loopback(SPOKEN[provider].answer)
    embed(**{**at(server, provider), "api_key": None})
    assert key_of(server.requests[0], provider) is None


@BOTH
def test_what_runs_in_this_process_needs_none(embed):
    assert len(embed("fake:m", "Hello").data) == 1


@BOTH
@pytest.mark.parametrize(
    "key",
    [" ", "two\nlines", "käse", "nul\0", b"bytes", 3, ["k"]],
    ids=["blank", "two lines", "not ASCII", "a control", "bytes", "a number", "a list"],
)
def test_what_no_header_carries_is_refused_and_not_shown(embed, key, loopback):
    server = loopback(SPOKEN["openai"].answer)
    with pytest.raises(InvalidRequestError, match="(?i)api.key") as caught:
        embed(**{**at(server), "api_key": key})
    assert str(key).strip() not in str(caught.value) or not str(key).strip()
    assert server.requests == []


async def tomorrow():
    return "awaited"


class Rotating:
    """A callable that gives another key each time it is asked."""

    def __init__(self):
        self.asked = 0

    def __call__(self):
        self.asked += 1
        return f"key-{self.asked}"


@BOTH
@EACH
@pytest.mark.parametrize(("source", "sent"), [(lambda: "called", "called"), (tomorrow, "awaited")], ids=["sync", "async"])
def test_a_key_may_be_a_callable_or_an_async_one(embed, provider, source, sent, loopback):
    server = loopback(SPOKEN[provider].answer)
    embed(**{**at(server, provider), "api_key": source})
    # Azure reads an Entra token, which is what a callable gives there, as a bearer's.
    assert server.requests[0].headers["x-goog-api-key" if provider == "gemini" else "authorization"].endswith(sent)


@BOTH
def test_a_callable_is_asked_for_each_request(embed, loopback):
    server = loopback(SPOKEN["openai"].answer)
    embed(**{**at(server), "api_key": Rotating(), "inputs": ["a", "b"]}, batch_size=1, client_args={"max_concurrency": 1})
    assert [key_of(request, "openai") for request in server.requests] == ["key-1", "key-2"]


@BOTH
def test_a_callable_is_asked_once_more_when_its_key_is_refused(embed, loopback):
    def answer(request):
        return SPOKEN["openai"].answer(request) if key_of(request, "openai") == "key-2" else Answer(401, json={})

    server = loopback(answer)
    embed(**{**at(server), "api_key": Rotating()})
    assert len(server.requests) == 2


@BOTH
@pytest.mark.parametrize("given", ["", " ", "two\nlines", None, b"k"], ids=repr)
def test_what_a_callable_gives_is_checked_too(embed, given, loopback):
    server = loopback(SPOKEN["openai"].answer)
    with pytest.raises(InvalidRequestError, match="key"):
        embed(**{**at(server), "api_key": lambda: given})
    assert server.requests == []


@BOTH
def test_an_error_of_the_callable_is_the_callers_own(embed, loopback):
    server = loopback(SPOKEN["openai"].answer)
    with pytest.raises(ZeroDivisionError):
        embed(**{**at(server), "api_key": lambda: 1 / 0})
    assert server.requests == []


@BOTH
@pytest.mark.parametrize(("provider", "variables"), list(each_with_its_variables(BASES)), ids=str)
@pytest.mark.parametrize("argument", [None, ""])
def test_the_address_is_the_first_variable_that_is_set(embed, provider, variables, argument, loopback, monkeypatch):
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
