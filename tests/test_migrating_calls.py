"""Where a call differs from any-llm's; one test a row of docs/migrating.md."""

from __future__ import annotations

import asyncio
import json

import numpy as np
import pytest

from any_llm import AnyLLMError, InvalidRequestError, UnsupportedParameterError, embedding, list_models
from any_llm.exceptions import InvalidModelError, ListModelsNotSupportedError
from interface_calls import KEY, SPOKEN, at, fields_of, texts_of
from loopback import Answer


def test_our_options_are_translated(loopback):
    server = loopback(SPOKEN["cohere"].answer)
    embedding(**at(server, "cohere"), dimensions=256, input_type="query", overflow="truncate")
    sent = fields_of(server.requests[0])
    assert (sent["output_dimension"], sent["input_type"], sent["truncate"]) == (256, "search_query", "END")


def test_an_option_and_the_field_of_the_same_meaning_are_an_error(loopback):
    with pytest.raises(InvalidRequestError, match="same thing"):
        embedding(**at(loopback(SPOKEN["voyage"].answer), "voyage"), dimensions=256, output_dimension=256)


def test_what_a_provider_cannot_honour_is_an_error(loopback):
    server = loopback(SPOKEN["together"].answer)
    with pytest.raises(UnsupportedParameterError):
        embedding(**at(server, "together"), dimensions=8)
    assert server.requests == []


def test_over_long_input_is_refused(loopback):
    sent = {}
    for provider in ("cohere", "ollama", "voyage"):
        server = loopback(SPOKEN[provider].answer)
        embedding(**at(server, provider))
        sent[provider] = fields_of(server.requests[0])
    assert (sent["cohere"]["truncate"], sent["ollama"]["truncate"], sent["voyage"]["truncation"]) == (
        "NONE",
        False,
        False,
    )


def test_none_is_not_sent(loopback):
    server = loopback(SPOKEN["openai"].answer)
    embedding(**at(server), dimensions=None, user=None)
    assert "null" not in server.requests[0].body.decode()


def test_a_field_nobody_knows_yet_is_sent(loopback):
    server = loopback(SPOKEN["openai"].answer)
    embedding(**at(server), field_of_tomorrow={"a": 1})
    assert server.requests[0].json["field_of_tomorrow"] == {"a": 1}


@pytest.mark.parametrize(
    ("provider", "name"), [("gemini", "config"), ("cohere", "request_options"), ("mistral", "retries")]
)
def test_a_keyword_of_the_sdks_call_is_an_error(provider, name, loopback):
    server = loopback(SPOKEN[provider].answer)
    with pytest.raises(InvalidRequestError, match=name):
        embedding(**at(server, provider), **{name: {}})
    assert server.requests == []


def test_timeout_and_extras_work_with_every_provider(loopback):
    for provider, spoken in SPOKEN.items():
        server = loopback(spoken.answer)
        embedding(
            **at(server, provider), timeout=5, extra_headers={"X-A": "b"}, extra_query={"c": 1}, extra_body={"d": 2}
        )
        (request,) = server.requests
        assert (request.headers["x-a"], request.query["c"]) == ("b", "1")
        assert b'"d":2' in request.body


def test_one_text_is_sent_as_a_list(loopback):
    server = loopback(SPOKEN["openai"].answer)
    embedding(**at(server))
    assert server.requests[0].json["input"] == ["Hello"]


def test_numbers_travel_as_base64_where_that_is_understood(loopback):
    server = loopback(SPOKEN["mistral"].answer)
    result = embedding(**at(server, "mistral"))
    assert server.requests[0].json["encoding_format"] == "base64"
    assert type(result.data[0].embedding) is list


def test_base64_is_given_by_every_provider_that_is_asked(loopback):
    for provider, spoken in SPOKEN.items():
        result = embedding(**at(loopback(spoken.answer), provider), encoding_format="base64")
        assert type(result.data[0].embedding) is str


def test_an_encoding_nobody_has_is_an_invalid_request(loopback):
    server = loopback(SPOKEN["openai"].answer)
    with pytest.raises(InvalidRequestError, match="hex"):
        embedding(**at(server), encoding_format="hex")
    assert server.requests == []


@pytest.mark.parametrize(
    "inputs",
    [(text for text in ["a"]), np.array(["a"]), [1, 2, 3], [[1, 2, 3]], None],
    ids=lambda value: type(value).__name__,
)
def test_only_texts_are_inputs(inputs, loopback):
    server = loopback(SPOKEN["openai"].answer)
    with pytest.raises(InvalidRequestError, match=r"inputs"):
        embedding(**{**at(server), "inputs": inputs})
    assert server.requests == []


def test_no_inputs_are_an_empty_response(loopback):
    server = loopback(SPOKEN["openai"].answer)
    assert embedding(**{**at(server), "inputs": []}).data == []
    assert server.requests == []


def test_any_number_of_inputs_works(loopback):
    server = loopback(SPOKEN["cohere"].answer)
    assert len(embedding(**{**at(server, "cohere"), "inputs": [f"text {number}" for number in range(200)]}).data) == 200
    assert max(len(texts_of(request)) for request in server.requests) == 96


def test_a_model_without_a_name_is_an_error(loopback):
    server = loopback(SPOKEN["openai"].answer)
    with pytest.raises(InvalidModelError):
        embedding(**{**at(server), "model": ""})
    assert server.requests == []


def test_the_sync_function_works_in_a_running_loop():
    async def notebook():
        return embedding("fake:m", "Hello", allow_running_loop=False)

    assert asyncio.run(notebook()).provider == "fake"


def test_a_version_in_base_and_path_stands_once(loopback):
    server = loopback(SPOKEN["mistral"].answer)
    call = at(server, "mistral")
    embedding(**{**call, "api_base": call["api_base"] + "/v1"})
    assert server.requests[0].path == "/v1/embeddings"


def test_azure_takes_dated_versions(loopback):
    server = loopback(SPOKEN["azureopenai"].answer)
    options = {"api_version": "2024-10-21", "azure_deployment": "mine"}
    embedding(**at(server, "azureopenai"), client_args=options)
    (request,) = server.requests
    assert (request.path, request.query) == ("/openai/deployments/mine/embeddings", {"api-version": "2024-10-21"})


def test_azure_reads_the_key_in_its_own_header(loopback):
    server = loopback(SPOKEN["azureopenai"].answer)
    call = at(server, "azureopenai")
    embedding(**call)
    assert server.requests[0].headers["api-key"] == call["api_key"]
    assert "authorization" not in server.requests[0].headers


def test_requests_say_who_sends_them(loopback):
    server = loopback(SPOKEN["openai"].answer)
    embedding(**at(server))
    assert server.requests[0].headers["user-agent"].startswith("omniembed")
    assert "x-stainless" not in json.dumps(server.requests[0].headers)


def test_keywords_of_a_list_are_the_apis(loopback):
    server = loopback(lambda _: Answer(json={"data": [{"id": "m"}]}))
    assert [model.id for model in list_models("openai", KEY, server.url, timeout=9, limit=5)] == ["m"]
    assert (server.requests[0].path, server.requests[0].query) == ("/models", {"limit": "5"})


def test_a_list_has_what_embeds_where_that_is_known(loopback):
    chat = {"name": "models/chat", "supportedGenerationMethods": ["generateContent"]}
    server = loopback(lambda _: Answer(json={"models": [chat, {**chat, "name": "cohere's"}], "data": []}))
    assert list_models("gemini", KEY, server.url) == []
    assert [model.id for model in list_models("cohere", KEY, server.url)] == ["models/chat", "cohere's"]
    list_models("openrouter", KEY, server.url)
    assert [(one.path, one.query) for one in server.requests] == [
        ("/v1/models", {}),
        ("/v1/models", {"endpoint": "embed"}),
        ("/embeddings/models", {}),
    ]


def test_no_list_is_an_error_of_ours():
    with pytest.raises(NotImplementedError) as caught:
        list_models("voyage", KEY)
    assert type(caught.value) is ListModelsNotSupportedError


def test_a_redirect_is_an_error(loopback):
    target = loopback(SPOKEN["openai"].answer)
    server = loopback(lambda _: Answer(307, json={}, headers={"location": f"{target.url}/embeddings"}))
    with pytest.raises(AnyLLMError, match="redirect"):
        embedding(**at(server))
    assert target.requests == []
