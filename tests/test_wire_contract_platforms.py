"""Do we send what these platforms' own SDKs send, and read what they read? All requests of a call, in any order."""

from __future__ import annotations

import asyncio
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from any_llm import AnyLLM, UnsupportedParameterError
from loopback import Answer, Loopback, Request
from oracles.platforms import NOT_HELD, PLACED, PLATFORMS, REPLICATE, example, replicate
from oracles.shape import KEY, Case, Oracle, Read
from test_wire_contract import IGNORED, Sent, float32

if TYPE_CHECKING:
    from collections.abc import Callable

UNTOLD = IGNORED | {
    *("api-version", "x-dashscope-sdk-client", "x-dashscope-sdk-session-id", "x-client-request-id"),
    *("zai-sdk-ver", "source_type", "x-request-sdk", "x-source-channel"),
}
"""Headers that say which program sends, and when: the day of the call, a name drawn for it."""
TOO_OLD = {"replicate"} if sys.version_info >= (3, 14) else set()
"""replicate 1.0.7 stands on pydantic.v1, which ends with Python 3.13."""


def list_of_one(sent: Sent, case: Case) -> None:
    """One text is sent as a list of one: a batch has one shape, and the reply is the same."""
    for field in {"input", "text", "queries", "documents"} & sent.body.keys():
        sent.body[field] = case.texts


def slashes_stay(sent: Sent, case: Case) -> None:
    """A model's slashes stand in the path as the documentation writes them; the SDK escapes them."""
    sent.path = sent.path.replace("%2F", "/")


def charset_left_out(sent: Sent, case: Case) -> None:
    """JSON is UTF-8 without being called so."""
    sent.headers["content-type"] = "application/json"


def no_nulls(sent: Sent, case: Case) -> None:
    """What was not asked for is not sent; the SDK sends it as null."""
    sent.body = {name: value for name, value in sent.body.items() if value is not None}


def base64(sent: Sent, case: Case) -> None:
    """Vectors are asked for in base64, which the API has, unless floats are asked for; the SDK writes its default."""
    sent.body["encoding_format"] = case.extra.get("encoding_format", "base64")


def held_for_less(sent: Sent, case: Case) -> None:
    """A request is held for half a minute, not for one: a read may take no longer. The GETs after it repeat headers."""
    sent.headers |= {"prefer": "wait=30", "content-type": "application/json"}


def no_session(sent: Sent, case: Case) -> None:
    """The SDK speaks inside a session of its own; a token alone is called by its kind."""
    del sent.headers["x-snowflake-external-session-id"]
    sent.headers["x-snowflake-authorization-token-type"] = "PROGRAMMATIC_ACCESS_TOKEN"


DIFFERENCES: dict[str, Callable[[Sent, Case], None]] = {
    difference.__name__: difference
    for difference in (list_of_one, slashes_stay, charset_left_out, no_nulls, base64, held_for_less, no_session)
}
"""All the ways in which we mean to differ; each docstring says why."""


def all_of(server: Loopback) -> list[Sent]:
    """Its requests, but for an SDK's own question how to log in."""
    return [
        Sent(
            request.method,
            request.path,
            request.query,
            {name: value for name, value in request.headers.items() if name not in UNTOLD},
            request.json if request.body else {},
        )
        for request in sorted(server.requests, key=lambda request: (request.method == "GET", request.body))
        if not request.path.startswith("/.well-known/")
    ]


@cache
def of_the_sdk(name: str, case_name: str) -> tuple[bytes, Read]:
    """Record the SDK's requests (as JSON: nobody may change them) and what it read."""
    oracle = next(oracle for oracle in PLATFORMS if oracle.name == name)
    case = next(case for case in oracle.cases if case.name == case_name)
    return recorded(oracle, case, oracle.answer)


def recorded(oracle: Oracle, case: Case, answer: Callable[[Request], Answer]) -> tuple[bytes, Read]:
    if oracle.provider in TOO_OLD:
        pytest.skip(f"the SDK of {oracle.provider} does not run on this Python")
    with Loopback(answer) as server:
        read = oracle.embed(server.url + oracle.base, oracle, case)
    return msgspec.json.encode(all_of(server)), read


def of_ours(oracle: Oracle, case: Case, mode: str, answer: Callable[[Request], Answer]) -> tuple[list[Sent], Read]:
    options = {"dimensions": case.dimensions, "input_type": case.input_type, "overflow": case.overflow}
    call = {"model": oracle.model, "inputs": case.inputs, **options, **case.extra}
    with Loopback(answer) as server:
        client = AnyLLM.create(oracle.provider, KEY, server.url + oracle.base, **oracle.client)
        with client:
            result = client.embedding(**call) if mode == "sync" else asyncio.run(_asynchronously(client, call))
    measured = result.usage.total_tokens if result.usage.source == "measured" else None
    return all_of(server), Read([item.embedding for item in result.data], measured)


async def _asynchronously(client: AnyLLM, call: dict[str, Any]) -> Any:
    async with client:
        return await client.aembedding(**call)


def expected_of(oracle: Oracle, case: Case, recording: bytes) -> list[Sent]:
    wanted = msgspec.json.decode(recording, type=list[Sent])
    for sent in wanted:
        for name in oracle.differences:
            DIFFERENCES[name](sent, case)
    return wanted


CALLS = [
    pytest.param(
        *(oracle, case, mode),
        id=f"{oracle}: {case.name}, {mode}",
        marks=pytest.mark.proves(oracle.provider, "sdk", oracle.sdk),
    )
    for oracle in PLATFORMS
    for case in oracle.cases
    for mode in ("sync", "async")
]


@pytest.mark.parametrize(("oracle", "case", "mode"), CALLS)
def test_we_send_what_the_sdk_sends_and_read_what_it_reads(oracle: Oracle, case: Case, mode: str):
    recording, expected = of_the_sdk(oracle.name, case.name)
    sent, read = of_ours(oracle, case, mode, oracle.answer)
    assert sent == expected_of(oracle, case, recording)
    assert float32(read.vectors) == float32(expected.vectors)
    assert read.tokens == expected.tokens


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_a_prediction_is_asked_after_where_the_sdk_asks(mode: str):
    """The address the reply names is not gone to: it may be anybody's, and the key goes along."""

    def slowly(request: Request) -> Answer:
        if request.method == "POST":
            running = {"status": "starting", "output": None, "urls": {"get": "http://127.0.0.1:9/elsewhere"}}
            return Answer(202, json={**example("replicate"), **running})
        done = replicate(Request("POST", "", {}, {}, b'{"input": {"texts": ["a", "b"]}}', 0))
        return msgspec.structs.replace(done, status=200)

    case = Case("slow", ["a", "b"], extra=PLACED)
    recording, expected = recorded(REPLICATE, case, slowly)
    sent, read = of_ours(REPLICATE, case, mode, slowly)
    assert [request.method for request in sent] == ["POST", "GET"]
    assert sent == expected_of(REPLICATE, case, recording)
    assert float32(read.vectors) == float32(expected.vectors)


@pytest.mark.parametrize("name", DIFFERENCES)
def test_a_difference_that_is_none_any_more_is_struck_off(name: str):
    differing = [oracle for oracle in PLATFORMS if name in oracle.differences]
    assert differing
    for oracle in differing:
        recording, _ = of_the_sdk(oracle.name, oracle.cases[0].name)
        (sent,) = msgspec.json.decode(recording, type=list[Sent])
        before = msgspec.json.encode(sent)
        DIFFERENCES[name](sent, oracle.cases[0])
        assert msgspec.json.encode(sent) != before


@pytest.mark.parametrize("oracle", PLATFORMS, ids=str)
def test_the_replies_tell_the_texts_apart(oracle: Oracle):
    case = max(oracle.cases, key=lambda case: len(case.texts))
    _, read = of_the_sdk(oracle.name, case.name)
    assert len(set(float32(read.vectors))) == len(case.texts)


REFUSED = [
    ("cloudflare", {"dimensions": 8}),
    ("cloudflare", {"input_type": "clustering"}),
    ("cloudflare qwen3", {"input_type": "clustering"}),
    ("replicate", {"dimensions": 8}),
    ("replicate", {"input_type": "search_query"}),
    ("dashscope", {"input_type": "clustering"}),
    ("zhipu", {"input_type": "clustering"}),
    ("volcengine", {"input_type": "clustering"}),
    ("databricks at URL", {"dimensions": 8}),
    ("snowflake", {"dimensions": 8}),
    ("snowflake", {"input_type": "clustering"}),
    ("yandex", {"input_type": "clustering"}),
    ("upstage", {"input_type": "clustering"}),
    ("upstage", {"dimensions": 8}),
]


@pytest.mark.parametrize(("name", "option"), REFUSED, ids=str)
def test_what_the_sdk_has_no_word_for_is_refused_before_anything_is_sent(name: str, option: dict[str, Any]):
    oracle = next(oracle for oracle in PLATFORMS if oracle.name == name)
    with (
        Loopback(oracle.answer) as server,
        AnyLLM.create(oracle.provider, KEY, server.url + oracle.base, **oracle.client) as client,
        pytest.raises(UnsupportedParameterError) as error,
    ):
        client.embedding(oracle.model, "Hello", **option, **oracle.cases[0].extra)
    assert next(iter(option)) in str(error.value)
    assert server.requests == []


def test_who_has_no_oracle_has_a_reason():
    assert not {oracle.provider for oracle in PLATFORMS} & NOT_HELD.keys()
    assert all(len(reason) > 20 for reason in NOT_HELD.values())
