"""Through each framework: the right vector of a server that is not, or our error; each role; no key in sight."""

from __future__ import annotations

import asyncio

import pytest

import unruly
from any_llm import AuthenticationError, InvalidResponseError, UnsupportedParameterError
from frameworks import FRAMEWORKS
from loopback import Answer
from numbered import KEY
from oracles import replies

TEXTS = ["3", "1", "2"]
RIGHT = [[3.0, 1.0], [1.0, 1.0], [2.0, 1.0]]


def in_a_loop(function):
    """Call it in a loop of its own."""

    async def run(*arguments):
        return await function(*arguments)

    return lambda *arguments: asyncio.run(run(*arguments))


COLOURS = [
    pytest.param(name, colour, id=f"{name}, {colour}")
    for name in FRAMEWORKS
    for colour in ("sync", "async")
    if colour == "sync" or name not in {"chroma", "lancedb"}
]
each_way = pytest.mark.parametrize(("name", "colour"), COLOURS, scope="module")
"""One framework after the other, so that of two processes one imports it."""


@pytest.fixture
def ways(name, colour):
    """Both functions of a framework, in this colour."""
    found = FRAMEWORKS[name]()
    if colour == "sync":
        return found.documents, found.query
    return in_a_loop(found.adocuments), in_a_loop(found.aquery)


def given(url, **more):
    return {"model": "text-embedding-3-small", "provider": "openai", "api_key": KEY, "api_base": url, **more}


@each_way
@pytest.mark.parametrize("answer", [unruly.shuffled, unruly.capped], ids=["shuffled", "capped"])
def test_each_text_gets_its_vector(ways, answer, loopback):
    server = loopback(answer)
    documents, query = ways
    assert documents(given(server.url), TEXTS) == [pytest.approx(row) for row in RIGHT]  # Chroma scales, and back
    assert query(given(server.url), "7") == [7.0, 1.0]


@each_way
@pytest.mark.parametrize("answer", [unruly.short, unruly.nan], ids=["short", "NaN"])
def test_what_cannot_be_right_is_our_error(ways, answer, loopback):
    server = loopback(answer)
    calls = zip(ways, (TEXTS, "7"), strict=True)
    for embed, texts in calls:
        with pytest.raises(InvalidResponseError) as caught:
            embed(given(server.url, client_args={"max_retries": 0}), texts)
        assert caught.value.index == (None if answer is unruly.short else len(texts) - 1)


@each_way
def test_a_refused_key_is_our_error_without_the_key(ways, loopback):
    server = loopback(lambda _: Answer(401, json={"error": {"message": f"Incorrect API key provided: {KEY}"}}))
    for embed, texts in zip(ways, (TEXTS, "7"), strict=True):
        with pytest.raises(AuthenticationError) as caught:
            embed(given(server.url), texts)
        assert KEY not in str(caught.value)
    assert {request.headers["authorization"] for request in server.requests} == {f"Bearer {KEY}"}


ROLES = [
    ({}, ["search_document", "search_query"]),
    ({"input_type": "clustering"}, ["clustering", "clustering"]),
]


@each_way
@pytest.mark.parametrize(("options", "sent"), ROLES, ids=["as the framework says", "as the caller says"])
def test_each_role_reaches_the_provider(ways, options, sent, loopback):
    server = loopback(replies.cohere)
    cohere = {"model": "cohere:embed-v4.0", "api_key": KEY, "api_base": server.url, "dimensions": 256, **options}
    documents, query = ways
    assert [len(row) for row in (*documents(cohere, ["a", "b"]), query(cohere, "c"))] == [256] * 3
    assert [request.json["input_type"] for request in server.requests] == sent


@each_way
def test_an_option_that_cannot_be_honoured_is_our_error(ways):
    for embed, texts in zip(ways, (TEXTS, "7"), strict=True):
        with pytest.raises(UnsupportedParameterError):
            embed({"model": "openai:text-embedding-3-small", "api_key": KEY, "dtype": "int8"}, texts)


@each_way
def test_nothing_is_asked_for_no_documents(name, ways, loopback):
    if name == "chroma":
        return  # it refuses an empty list itself
    server = loopback(unruly.shuffled)
    assert ways[0](given(server.url), []) == []
    assert server.requests == []


@each_way
def test_a_model_in_this_process_needs_no_key(ways):
    documents, query = ways
    local = {"model": "local:all-MiniLM-L6-v2"}
    (cat,), question = documents(local, ["A cat sits on the mat."]), query(local, "A cat sits on the mat.")
    assert question == pytest.approx(cat, abs=1e-6)
