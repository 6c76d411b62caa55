"""Do we send what these vendors' own SDKs send, and read what they read?

Jina has none (jinaai 0.2.10 makes no embeddings call): its documented examples stand in. LM Studio's own (lmstudio
1.5.0) speaks WebSocket frames, so the SDK its HTTP API is documented with, openai, is the oracle. Infinity's
(infinity_client 0.0.78) demands httpx below 0.28, which others here cannot live with; its server documents openai too.
"""

from __future__ import annotations

import asyncio
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from any_llm import UnsupportedParameterError
from any_llm.client import _class_of
from any_llm.providers.table import ROWS
from loopback import Answer, Loopback, Request
from oracles.replies import WIDTH, tokens, vector
from oracles.shape import KEY, Case, Oracle, Read
from oracles.vendors import VENDORS, example_requests, listed
from test_wire_contract import IGNORED, Sent, float32

if TYPE_CHECKING:
    from collections.abc import Callable

UNTOLD = IGNORED | {"x-source", "x-title", "x-amzn-trace-id"}
"""Perplexity's SDK names itself in two more; Hugging Face's gives each request a random name."""


def list_of_input(sent: Sent, case: Case) -> None:
    """One text is sent as a list of one: a batch has one shape, and the reply is the same."""
    sent.body["input"] = case.texts


def list_of_inputs(sent: Sent, case: Case) -> None:
    """The same, by another name."""
    sent.body["inputs"] = case.texts


def base64(sent: Sent, case: Case) -> None:
    """Vectors are asked for in base64, which the API has: exact, and a third of the bytes."""
    sent.body.setdefault("encoding_format", "base64")


def floats(sent: Sent, case: Case) -> None:
    """LM Studio sends lists whatever is asked for; the SDK asks for base64, which we need not."""
    del sent.body["encoding_format"]


def says_int8(sent: Sent, case: Case) -> None:
    """The encoding is named, though it is the API's default: what is read relies on it."""
    sent.body["encoding_format"] = "base64_int8"


def no_nulls(sent: Sent, case: Case) -> None:
    """What was not asked for is not sent; the SDK sends it as null, which the API reads as its default."""
    sent.body = {name: value for name, value in sent.body.items() if value is not None}


def long_texts_are_nomics_affair(sent: Sent, case: Case) -> None:
    """Nobody asked for a cut, so none is asked for; the SDK writes out the API's default."""
    if case.overflow is None:
        del sent.body["long_text_mode"]


def refuse_overflow(sent: Sent, case: Case) -> None:
    """Over-long input is an error here, where the default cuts it in silence. Isaacus's word for that is null."""
    if "texts" in sent.body:
        sent.body.setdefault("overflow_strategy", None)
    else:
        sent.body.setdefault("truncate", False)


DIFFERENCES: dict[str, Callable[[Sent, Case], None]] = {
    difference.__name__: difference
    for difference in (
        list_of_input,
        list_of_inputs,
        base64,
        floats,
        says_int8,
        no_nulls,
        long_texts_are_nomics_affair,
        refuse_overflow,
    )
}
"""All the ways in which we mean to differ; each docstring says why."""


def only(server: Loopback) -> Sent:
    """The one request that asked for vectors."""
    (request,) = (request for request in server.requests if request.method == "POST")
    headers = {name: value for name, value in request.headers.items() if name not in UNTOLD}
    return Sent(request.method, request.path, request.query, headers, request.json)


@cache
def of_the_sdk(name: str, case_name: str) -> tuple[bytes, Read]:
    """Record the SDK's request (as JSON: nobody may change it) and what it read."""
    oracle = next(oracle for oracle in VENDORS if oracle.name == name)
    case = next(case for case in oracle.cases if case.name == case_name)
    with Loopback(oracle.answer) as server:
        read = oracle.embed(server.url + oracle.base, oracle, case)
    return msgspec.json.encode(only(server)), read


def of_ours(oracle: Oracle, case: Case, mode: str) -> tuple[Sent, Read]:
    with Loopback(oracle.answer) as server:
        client = _class_of(ROWS[oracle.provider])(KEY, server.url + oracle.base, **oracle.client)
        options = {"dimensions": case.dimensions, "input_type": case.input_type, "overflow": case.overflow}
        call = {"model": oracle.model, "inputs": case.inputs, **options, **case.extra}
        with client:
            result = client.embedding(**call) if mode == "sync" else asyncio.run(_asynchronously(client, call))
    measured = result.usage.total_tokens if result.usage.source == "measured" else None
    return only(server), Read([item.embedding for item in result.data], measured)


async def _asynchronously(client: Any, call: dict[str, Any]) -> Any:
    async with client:
        return await client.aembedding(**call)


CALLS = [
    pytest.param(
        *(oracle, case, mode),
        id=f"{oracle}: {case.name}, {mode}",
        marks=pytest.mark.proves(oracle.provider, "sdk", oracle.sdk),
    )
    for oracle in VENDORS
    for case in oracle.cases
    for mode in ("sync", "async")
]


@pytest.mark.parametrize(("oracle", "case", "mode"), CALLS)
def test_we_send_what_the_sdk_sends_and_read_what_it_reads(oracle: Oracle, case: Case, mode: str):
    recording, expected = of_the_sdk(oracle.name, case.name)
    sent, read = of_ours(oracle, case, mode)

    want = msgspec.json.decode(recording, type=Sent)
    for name in oracle.differences:
        DIFFERENCES[name](want, case)
    assert sent == want
    assert float32(read.vectors) == float32(expected.vectors)
    assert len(set(float32(read.vectors))) == len(case.texts)
    assert read.tokens == expected.tokens


@pytest.mark.parametrize("name", DIFFERENCES)
def test_a_difference_that_is_none_any_more_is_struck_off(name: str):
    differing = [oracle for oracle in VENDORS if name in oracle.differences]
    assert differing
    for oracle in differing:
        recording, _ = of_the_sdk(oracle.name, oracle.cases[0].name)
        sent = msgspec.json.decode(recording, type=Sent)
        DIFFERENCES[name](sent, oracle.cases[0])
        assert sent != msgspec.json.decode(recording, type=Sent)


@pytest.mark.parametrize("documented", example_requests(), ids=lambda body: f"{body['model']}, {len(body)} fields")
def test_we_send_what_jina_documents(documented: dict[str, Any]):
    def answer(request: Request) -> Answer:
        as_openai = {**request.json, "encoding_format": request.json["embedding_type"]}
        return listed("jina")(msgspec.structs.replace(request, body=msgspec.json.encode(as_openai)))

    given = {name: value for name, value in documented.items() if name not in {"model", "input"}}
    with Loopback(answer) as server, _class_of(ROWS["jina"])(KEY, server.url + "/v1") as client:
        result = client.embedding(documented["model"], documented["input"], **given)
    sent = only(server)
    assert (sent.method, sent.path, sent.query) == ("POST", "/v1/embeddings", {})
    assert sent.headers == {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
    assert sent.body == {"embedding_type": "base64", **documented}  # exact, and fewer bytes
    width = documented.get("dimensions", WIDTH)
    vectors = [vector(text, width) for text in documented["input"]]
    assert float32([item.embedding for item in result.data]) == float32(vectors)
    assert (result.model, result.usage.total_tokens) == (documented["model"], tokens(documented["input"]))


REFUSED = [
    ("huggingface", {"dimensions": 8}),
    ("infinity", {"input_type": "search_query"}),
    ("isaacus", {"input_type": "clustering"}),
    ("lmstudio", {"input_type": "search_query"}),
    ("mixedbread", {"input_type": "search_query"}),
    ("mixedbread", {"overflow": "error"}),
    ("nomic", {"input_type": "similarity"}),
    ("perplexity", {"input_type": "clustering"}),
    ("tei", {"input_type": "similarity"}),
]


@pytest.mark.parametrize(("name", "option"), REFUSED, ids=str)
def test_what_the_sdk_has_no_word_for_is_refused_before_anything_is_sent(name: str, option: dict[str, Any]):
    oracle = next(oracle for oracle in VENDORS if oracle.name == name)
    with Loopback(oracle.answer) as server, _class_of(ROWS[name])(KEY, server.url + oracle.base) as client:
        with pytest.raises(UnsupportedParameterError) as error:
            client.embedding(oracle.model, "Hello", **option)
        assert server.requests == []
    assert next(iter(option)) in str(error.value)
