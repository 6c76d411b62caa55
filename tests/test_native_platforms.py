"""Does each platform's shape read its own replies and refusals, and only those? One line, one story."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from any_llm import exceptions as errors
from any_llm.wire import Send
from by_hand import KEY, TEXTS, VECTORS, a_call, a_setting, adapter_of, play, reply, vectors_of
from oracles.platforms import example

if TYPE_CHECKING:
    from any_llm.wire import Reply

A, B = VECTORS
GIVEN: dict[str, dict[str, Any]] = {
    "cloudflare": {"client": {"account_id": "account-1"}},
    "replicate": {"model": "o/n", "extra": {"input": {"texts": "$texts"}}},
    "yandex": {"client": {"folder_id": "folder-1"}},
}
"""What a call to this platform cannot do without."""


def call_of(provider: str, **given: Any) -> Any:
    return a_call(provider, **{"model": "m", **GIVEN.get(provider, {}), **given})


def like(provider: str, **fields: Any) -> dict[str, Any]:
    """The reply kept for this platform, with other fields."""
    return {**example(provider), **fields}


def less(provider: str, *names: str) -> dict[str, Any]:
    return {name: value for name, value in like(provider).items() if name not in names}


def dashscope(*items: tuple[int, Any]) -> dict[str, Any]:
    return {"embeddings": [{"text_index": index, "embedding": vector} for index, vector in items]}


def items(*pairs: tuple[int, Any]) -> list[dict[str, Any]]:
    return [{"object": "embedding", "embedding": vector, "index": index} for index, vector in pairs]


def done(output: Any, **fields: Any) -> dict[str, Any]:
    return like("replicate", output=output, **fields)


def running(status: str = "starting") -> Reply:
    return reply(done(None, status=status), 202)


BOTH = {"data": items((0, A), (1, B))}
SPARSE = {"sparse_embedding": [{"index": 7, "value": 0.5, "token": "a"}]}
READ = [
    # platform, what it answers for two texts -> indexes, prompt tokens, total tokens, model
    ("cloudflare", like("cloudflare", result={"shape": [2, 3], "data": [A, B]}), None, None, None, None),
    ("cloudflare", like("cloudflare", result={"data": [A, B]}, errors=None, messages=None), None, None, None, None),
    ("dashscope", like("dashscope", output=dashscope((0, A), (1, B))), [0, 1], 5, 5, None),
    ("dashscope", like("dashscope", output=dashscope((1, B), (0, A))), [1, 0], 5, 5, None),
    ("dashscope", {"output": dashscope((0, A), (1, B))}, [0, 1], None, None, None),
    ("dashscope", {"output": {"embeddings": [
        {"text_index": 0, "embedding": A, **SPARSE}, {"text_index": 1, "embedding": B}]}}, [0, 1], None, None, None),
    ("databricks", like("databricks", **BOTH), [0, 1], 5, 5, "gte-large-en-v1.5"),
    ("databricks", {**less("databricks", "usage"), **BOTH}, [0, 1], None, None, "gte-large-en-v1.5"),
    ("minimax", like("minimax", vectors=[A, B]), None, 5, 5, None),
    ("minimax", {**less("minimax", "total_tokens", "base_resp"), "vectors": [A, B]}, None, None, None, None),
    ("qianfan", like("qianfan", **BOTH), [0, 1], 5, 5, "embedding-v1"),
    ("yandex", like("yandex", **BOTH), [0, 1], 5, 5, "emb://folder-1/text-search-doc/latest"),
    *((provider, {**less(provider, "usage", "model"), **BOTH}, [0, 1], None, None, None)
      for provider in ("qianfan", "upstage", "volcengine", "yandex", "zhipu")),
    ("replicate", done([A, B]), None, None, None, None),
    ("replicate", done([{"embedding": A}, {"input": "b", "embedding": B}]), None, None, None, None),
    ("snowflake", like("snowflake", data=items((0, [A]), (1, [B]))), [0, 1], 5, 5, "snowflake-arctic-embed-l-v2.0"),
    ("snowflake", {"data": items((1, [B]), (0, [A])), "usage": {}}, [1, 0], None, None, None),
    ("snowflake", {"data": items((0, [A]), (1, [B]))}, [0, 1], None, None, None),
    ("upstage", like("upstage", **BOTH), [0, 1], 5, 5, "solar-embedding-2-query"),
    ("volcengine", like("volcengine", **BOTH), [0, 1], 5, 5, "doubao-embedding-text-240715"),
    ("zhipu", like("zhipu", **BOTH), [0, 1], 5, 5, "embedding-3"),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "body", "expected"), [(line[0], line[1], line[2:]) for line in READ])
def test_replies_are_read(provider: str, body: dict[str, Any], expected: tuple[Any, ...]):
    setting = a_setting(call_of(provider))
    part = setting.adapter.decode(setting.call, reply(body))
    assert (part.indexes, part.prompt_tokens, part.total_tokens, part.model, part.estimated) == (*expected, False)
    assert play(setting, [reply(body)]).error is None
    assert vectors_of(setting) == [A, B]


def test_the_reply_to_a_question_whether_it_is_done_may_be_as_large():
    setting = a_setting(call_of("replicate"))
    first, second = play(setting, [running(), reply(done([A, B]))]).sent
    assert first.limit == second.limit != Send(url="").limit


def test_one_text_may_come_back_as_its_vector_alone():
    setting = a_setting(call_of("replicate", extra={"input": {"text": "$text"}}), count=1)
    part = setting.adapter.decode(setting.call, reply(done([1.5, -2.5])))
    assert [bytes(vector) for vector in part.vectors] == [b"[1.5, -2.5]"]


BROKEN = [
    *(("cloudflare", body) for body in (
        b"", b"<html>", b"[]", b"null", {}, {"success": True}, {"result": None, "success": True}, {"result": [A, B]},
        like("cloudflare", result={"request_id": "queued"}), like("cloudflare", result={"data": [A]}),
        like("cloudflare", result={"response": [A, B]}), b'{"result": ' + b"[" * 9000 + b"]" * 9000 + b"}")),
    *(("dashscope", body) for body in (
        b"", {}, {"output": None}, {"output": {}}, {"output": dashscope((0, A))}, {"output": dashscope((0, A), (0, B))},
        {"output": {"embeddings": [SPARSE, SPARSE]}}, {"output": {"embeddings": [A, B]}}, {"code": "", "message": ""})),
    *(("minimax", body) for body in (
        b"", b"\xff", [], like("minimax", vectors=None), like("minimax", vectors=[A]), less("minimax", "vectors"))),
    *(("replicate", body) for body in (
        b"", {}, done(None), done([]), done("https://replicate.delivery/embeddings.npy"), done({"embeddings": [A, B]}),
        done([A]), done([1.0, 2.0]), done([{"vector": A}, {"vector": B}]), done([A, B], status="queued"))),
    *(("snowflake", body) for body in (
        b"", {}, {"data": None}, {"data": items((0, A), (1, B))}, {"data": items((0, [A, B]), (1, [B, A]))},
        {"data": items((0, []), (1, []))}, {"data": [{"embedding": [A]}, {"embedding": [B]}]},
        {"data": items((0, [A]), (0, [B]))})),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "body"), BROKEN)
def test_a_200_of_another_shape_is_looked_at_twice_and_refused(provider: str, body: object):
    played = play(a_setting(call_of(provider)), [reply(body)] * 2)
    assert (played.trace, type(played.error)) == ("go send go send", errors.InvalidResponseError)
    assert (played.error.status_code, played.error.provider_name) == (200, provider)


def cloudflare(code: object, message: str = "no") -> dict[str, Any]:
    return {"result": None, "success": False, "errors": [{"code": code, "message": message}], "messages": []}


def minimax(code: int) -> dict[str, Any]:
    return {"vectors": None, "total_tokens": 0, "base_resp": {"status_code": code, "status_msg": "no"}}


ONCE, AGAIN = "go send", "go send sleep 0.25 go send"
OPENAI = {"error": {"message": "no", "type": "t", "param": "", "code": "1214"}}
REFUSED = [
    # platform, status and body -> error, the status it means, the platform's code, how often it was sent
    ("cloudflare", 200, cloudflare(5006), errors.InvalidRequestError, 400, "5006", ONCE),
    ("cloudflare", 200, cloudflare(3040), errors.RateLimitError, 429, "3040", AGAIN),
    ("cloudflare", 200, cloudflare(9999), errors.ProviderError, 500, "9999", AGAIN),
    ("cloudflare", 200, cloudflare("x"), errors.ProviderError, 500, "x", AGAIN),
    ("cloudflare", 200, {"success": False, "errors": []}, errors.ProviderError, 500, None, AGAIN),
    ("cloudflare", 400, cloudflare(5007), errors.ModelNotFoundError, 404, "5007", ONCE),
    ("cloudflare", 401, cloudflare(10000), errors.AuthenticationError, 401, "10000", ONCE),
    ("cloudflare", 429, cloudflare(3040), errors.RateLimitError, 429, "3040", AGAIN),
    ("cloudflare", 429, cloudflare(3036), errors.InsufficientFundsError, 402, "3036", ONCE),
    ("cloudflare", 502, b"<html>", errors.UpstreamProviderError, 502, None, AGAIN),
    ("dashscope", 400, {"code": "InvalidParameter", "message": "no"},
     errors.InvalidRequestError, 400, "InvalidParameter", ONCE),
    ("dashscope", 429, {"code": "Throttling", "message": "no"}, errors.RateLimitError, 429, "Throttling", AGAIN),
    ("databricks", 404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no"},
     errors.ModelNotFoundError, 404, "RESOURCE_DOES_NOT_EXIST", ONCE),
    ("databricks", 429, {"error_code": "REQUEST_LIMIT_EXCEEDED", "message": "no"},
     errors.RateLimitError, 429, "REQUEST_LIMIT_EXCEEDED", AGAIN),
    ("minimax", 200, minimax(1000), errors.ProviderError, 500, "1000", AGAIN),
    ("minimax", 200, minimax(1001), errors.ProviderTimeoutError, 408, "1001", AGAIN),
    ("minimax", 200, minimax(1002), errors.RateLimitError, 429, "1002", AGAIN),
    ("minimax", 200, minimax(1004), errors.AuthenticationError, 401, "1004", ONCE),
    ("minimax", 200, minimax(1008), errors.InsufficientFundsError, 402, "1008", ONCE),
    ("minimax", 200, minimax(1039), errors.RateLimitError, 429, "1039", AGAIN),
    ("minimax", 200, minimax(2013), errors.InvalidRequestError, 400, "2013", ONCE),
    ("minimax", 200, minimax(7777), errors.ProviderError, 500, "7777", AGAIN),
    ("minimax", 503, b"busy", errors.ProviderError, 503, None, AGAIN),
    ("qianfan", 401, OPENAI, errors.AuthenticationError, 401, "1214", ONCE),
    ("replicate", 200, done(None, status="failed", error="no"), errors.InvalidRequestError, 422, "failed", ONCE),
    ("replicate", 200, done(None, status="canceled"), errors.InvalidRequestError, 422, "canceled", ONCE),
    ("replicate", 200, done(None, status="aborted"), errors.ProviderError, 503, "aborted", AGAIN),
    ("replicate", 422, {"title": "Input validation failed", "detail": "no", "status": 422},
     errors.InvalidRequestError, 422, "422", ONCE),
    ("replicate", 402, {"title": "No credit", "detail": "no"}, errors.InsufficientFundsError, 402, None, ONCE),
    ("snowflake", 401, {"code": "390144", "message": "no", "request_id": "r"},
     errors.AuthenticationError, 401, "390144", ONCE),
    ("upstage", 429, OPENAI, errors.RateLimitError, 429, "1214", AGAIN),
    ("volcengine", 404, OPENAI, errors.ModelNotFoundError, 404, "1214", ONCE),
    ("yandex", 400, {"code": 3, "message": "no", "details": []}, errors.InvalidRequestError, 400, "3", ONCE),
    ("yandex", 429, OPENAI, errors.RateLimitError, 429, "1214", AGAIN),
    ("zhipu", 400, OPENAI, errors.InvalidRequestError, 400, "1214", ONCE),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "status", "body", "expected"), [(*line[:3], line[3:]) for line in REFUSED])
def test_refusals_are_told_apart(provider: str, status: int, body: object, expected: tuple[Any, ...]):
    answers = [reply(body, status)] * expected[-1].count("send")
    played = play(a_setting(call_of(provider), retries=1), answers)
    assert (type(played.error), played.error.status_code, played.error.code, played.trace) == expected


ECHOES = [
    ("cloudflare", cloudflare(5006, f"'{TEXTS[0]}' {KEY}")),
    ("minimax", {"base_resp": {"status_code": 2013, "status_msg": f"'{TEXTS[0]}' {KEY}"}}),
    ("replicate", done(None, status="failed", error=f"'{TEXTS[0]}' {KEY}")),
]


@pytest.mark.parametrize(("provider", "body"), ECHOES)
def test_what_a_200_repeats_is_taken_out_too(provider: str, body: object):
    said = str(play(a_setting(call_of(provider)), [reply(body)]).error)
    assert "[input]" in said
    assert TEXTS[0] not in said
    assert KEY not in said


STORIES = [
    # statuses before the end -> what is done
    ([running()], "go send sleep 0.5 send"),
    ([running(), running("processing")], "go send sleep 0.5 send sleep 0.5 send"),
    ([reply(b"", 503)], "go send sleep 0.25 go send"),
    ([running(), reply(b"", 503)], "go send sleep 0.5 send sleep 0.25 go send"),
]


@pytest.mark.parametrize(("before", "trace"), STORIES)
def test_a_prediction_is_waited_for(before: list[Reply], trace: str):
    setting = a_setting(call_of("replicate"))
    played = play(setting, [*before, reply(done([A, B]))])
    assert (played.trace, played.error) == (trace, None)
    assert vectors_of(setting) == [A, B]


def test_what_a_prediction_has_so_far_is_not_taken_for_all():
    setting = a_setting(call_of("replicate"))
    played = play(setting, [reply(done([A, A], status="processing"), 202), reply(done([A, B]))])
    assert [send.method for send in played.sent] == ["POST", "GET"]
    assert vectors_of(setting) == [A, B]


def test_a_failure_while_waiting_is_not_paid_for_twice():
    played = play(a_setting(call_of("replicate")), [running(), reply(done(None, status="failed", error="no"))])
    assert (played.trace, type(played.error)) == ("go send sleep 0.5 send", errors.InvalidRequestError)


@pytest.mark.parametrize("provider", ["cloudflare", "minimax", "replicate"])
@pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b"{}", b"<html>", b"[" * 9000 + b"]" * 9000])
def test_no_reply_is_too_strange_to_explain(provider: str, body: bytes):
    adapter = adapter_of(call_of(provider))
    assert adapter.status(reply(body, 502)) == 502
    assert adapter.explain(reply(body, 502)).message
