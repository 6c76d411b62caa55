"""Does list_models() give what the provider lists, tried again, checked and without secrets, as embedding() does?"""

from __future__ import annotations

import asyncio
import copy
import json
import pickle

import msgspec
import pytest

import any_llm
from any_llm import AnyLLM, exceptions
from any_llm.flow.pages import Pages
from any_llm.providers import catalogue
from any_llm.types.model import Model
from any_llm.wire import Reply, TransportError
from by_hand import KEY, a_call, a_setting, adapter_of, bad, play, reply
from loopback import Answer, Raw

LIST = {"object": "list", "data": [{"id": "m", "object": "model", "created": 1, "owned_by": "us"}]}
PAGED = {"models": [{"name": "models/m", "supportedGenerationMethods": ["embedContent"]}], "nextPageToken": "more"}
LAST = {"models": [{"name": "models/n"}]}


def in_a_loop(*arguments, **options):
    """Call alist_models() in a loop of its own."""
    return asyncio.run(any_llm.alist_models(*arguments, **options))


COLOURS = pytest.mark.parametrize("call", [any_llm.list_models, in_a_loop], ids=["sync", "async"])


def asked(provider, replies, *, retries=2, **given):
    """Play the server by hand: how it went, and the ids that came of it."""
    call = a_call(provider, "list_models", base64=False, **given)
    adapter = adapter_of(call)
    models = getattr(adapter, "models", catalogue.models)
    pages = Pages(a_setting(call, retries=retries), models=models, listed=getattr(adapter, "listed", catalogue.listed))
    flow = pages.next_conversation()
    assert pages.next_conversation() is None
    return play(pages._setting, replies, flow=flow), [model.id for model in pages.response()]


STORIES = [
    ("openai", [reply(LIST)], "go send", ["m"]),
    ("openai", [bad(500), reply(LIST)], "go send sleep 0.25 go send", ["m"]),
    ("openai", [bad(429, retry_after="3"), reply(LIST)], "go send sleep 3.25 go send", ["m"]),
    ("openai", [TransportError("reset"), reply(LIST)], "go send sleep 0.25 go send", ["m"]),
    ("openai", [reply(b"{"), reply(LIST)], "go send go send", ["m"]),  # a broken 200 is looked at once more
    ("gemini", [reply(PAGED), reply(LAST)], "go send go send", ["m", "n"]),
    ("gemini", [reply(PAGED), bad(503), reply(LAST)], "go send go send sleep 0.25 go send", ["m", "n"]),
]


@pytest.mark.parametrize(("provider", "replies", "trace", "ids"), STORIES)
def test_a_page_is_asked_for_until_it_comes(provider, replies, trace, ids):
    played, found = asked(provider, replies)
    assert (played.error, found, played.trace) == (None, ids, trace)
    assert {(send.method, send.body) for send in played.sent} == {("GET", b"")}


ENDS = [
    ("openai", [bad(401)], exceptions.AuthenticationError),
    ("openai", [bad(402)], exceptions.InsufficientFundsError),
    ("openai", [bad(400)], exceptions.InvalidRequestError),
    ("openai", [bad(500)] * 3, exceptions.ProviderError),
    ("openai", [bad(429, retry_after="90")], exceptions.RateLimitError),
    ("openai", [TransportError("slow", timed_out=True)] * 3, exceptions.ProviderTimeoutError),
    ("openai", [TransportError("TLS", retryable=False)], exceptions.ProviderConnectionError),
    ("openai", [reply({"data": [{"object": "model"}]})] * 2, exceptions.InvalidResponseError),
    ("openai", [reply({"data": [{"id": None}]})] * 2, exceptions.InvalidResponseError),
    ("openai", [reply({"models": []})] * 2, exceptions.InvalidResponseError),
    ("openai", [reply(b"<html>")] * 2, exceptions.InvalidResponseError),
    ("openai", [bad(404)], exceptions.ListModelsNotSupportedError),
    ("openai", [bad(405)], exceptions.ListModelsNotSupportedError),
    ("openai", [bad(501)], exceptions.ListModelsNotSupportedError),
    ("gemini", [reply(PAGED), reply(PAGED)], exceptions.InvalidResponseError),  # round in a circle
    ("gemini", [reply(PAGED), bad(403)], exceptions.AuthenticationError),
]


@pytest.mark.parametrize(("provider", "replies", "kind"), ENDS)
def test_what_cannot_be_helped_is_an_error_of_ours(provider, replies, kind):
    played, _ = asked(provider, replies)
    assert type(played.error) is kind
    assert provider in str(played.error)


def test_no_list_is_told_with_its_status():
    played, _ = asked("openai", [bad(404, message="no such path")])
    assert isinstance(played.error, NotImplementedError)
    assert played.error.status_code == 404
    assert "no list of models at this address" in str(played.error)


def test_a_callable_key_is_asked_for_each_page_and_once_more_when_refused():
    keys = iter(["first", "second", "third"])
    played, ids = asked("gemini", [reply(PAGED), bad(401), reply(LAST)], key=lambda: next(keys), headers={})
    assert ids == ["m", "n"]
    assert [send.headers["x-goog-api-key"] for send in played.sent] == ["first", "second", "third"]


def test_the_key_is_not_in_the_error():
    played, _ = asked("openai", [bad(401, message=f"the key {KEY} is not known")])
    assert "***" in str(played.error)
    assert KEY not in f"{played.error!r} {played.error}"


SHAPES = [
    ("openai", {"data": []}, []),
    ("openai", {"data": [{"id": "m"}]}, [("m", 0, "openai")]),
    ("openai", {"data": [{"id": "m", "created": 1.9, "owned_by": None, "object": "list"}]}, [("m", 1, "openai")]),
    ("openai", {"data": [{"id": "m", "created": "2026-01-01", "owned_by": ""}]}, [("m", 0, "openai")]),
    ("openai", {"data": [{"id": "m", "created": True, "owned_by": {"a": 1}}], "more": 1}, [("m", 0, "openai")]),
    ("cohere", {"models": [{"name": "m"}], "next_page_token": ""}, [("m", 0, "cohere")]),
    ("gemini", {}, []),
    ("gemini", {"models": [{"name": "models/m", "supportedGenerationMethods": ["generateContent"]}]}, []),
    (
        "gemini",
        {"models": [{"name": "tunedModels/m"}]},
        [("tunedModels/m", 0, "google")],
    ),  # it does not say what it does
    ("ollama", {"models": [{"name": "m:latest"}]}, [("m:latest", 0, "ollama")]),
    ("ollama", {"models": [{"name": "m", "modified_at": "1970-01-01T01:00:01.5+01:00"}]}, [("m", 1, "ollama")]),
    ("ollama", {"models": [{"name": "m", "modified_at": "yesterday"}]}, [("m", 0, "ollama")]),
    ("tei", {"model_id": "/data/model"}, [("/data/model", 0, "tei")]),
]


@pytest.mark.parametrize(("provider", "body", "models"), SHAPES)
def test_what_a_provider_leaves_out_is_filled_in(provider, body, models):
    call = a_call(provider)
    page = getattr(adapter_of(call), "listed", catalogue.listed)(call, Reply(200, {}, json.dumps(body).encode()))
    assert [(model.id, model.created, model.owned_by) for model in page.models] == models
    assert {model.object for model in page.models} <= {"model"}
    assert page.after is None


@COLOURS
def test_keywords_are_parameters_of_the_provider(call, loopback):
    server = loopback(lambda _: Answer(json=LIST))
    options = {"timeout": 9, "deadline": 9, "extra_headers": {"X-A": "b"}, "extra_query": {"c": "d e"}}
    nothing = {"nothing": None, "allow_running_loop": True}
    models = call("openai", KEY, server.url, {"default_query": {"f": "g"}}, **options, **nothing, limit=5, all=True)
    (request,) = server.requests
    assert request.query == {"f": "g", "c": "d e", "limit": "5", "all": "true"}
    assert (request.headers["x-a"], "content-type" in request.headers) == ("b", False)
    assert models == [Model(id="m", created=1, owned_by="us")]


@COLOURS
def test_a_keyword_replaces_what_we_ask_for(call, loopback):
    server = loopback(lambda _: Answer(json={"models": []}))
    call("cohere", KEY, server.url, endpoint="rerank", page_size=1000)
    assert server.requests[0].query == {"endpoint": "rerank", "page_size": "1000"}


WRONG = [
    ({"limit": [1]}, "limit="),
    ({"organization": "org-1"}, "organization belongs to the client"),
    ({"http_client": object()}, "http_client"),
    ({"timeout": -1}, "timeout"),
    ({"deadline": "soon"}, "deadline"),
    ({"extra_headers": {"a b": "c"}}, "header"),
    ({"extra_query": ["a"]}, "extra_query"),
]


@COLOURS
@pytest.mark.parametrize(("options", "words"), WRONG)
def test_a_wrong_argument_is_refused_before_anything_is_sent(call, options, words, loopback):
    server = loopback(lambda _: Answer(json=LIST))
    with pytest.raises(exceptions.InvalidRequestError, match=words):
        call("openai", KEY, server.url, **options)
    assert server.requests == []


NONE = [
    ("baichuan", exceptions.ListModelsNotSupportedError),
    ("fake", exceptions.ListModelsNotSupportedError),
    ("together", exceptions.ListModelsNotSupportedError),
    ("voyage", exceptions.ListModelsNotSupportedError),
    ("anthropic", exceptions.EmbeddingsNotSupportedError),
    ("opena", exceptions.UnsupportedProviderError),
]


@COLOURS
@pytest.mark.parametrize(("provider", "kind"), NONE)
def test_nobody_is_asked_who_has_no_list(call, provider, kind, loopback):
    server = loopback(lambda _: Answer(json=LIST))
    with pytest.raises(kind) as caught:
        call(provider, KEY, server.url)
    assert (type(caught.value), server.requests) == (kind, [])


@COLOURS
@pytest.mark.parametrize("retries", [0, 1])
def test_it_is_tried_again_as_often_as_the_client_says(call, retries, loopback):
    server = loopback(lambda _: Answer(503, json={}))
    with pytest.raises(exceptions.ProviderError):
        call("openai", KEY, server.url, {"max_retries": retries})
    assert len(server.requests) == 1 + retries


@COLOURS
def test_the_models_in_this_process_are_listed_without_loading_one(call):
    assert [model.id for model in call("local")] == ["all-MiniLM-L6-v2"]


@COLOURS
def test_a_deadline_ends_the_wait(call, loopback):
    server = loopback(lambda _: Raw(lambda connection: connection.wait(30)))
    with pytest.raises(exceptions.ProviderTimeoutError):
        call("openai", KEY, server.url, deadline=0.1)


def test_a_client_lists_and_embeds_over_one_connection(loopback):
    data = {"data": [{"embedding": [1.0], "index": 0}]}
    server = loopback(lambda request: Answer(json=LIST if request.method == "GET" else data))
    with AnyLLM.create_openai_compatible("mine", server.url) as client:
        (model,) = client.list_models()
        assert client.embedding(model.id, "Hello").data[0].embedding == [1.0]
        assert client.list_models() == [model]
    assert (server.connections, [one.path for one in server.requests]) == (1, ["/models", "/embeddings", "/models"])


async def test_a_client_lists_in_a_loop(loopback):
    server = loopback(lambda _: Answer(json=LIST))
    async with AnyLLM.create("vllm", api_base=server.url) as client:
        assert await client.alist_models() == client.list_models()


def test_metadata_says_who_lists():
    listing = {one.name for one in AnyLLM.get_all_provider_metadata() if one.list_models}
    assert {"openai", "local", "ollama"} <= listing
    assert listing & {"baichuan", "fake", "together", "anthropic"} == set()


GIVEN = {"id": "m", "created": 1, "object": "model", "owned_by": "us"}


@pytest.mark.parametrize(
    "again",
    [
        copy.copy,
        copy.deepcopy,
        lambda model: pickle.loads(pickle.dumps(model)),  # noqa: S301
        lambda model: Model.model_validate(model.model_dump()),
        lambda model: Model.model_validate_json(model.model_dump_json()),
        lambda model: Model(**msgspec.json.decode(model.to_json())),
    ],
)
def test_a_model_again_is_equal(again):
    model = Model(**GIVEN)
    assert again(model) == model
    assert model.model_dump() == GIVEN
    assert repr(again(model)) == "Model(id='m', created=1, object='model', owned_by='us')"
    assert again(model) != Model(**{**GIVEN, "id": "n"})


@pytest.mark.parametrize("wrong", [{"id": 3}, {"created": "1"}, {"object": "list"}, {"owned_by": None}])
def test_a_model_that_is_none_is_a_value_error(wrong):
    with pytest.raises(ValueError, match=rf"^Model\.{next(iter(wrong))}: "):
        Model(**{**GIVEN, **wrong})
