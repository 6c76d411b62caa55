"""What a client is set up with: the same options with every provider, and those of its own SDK."""

from __future__ import annotations

import threading

import pytest

from any_llm import AnyLLM, InvalidRequestError, ProviderError, ProviderTimeoutError
from interface_calls import BOTH, EACH, KEY, SPOKEN, at
from loopback import Answer, Raw

SILENT = Raw(lambda connection: connection.wait(30))


@BOTH
@pytest.mark.parametrize(
    ("provider", "client_args", "header", "value"),
    [
        *((provider, {"default_headers": {"X-Team": "search"}}, "x-team", "search") for provider in SPOKEN),
        ("openai", {"organization": "org-1"}, "openai-organization", "org-1"),
        ("openai", {"project": "proj-1"}, "openai-project", "proj-1"),
        ("cohere", {"client_name": "search"}, "x-client-name", "search"),
        ("openrouter", {"http_referer": "https://a.example"}, "http-referer", "https://a.example"),
        ("openrouter", {"x_open_router_title": "Search"}, "x-openrouter-title", "Search"),
        ("ollama", {"headers": {"X-Team": "search"}}, "x-team", "search"),
        ("azureopenai", {"azure_ad_token": "entra"}, "authorization", "Bearer entra"),
        ("azureopenai", {"azure_ad_token_provider": lambda: "entra"}, "authorization", "Bearer entra"),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, dict) else value,
)
def test_options_that_are_headers(embed, provider, *, client_args, header, value, loopback):
    server = loopback(SPOKEN[provider].answer)
    call = at(server, provider)
    if any("azure_ad" in name for name in client_args):
        del call["api_key"]
    embed(**call, client_args=client_args)
    assert server.requests[0].headers[header] == value


@BOTH
@pytest.mark.parametrize(
    ("provider", "client_args", "path", "query"),
    [
        *((provider, {"default_query": {"a": "b c&d"}}, None, {"a": "b c&d"}) for provider in SPOKEN),
        ("azureopenai", {}, "/openai/v1/embeddings", {}),
        ("azureopenai", {"api_version": "v1"}, "/openai/v1/embeddings", {}),
        (
            "azureopenai",
            {"api_version": "2024-10-21"},
            "/openai/deployments/a%20deployment/embeddings",
            {"api-version": "2024-10-21"},
        ),
        (
            "azureopenai",
            {"api_version": "2024-10-21", "azure_deployment": "other"},
            "/openai/deployments/other/embeddings",
            {"api-version": "2024-10-21"},
        ),
        ("gemini", {"api_version": "v1beta"}, "/v1beta/models/gemini-embedding-001:batchEmbedContents", {}),
    ],
    ids=str,
)
def test_options_that_are_part_of_the_address(embed, provider, *, client_args, path, query, loopback):
    server = loopback(SPOKEN[provider].answer)
    embed(**at(server, provider), client_args=client_args)
    (request,) = server.requests
    assert request.query == query
    assert path is None or request.path == path


@BOTH
@pytest.mark.parametrize(
    ("provider", "name"),
    [("openai", "base_url"), ("mistral", "server_url"), ("azureopenai", "azure_endpoint"), ("ollama", "host")],
)
def test_the_sdks_name_for_the_address_is_understood(embed, provider, name, loopback):
    server = loopback(SPOKEN[provider].answer)
    call = at(server, provider)
    embed(**call, client_args={name: call.pop("api_base")})
    assert len(server.requests) == 1


@BOTH
@EACH
def test_extras_are_for_one_call_and_beat_the_clients(embed, provider, loopback):
    server = loopback(SPOKEN[provider].answer)
    defaults = {"default_headers": {"X-A": "client", "X-B": "client"}, "default_query": {"a": "client", "b": "client"}}
    call = {**at(server, provider), "client_args": defaults}
    embed(**call, extra_headers={"x-a": "call"}, extra_query={"a": 1}, extra_body={"own": ["x"]})
    embed(**call)
    seen = [
        (one.headers["x-a"], one.headers["x-b"], one.query, one.body.count(b'"own":["x"]')) for one in server.requests
    ]
    assert seen == [
        ("call", "client", {"a": "1", "b": "client"}, 1),
        ("client", "client", {"a": "client", "b": "client"}, 0),
    ]


@BOTH
@EACH
def test_an_extra_header_may_replace_the_key(embed, provider, loopback):
    server = loopback(SPOKEN[provider].answer)
    name = {"azureopenai": "api-key", "gemini": "x-goog-api-key"}.get(provider, "authorization")
    embed(**at(server, provider), extra_headers={name.title(): "another"})
    assert server.requests[0].headers[name] == "another"
    assert KEY not in str(server.requests[0].headers)


@BOTH
@pytest.mark.parametrize(("given", "sent"), [({"max_retries": 0}, 1), ({"max_retries": 1}, 2), ({}, 3)], ids=str)
def test_max_retries(embed, given, sent, loopback):
    server = loopback(lambda _: Answer(500, json={"error": "no"}, headers={"retry-after": "0"}))
    with pytest.raises(ProviderError):
        embed(**at(server), client_args=given)
    assert len(server.requests) == sent


@BOTH
@pytest.mark.parametrize(
    ("provider", "options"),
    [
        ("openai", {"client_args": {"timeout": 0.2, "max_retries": 0}}),
        ("openai", {"timeout": 0.2, "client_args": {"timeout": 60, "max_retries": 0}}),
        ("openai", {"deadline": 0.2}),
        ("mistral", {"client_args": {"timeout_ms": 200, "max_retries": 0}}),
        ("openrouter", {"client_args": {"timeout_ms": 200, "max_retries": 0}}),
    ],
    ids=str,
)
def test_a_time_that_is_up_ends_the_call(embed, provider, options, loopback):
    server = loopback(lambda _: SILENT)
    with pytest.raises(ProviderTimeoutError) as caught:
        embed(**at(server, provider), **options)
    assert isinstance(caught.value, TimeoutError)
    assert len(server.requests) == 1


@BOTH
@pytest.mark.parametrize("limit", [1, 3])
def test_max_concurrency(embed, limit, loopback):
    together, lock, flying, most, met = threading.Barrier(limit, timeout=20), threading.Lock(), [0], [0], []

    def answer(request):
        with lock:
            flying[0] += 1
            most[0] = max(most[0], flying[0])
        together.wait()  # nobody is answered before `limit` have come
        with lock:
            flying[0] -= 1
        return SPOKEN["openai"].answer(request)

    server = loopback(lambda request: answer(request) if met else SPOKEN["openai"].answer(request))
    embed(**at(server))
    met.append(True)
    embed(**{**at(server), "inputs": list("abcdef")}, batch_size=1, client_args={"max_concurrency": limit})
    assert (len(server.requests), most[0]) == (1 + 6, limit)


@BOTH
def test_a_proxy_is_asked_for_the_whole_address(embed, loopback):
    server = loopback(SPOKEN["openai"].answer)
    embed(**{**at(server), "api_base": "http://provider.invalid/v1"}, client_args={"proxy": server.url})
    assert server.requests[0].path == "http://provider.invalid/v1/embeddings"


@pytest.mark.parametrize(
    ("provider", "name", "advice"),
    [
        ("openai", "http_client", "proxy=, verify=, cert= or ssl_context="),
        ("azureopenai", "http_client", "proxy=, verify=, cert= or ssl_context="),
        ("cohere", "httpx_client", "proxy=, verify=, cert= or ssl_context="),
        ("mistral", "client", "proxy=, verify=, cert= or ssl_context="),
        ("mistral", "async_client", "proxy=, verify=, cert= or ssl_context="),
        ("mistral", "retry_config", "max_retries="),
        ("gemini", "http_options", "timeout=, default_headers= or api_base="),
        ("ollama", "follow_redirects", "api_base"),
        ("openai", "max_retry", "max_retries"),
        ("openai", "azure_deployment", "known: "),
        ("mistral", "organization", "known: "),
        ("fake", "organization", "known: "),
    ],
)
@BOTH
def test_an_unknown_client_option_names_what_to_use(embed, provider, name, advice):
    call = {"model": "m", "inputs": "Hello", "provider": provider, "api_key": KEY, "api_base": "http://127.0.0.1:9"}
    with pytest.raises(InvalidRequestError) as caught:
        embed(**call, client_args={name: object()})
    assert f"{name!r}" in str(caught.value)
    assert advice in str(caught.value)
    with pytest.raises(InvalidRequestError, match=name):
        AnyLLM.create(provider, KEY, "http://127.0.0.1:9", **{name: object()})


@BOTH
@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("timeout", value) for value in (0, -1, float("nan"), "5", True)),
        *(("max_retries", value) for value in (-1, 1.5, "2", True)),
        *((name, value) for name in ("max_concurrency", "rpm", "tpm") for value in (0, 1.5, "2", True)),
        *(("default_headers", value) for value in ("X: y", {"X": "a\nb"}, {"X": 1})),
        *(("default_query", value) for value in ("a=b", ["a"])),
        *(("proxy", value) for value in (3, "no address")),
        ("verify", 3),
        ("verify", "/no/such/file.pem"),
        ("cert", 3),
        ("cert", "/no/such/file.pem"),
        ("ssl_context", "no context"),
        ("organization", 3),
        ("api_key", KEY),
        ("api_base", "http://127.0.0.1:9"),
    ],
    ids=str,
)
def test_what_is_no_such_value_is_an_error_that_names_the_option(embed, name, value, loopback):
    server = loopback(SPOKEN["openai"].answer)
    with pytest.raises(InvalidRequestError, match=rf"(?i){name}" if "headers" not in name else "header"):
        embed(**at(server), client_args={name: value})
    assert server.requests == []
