"""What does a caller see of a mistake in an adapter of somebody's own: who it was, and the cause?"""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

import any_llm
from any_llm import AnyLLMError, InvalidProviderError, InvalidResponseError, ProviderError, Row, register_provider
from any_llm.providers.fields import refusal
from any_llm.wire import Part, Refusal, Run, Send
from colours import COLOURS
from loopback import Answer

SECRET = "a text that nobody shall see"


class Own:
    """Speaks to a server of its own."""

    def encode(self, call, batch):
        return Send(url=call.base, body=json.dumps({"texts": list(batch.texts)}).encode())

    def decode(self, call, reply):
        read = json.loads(reply.body)
        raw = [msgspec.Raw(json.dumps(vector).encode()) for vector in read["vectors"]]
        return Part(vectors=raw, prompt_tokens=read.get("tokens"), model=call.model)

    def explain(self, reply):
        return refusal(reply)


class InProcess(Own):
    """Speaks to nobody."""

    def __init__(self, function):
        self.function = function

    def encode(self, call, batch):
        return Run(self.function)


def fails(error: Exception):
    def fail(*_: Any) -> Any:
        raise error

    return fail


async def later():
    raise KeyError(SECRET)


def one_that(method, function):
    """The same adapter, but for one method."""
    adapter = Own()
    setattr(adapter, method, function)
    return adapter


def ask(call, adapter, server=None, inputs=("a", "b"), **client):
    kind = {} if server else {"kind": "in-process"}
    row = Row(**{"name": "mine", "title": "Mine", "kind": "server", "source": "the wiki", "read": "2026-11-30",
                 "key_required": False, "adapter": adapter, "api_base": server and server.url, **kind})  # fmt: skip
    register_provider(row)
    return call("m", list(inputs), provider="mine", client_args={"max_retries": 0, **client})


BROKEN = msgspec.ValidationError(SECRET)
NO_RAW = Part(vectors=[[1.0], [2.0]])
GOOD = {"vectors": [[1.0], [2.0]], "tokens": 2}
WRONG = [
    # adapter, status and body of the server -> error, its words, its cause
    (one_that("encode", fails(KeyError(SECRET))), 200, InvalidProviderError, "m: .* encode raised KeyError", KeyError),
    (one_that("encode", fails(BROKEN)), 200, InvalidProviderError, "m: .* encode raised Valid", ValueError),
    (one_that("decode", fails(OSError(SECRET))), 200, InvalidProviderError, "m: .* decode raised OSError", OSError),
    (one_that("decode", lambda *_: None), 200, InvalidProviderError, "decode gave a NoneType, not a Part", TypeError),
    (one_that("decode", lambda *_: NO_RAW), 200, InvalidProviderError, "neither msgspec.Raw", TypeError),
    (one_that("explain", fails(KeyError(SECRET))), 500, InvalidProviderError, "m: .* explain raised Key", KeyError),
    (one_that("for_model", fails(OSError(SECRET))), 200, InvalidProviderError, "for_model raised OSE", OSError),
    (one_that("decode", fails(KeyError(SECRET))), 200, InvalidResponseError, "m: .* raised KeyError", KeyError),
    (one_that("decode", fails(TypeError(SECRET))), 200, InvalidResponseError, "cannot read it, and", TypeError),
    (Own(), 400, any_llm.InvalidRequestError, "m: no such option", None),
    (InProcess(fails(RuntimeError(SECRET))), None, ProviderError, "m: its function raised Runtime", RuntimeError),
    (InProcess(later), None, ProviderError, "m: its function raised KeyError", KeyError),
]


@COLOURS
@pytest.mark.parametrize(("adapter", "status", "kind", "words", "cause"), WRONG, ids=range(len(WRONG)))
def test_a_mistake_is_an_error_of_ours_with_its_cause(call, adapter, status, *, kind, words, cause, loopback):
    body = GOOD if status == 200 else {"message": "no such option"}
    server = loopback(lambda _: Answer(status, json=body)) if status else None
    with pytest.raises(AnyLLMError, match=words) as caught:
        ask(call, adapter, server)
    assert (type(caught.value), caught.value.provider_name) == (kind, "mine")
    assert SECRET not in f"{caught.value}"
    beneath = caught.value.__cause__
    assert isinstance(beneath, cause) if cause else beneath is None
    assert caught.value.original_exception is beneath


@COLOURS
def test_a_reply_that_it_cannot_read_is_asked_for_once_more(call, loopback):
    answers = iter([b"[not JSON", json.dumps(GOOD).encode()])
    server = loopback(lambda _: Answer(body=next(answers)))
    assert [item.embedding for item in ask(call, Own(), server).data] == [[1.0], [2.0]]


ERRORS_OF_OURS = [
    any_llm.ContentFilterError("blocked"),
    any_llm.UnsupportedParameterError("x", "mine", "Leave it out."),
]


@pytest.mark.parametrize("error", ERRORS_OF_OURS, ids=lambda error: type(error).__name__)
def test_our_own_errors_pass(error, loopback):
    server = loopback(lambda _: Answer(json=GOOD))
    with pytest.raises(type(error)) as caught:
        ask(any_llm.embedding, one_that("encode", fails(error)), server)
    assert caught.value is error


COUNTS = [5, -5, "5", 1.5, True, None, [], {}, float("nan"), 10**400]


@COLOURS
@pytest.mark.parametrize("tokens", COUNTS, ids=str)
def test_a_count_that_is_none_is_unknown(call, tokens, loopback):
    def decode(call, reply):
        return msgspec.structs.replace(Own().decode(call, reply), prompt_tokens=tokens, total_tokens=tokens)

    result = ask(call, one_that("decode", decode), loopback(lambda _: Answer(json=GOOD)))
    known = tokens in (5, 1.5) and tokens is not True
    assert (result.usage.total_tokens, result.usage.source) == ((int(tokens), "measured") if known else (0, "unknown"))


@pytest.mark.parametrize("indexes", [["0", "1"], [None, None], [0, True], [0.0, 1.0]], ids=str)
def test_indexes_are_whole_numbers(indexes, loopback):
    def decode(call, reply):
        return msgspec.structs.replace(Own().decode(call, reply), indexes=indexes)

    with pytest.raises(InvalidResponseError, match="indexes"):
        ask(any_llm.embedding, one_that("decode", decode), loopback(lambda _: Answer(json=GOOD)))


def test_what_it_may_have_beside_is_asked_too(loopback):
    adapter = SimpleNamespace(
        encode=Own().encode,
        decode=Own().decode,
        explain=lambda _: Refusal(message="gone"),
        status=lambda _: 404,
    )
    with pytest.raises(any_llm.ModelNotFoundError, match="m: gone"):
        ask(any_llm.embedding, adapter, loopback(lambda _: Answer(json=GOOD)))
