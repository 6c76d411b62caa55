"""A provider's own fields go untouched and beat our defaults; what is no field of it is told where it belongs."""

from __future__ import annotations

import pytest

from any_llm.exceptions import InvalidRequestError
from interface_calls import BOTH, SPOKEN, at, fields_of


@BOTH
@pytest.mark.parametrize(
    ("provider", "own"),
    [
        ("openai", {"user": "someone"}),
        ("openai", {"dimensions_of_tomorrow": {"a": [1, None, "ü", 1.5, True]}}),
        ("openai", {"falsy": 0, "no": False, "empty": "", "none": []}),
        ("cohere", {"truncate": "END"}),
        ("cohere", {"truncate": "START", "output_dimension": 4}),
        ("cohere", {"max_tokens": 64, "priority": 1}),
        ("cohere", {"embedding_types": ["int8"]}),
        ("gemini", {"taskType": "RETRIEVAL_DOCUMENT", "title": "A guide", "outputDimensionality": 4}),
        ("ollama", {"truncate": True, "keep_alive": "1m", "options": {"num_ctx": 512}}),
        ("voyage", {"truncation": True, "output_dtype": "float", "output_dimension": 4}),
        ("mistral", {"output_dimension": 4, "metadata": {"team": "search"}}),
        ("openrouter", {"provider_preferences": {"order": ["a"]}}),
        ("vllm", {"truncate_prompt_tokens": 8, "priority": 3}),
    ],
    ids=str,
)
def test_own_fields_are_sent_untouched_and_win(embed, provider, own, loopback):
    replied = SPOKEN[provider].answer

    def answer(request):
        reply = replied(request)
        if own.get("embedding_types") == ["int8"]:
            reply.json["embeddings"] = {"int8": [[1, -2, 3]]}
        return reply

    server = loopback(answer)
    embed(**at(server, provider), **own)
    assert {name: fields_of(server.requests[0])[name] for name in own} == own


@BOTH
@pytest.mark.parametrize(
    ("provider", "unified", "own"),
    [
        ("cohere", {"overflow": "error"}, {"truncate": "END"}),
        ("cohere", {"overflow": "truncate"}, {"truncate": "END"}),
        ("cohere", {"dimensions": 256}, {"output_dimension": 256}),
        ("gemini", {"dimensions": 256}, {"outputDimensionality": 512}),
        ("gemini", {"input_type": "query"}, {"taskType": "RETRIEVAL_QUERY"}),
        ("mistral", {"dimensions": 256}, {"output_dimension": 256}),
        ("ollama", {"overflow": "error"}, {"truncate": True}),
        ("voyage", {"overflow": "error"}, {"truncation": True}),
        ("voyage", {"dimensions": 256}, {"output_dimension": 256}),
        ("vllm", {"overflow": "truncate"}, {"truncate_prompt_tokens": 8}),
        ("vllm", {"overflow": "error"}, {"truncate_prompt_tokens": 8}),
    ],
    ids=str,
)
@pytest.mark.parametrize("through_extra_body", [False, True])
def test_both_words_for_one_thing_are_an_error_that_names_both(
    embed, provider, *, unified, own, through_extra_body, loopback
):
    server = loopback(SPOKEN[provider].answer)
    given = {"extra_body": own} if through_extra_body else own
    with pytest.raises(InvalidRequestError, match=rf"{next(iter(unified))}= and {next(iter(own))}="):
        embed(**at(server, provider), **unified, **given)
    assert server.requests == []


@BOTH
@pytest.mark.parametrize(
    ("provider", "extra"),
    [("openai", {"dimensions": 4}), ("cohere", {"input_type": "search_query"}), ("ollama", {"dimensions": 64})],
    ids=str,
)
def test_an_option_beside_the_same_word_in_extra_body_is_one_too(embed, provider, extra, loopback):
    server = loopback(SPOKEN[provider].answer)
    with pytest.raises(InvalidRequestError, match="same thing"):
        embed(**at(server, provider), **extra, extra_body=extra)
    assert server.requests == []


@BOTH
@pytest.mark.parametrize(
    ("provider", "owned"),
    [
        *(("openai", name) for name in ("input", "model")),
        *(("cohere", name) for name in ("texts", "images", "inputs", "model")),
        *(("gemini", name) for name in ("contents", "content", "requests", "model")),
        *(("ollama", name) for name in ("input", "model")),
        *(("voyage", name) for name in ("input", "model")),
    ],
)
def test_what_is_the_models_or_the_inputs_place_is_theirs(embed, provider, owned, loopback):
    server = loopback(SPOKEN[provider].answer)
    with pytest.raises(InvalidRequestError, match=owned):
        embed(**at(server, provider), extra_body={owned: "x"})
    assert server.requests == []


@BOTH
@pytest.mark.parametrize(
    ("provider", "name", "advice"),
    [
        *(
            ("openai", name, "client_args")
            for name in (
                "max_retries", "max_concurrency", "rpm", "tpm", "default_headers", "default_query", "proxy", "verify",
                "cert", "ssl_context", "organization", "project", "base_url",
            )
        ),
        ("openai", "http_client", "proxy"),
        ("azureopenai", "api_version", "client_args"),
        ("azureopenai", "azure_deployment", "client_args"),
        ("azureopenai", "azure_endpoint", "client_args"),
        ("cohere", "client_name", "client_args"),
        ("cohere", "httpx_client", "proxy"),
        ("mistral", "timeout_ms", "timeout"),
        ("mistral", "server_url", "client_args"),
        ("openrouter", "http_referer", "client_args"),
        ("ollama", "host", "client_args"),
        ("ollama", "headers", "client_args"),
        ("gemini", "http_options", "timeout"),
        # Their SDKs' call takes these; they are no fields of the API.
        ("gemini", "config", "input_type"),
        ("cohere", "request_options", "timeout"),
        ("mistral", "http_headers", "extra_headers"),
        ("mistral", "retries", "max_retries"),
    ],
)  # fmt: skip
def test_what_is_no_field_is_told_where_it_belongs(embed, provider, name, advice, loopback):
    server = loopback(SPOKEN[provider].answer)
    with pytest.raises(InvalidRequestError, match=rf"{name}.*{advice}"):
        embed(**at(server, provider), **{name: "x"})
    assert server.requests == []


@BOTH
@pytest.mark.parametrize(
    "value",
    [object(), float("nan"), float("inf"), "\ud800"],
    ids=["an object", "not a number", "infinity", "a lone surrogate"],
)
def test_what_json_cannot_carry_is_an_error_that_names_the_field(embed, value, loopback):
    server = loopback(SPOKEN["openai"].answer)
    with pytest.raises(InvalidRequestError, match="user"):
        embed(**at(server), user=value)
    assert server.requests == []
