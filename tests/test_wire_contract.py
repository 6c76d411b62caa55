"""Do we send what the official SDK sends, and read what it reads?

Each call is made twice against a recording server: by the SDK and by us. What is expected is the SDK's recording.
"""

from __future__ import annotations

import asyncio
import struct
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

import any_llm
from loopback import Loopback
from oracles import ORACLES, Case, Oracle
from oracles.shape import KEY, Read

if TYPE_CHECKING:
    from collections.abc import Callable

IGNORED = {
    *("host", "connection", "content-length", "accept", "accept-encoding", "user-agent"),
    *("x-stainless-lang", "x-stainless-package-version", "x-stainless-os", "x-stainless-arch", "x-stainless-runtime"),
    *("x-stainless-runtime-version", "x-stainless-async", "x-stainless-retry-count", "x-stainless-read-timeout"),
    *("x-fern-language", "x-fern-runtime", "x-fern-platform", "x-fern-sdk-name", "x-fern-sdk-version"),
    "x-goog-api-client",
}
"""Headers that say which program sends; they change nothing of the reply."""


class Sent(msgspec.Struct):
    """A request, without what says who sent it."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: dict[str, Any]


def list_of_one(sent: Sent, case: Case) -> None:
    """One text is sent as a list of one: a batch has one shape, and the reply is the same."""
    sent.body["input"] = case.texts


def base64(sent: Sent, case: Case) -> None:
    """Vectors are asked for in base64, which the API has: exact, and a third of the bytes."""
    sent.body.setdefault("encoding_format", "base64")


def no_nulls(sent: Sent, case: Case) -> None:
    """What was not asked for is not sent; the SDK sends it as null, which the API reads as its default."""
    sent.body = {name: value for name, value in sent.body.items() if value is not None}


def refuse_overflow_cohere(sent: Sent, case: Case) -> None:
    """Over-long input is an error here, where Cohere's default cuts it in silence."""
    sent.body.setdefault("truncate", "NONE")


def refuse_overflow_ollama(sent: Sent, case: Case) -> None:
    """Over-long input is an error here, where Ollama's default cuts it in silence."""
    sent.body.setdefault("truncate", False)


def refuse_overflow_voyage(sent: Sent, case: Case) -> None:
    """Over-long input is an error here, where Voyage's default, which the SDK writes out, cuts it in silence."""
    if case.overflow is None and "truncation" not in case.extra:
        sent.body["truncation"] = False


def azure_v1_key_header(sent: Sent, case: Case) -> None:
    """The key goes in `api-key`, as on Azure's dated API; the v1 reference allows this and the SDK's bearer alike."""
    sent.headers["api-key"] = sent.headers.pop("authorization").removeprefix("Bearer ")


def one_slash(sent: Sent, case: Case) -> None:
    """A base that ends in a slash gives no empty segment; the SDK's own default has no slash there."""
    sent.path = sent.path.replace("//", "/")


def version_once(sent: Sent, case: Case) -> None:
    """A base that already ends in the version is taken at its word: older SDKs of these providers had it there."""
    sent.path = sent.path.replace("/v1/v1/", "/v1/")


DIFFERENCES: dict[str, Callable[[Sent, Case], None]] = {
    difference.__name__: difference
    for difference in (
        list_of_one,
        base64,
        no_nulls,
        refuse_overflow_cohere,
        refuse_overflow_ollama,
        refuse_overflow_voyage,
        azure_v1_key_header,
        one_slash,
        version_once,
    )
}
"""All the ways in which we mean to differ; each docstring says why."""


def only(server: Loopback) -> Sent:
    (request,) = server.requests
    headers = {name: value for name, value in request.headers.items() if name not in IGNORED}
    return Sent(request.method, request.path, request.query, headers, request.json)


@cache
def of_the_sdk(name: str, case_name: str) -> tuple[bytes, Read]:
    """Record the SDK's request (as JSON: nobody may change it) and what it read."""
    oracle = next(oracle for oracle in ORACLES if oracle.name == name)
    case = next(case for case in oracle.cases if case.name == case_name)
    with Loopback(oracle.answer) as server:
        read = oracle.embed(server.url + oracle.base, oracle, case)
    return msgspec.json.encode(only(server)), read


def of_ours(oracle: Oracle, case: Case, mode: str) -> tuple[Sent, Read]:
    with Loopback(oracle.answer) as server:
        call = {
            "model": oracle.model,
            "inputs": case.inputs,
            "provider": oracle.provider,
            "api_key": KEY if oracle.keyed else None,
            "api_base": server.url + oracle.base,
            "client_args": dict(oracle.client),
            "dimensions": case.dimensions,
            "input_type": case.input_type,
            "overflow": case.overflow,
            **case.extra,
        }
        result = any_llm.embedding(**call) if mode == "sync" else asyncio.run(any_llm.aembedding(**call))
    measured = result.usage.total_tokens if result.usage.source == "measured" else None
    return only(server), Read([item.embedding for item in result.data], measured)


def float32(vectors: list[list[float]]) -> list[bytes]:
    return [struct.pack(f"<{len(vector)}f", *vector) for vector in vectors]


CALLS = [
    pytest.param(
        *(oracle, case, mode),
        id=f"{oracle}: {case.name}, {mode}",
        marks=pytest.mark.proves(oracle.provider, "sdk", oracle.sdk),
    )
    for oracle in ORACLES
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
    assert read.tokens == expected.tokens


@pytest.mark.parametrize("name", DIFFERENCES)
def test_a_difference_that_is_none_any_more_is_struck_off(name: str):
    differing = [oracle for oracle in ORACLES if name in oracle.differences]
    assert differing
    for oracle in differing:
        recording, _ = of_the_sdk(oracle.name, oracle.cases[0].name)
        sent = msgspec.json.decode(recording, type=Sent)
        DIFFERENCES[name](sent, oracle.cases[0])
        assert sent != msgspec.json.decode(recording, type=Sent)


@pytest.mark.parametrize("oracle", ORACLES, ids=str)
def test_the_replies_tell_the_texts_apart(oracle: Oracle):
    _, read = of_the_sdk(oracle.name, oracle.cases[-1].name)
    assert len(set(float32(read.vectors))) == len(oracle.cases[-1].texts)


REFUSED = [
    ("together", {"dimensions": 8}),
    ("together", {"input_type": "clustering"}),
    ("mistral", {"input_type": "clustering"}),
    ("ollama", {"input_type": "search_query"}),
    ("vllm", {"input_type": "search_query"}),
    ("llamacpp", {"input_type": "clustering"}),
    ("voyage", {"input_type": "clustering"}),
    ("gemini-embedding-2", {"input_type": "RETRIEVAL_QUERY"}),
]


@pytest.mark.parametrize(("name", "option"), REFUSED, ids=str)
def test_what_the_sdk_has_no_word_for_is_refused_before_anything_is_sent(name: str, option: dict[str, Any]):
    oracle = next(oracle for oracle in ORACLES if oracle.name == name)
    with Loopback(oracle.answer) as server, pytest.raises(any_llm.UnsupportedParameterError) as error:
        any_llm.embedding(
            oracle.model,
            "Hello",
            provider=oracle.provider,
            api_key=KEY,
            api_base=server.url + oracle.base,
            **option,
        )
    assert next(iter(option)) in str(error.value)
    assert server.requests == []
