"""Where a key comes from, and how each provider is sent it."""

from __future__ import annotations

import pytest

from any_llm import AnyLLM, InvalidRequestError, MissingApiKeyError
from interface_calls import BOTH, EACH, SPOKEN, at, each_with_its_variables
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
HEADERS = {"azureopenai": ("api-key", ""), "gemini": ("x-goog-api-key", "")}
KEYLESS = {"llamacpp", "ollama", "vllm"}
SIGNS_IN = {"azureopenai"}
"""Without a key, Entra is asked: test_native_clouds_entra.py."""


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
@pytest.mark.parametrize(
    ("provider", "variables", "options", "header", "value"),
    [
        ("openai", {"OPENAI_ORG_ID": "org"}, {}, "openai-organization", "org"),
        ("openai", {"OPENAI_PROJECT_ID": "proj"}, {}, "openai-project", "proj"),
        ("openai", {"OPENAI_ORG_ID": "org"}, {"client_args": {"organization": "mine"}}, "openai-organization", "mine"),
        ("azureopenai", {"AZURE_OPENAI_AD_TOKEN": "entra"}, {}, "authorization", "Bearer entra"),
        (
            "azureopenai",
            {"AZURE_OPENAI_AD_TOKEN": "entra", "AZURE_OPENAI_API_KEY": "k"},
            {},
            "authorization",
            "Bearer entra",
        ),
        ("azureopenai", {"AZURE_OPENAI_AD_TOKEN": "entra"}, {"api_key": "k"}, "api-key", "k"),
        ("azureopenai", {"AZURE_OPENAI_AD_TOKEN": "", "AZURE_OPENAI_API_KEY": "k"}, {}, "api-key", "k"),
    ],
    ids=str,
)
def test_the_other_variables_its_sdk_reads(
    embed, provider, *, variables, options, header, value, loopback, monkeypatch
):
    server = loopback(SPOKEN[provider].answer)
    for name, word in variables.items():
        monkeypatch.setenv(name, word)
    key = {"api_key": None} if provider == "azureopenai" else {}
    embed(**{**at(server, provider), **key, **options})
    assert server.requests[0].headers[header] == value


@BOTH
def test_a_variable_that_changes_is_used_at_once(embed, loopback, monkeypatch):
    server = loopback(SPOKEN["openai"].answer)
    for value in ("old", "new"):
        monkeypatch.setenv("OPENAI_API_KEY", value)
        embed(**{**at(server), "api_key": None})
    assert [key_of(request, "openai") for request in server.requests] == ["old", "new"]


@BOTH
@pytest.mark.parametrize("provider", sorted(KEYS.keys() - KEYLESS - SIGNS_IN))
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
    with pytest.raises(InvalidRequestError, match=r"(?i)api.key") as caught:
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
@pytest.mark.parametrize(
    ("source", "sent"), [(lambda: "called", "called"), (tomorrow, "awaited")], ids=["sync", "async"]
)
def test_a_key_may_be_a_callable_or_an_async_one(embed, provider, source, sent, loopback):
    server = loopback(SPOKEN[provider].answer)
    embed(**{**at(server, provider), "api_key": source})
    # Azure reads an Entra token, which is what a callable gives there, as a bearer's.
    assert server.requests[0].headers["x-goog-api-key" if provider == "gemini" else "authorization"].endswith(sent)


@BOTH
def test_a_callable_is_asked_for_each_request(embed, loopback):
    server = loopback(SPOKEN["openai"].answer)
    embed(
        **{**at(server), "api_key": Rotating(), "inputs": ["a", "b"]}, batch_size=1, client_args={"max_concurrency": 1}
    )
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
