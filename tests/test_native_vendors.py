"""Do the shapes of these vendors read their own replies, and only those? What becomes of their refusals?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from any_llm import exceptions as errors
from any_llm.providers.table import ROWS
from by_hand import VECTORS, a_call, a_setting, play, reply, vectors_of
from oracles.vendors import SHAPES, shape

if TYPE_CHECKING:
    from any_llm.wire import Call

A, B = VECTORS
A8, B8 = "AQID", "BAUG"
"""The same, as base64 of signed bytes."""
PACKED = [{"embedding": A8, "index": 0}, {"embedding": B8, "index": 1}]
ITEMS = [{"embedding": A, "index": 0}, {"embedding": B, "index": 1}]
NONE = (None, None, None, None)


def a_vendor(name: str, model: str = "m", **given: Any) -> Call:
    return a_call(name, model, row=ROWS[name], **given)


def numbered(*vectors: Any) -> dict[str, Any]:
    return {"data": [{"index": index, "embedding": vector} for index, vector in enumerate(vectors)]}


def listed(**fields: Any) -> dict[str, Any]:
    return {"object": "list", "data": ITEMS, "model": "n", **fields}


USAGE = {"prompt_tokens": 3, "total_tokens": 4}
TOKENS = {"x_compute_tokens": "9", "x_compute_type": "cpu"}
READ = [
    # provider, what it answers for two texts, its headers -> indexes, prompt tokens, total tokens, model
    ("huggingface", [A, B], {}, NONE),
    ("huggingface", [A, B], TOKENS, (None, 9, 9, None)),
    ("infinity", listed(usage={"prompt_tokens": 4, "total_tokens": 4}, id="infinity-1"), {}, ([0, 1], 4, 4, "n")),
    ("infinity", listed(), {}, ([0, 1], None, None, "n")),
    ("isaacus", {"embeddings": ITEMS, "usage": {"input_tokens": 7}}, {}, ([0, 1], 7, 7, None)),
    ("isaacus", {"embeddings": ITEMS[::-1], "usage": {"input_tokens": 7}}, {}, ([1, 0], 7, 7, None)),
    ("isaacus", {"embeddings": ITEMS}, {}, ([0, 1], None, None, None)),
    ("isaacus", {"embeddings": ITEMS, "usage": None}, {}, ([0, 1], None, None, None)),
    ("jina", listed(usage=USAGE), {}, ([0, 1], 3, 4, "n")),
    ("jina", listed(usage={"total_tokens": 4}), {}, ([0, 1], 4, 4, "n")),
    ("jina", listed(usage={**USAGE, "image_tokens": None}), {}, ([0, 1], 3, 4, "n")),
    ("jina", listed(), {}, ([0, 1], None, None, "n")),
    ("jina", listed(data=ITEMS[::-1]), {}, ([1, 0], None, None, "n")),
    ("lmstudio", listed(usage={"prompt_tokens": 0, "total_tokens": 0}), {}, ([0, 1], None, None, "n")),
    ("lmstudio", listed(usage=USAGE), {}, ([0, 1], 3, 4, "n")),  # issue 1546 is closed: some day it counts
    ("lmstudio", listed(), {}, ([0, 1], None, None, "n")),
    ("mixedbread", listed(usage=USAGE, normalized=True, encoding_format="float"), {}, ([0, 1], 3, 4, "n")),
    ("mixedbread", listed(), {}, ([0, 1], None, None, "n")),
    ("nomic", {"embeddings": [A, B], "usage": USAGE, "model": "n"}, {}, (None, 3, 4, "n")),
    ("nomic", {"embeddings": [A, B], "usage": {"total_tokens": 4}, "model": "n"}, {}, (None, 4, 4, "n")),
    ("nomic", {"embeddings": [A, B], "usage": {}}, {}, NONE),
    ("nomic", {"embeddings": [A, B]}, {}, NONE),
    ("perplexity", listed(data=PACKED), {}, ([0, 1], None, None, "n")),
    ("perplexity", listed(data=PACKED[::-1], usage={**USAGE, "cost": {"currency": "USD"}}), {}, ([1, 0], 3, 4, "n")),
    ("tei", [A, B], TOKENS, (None, 9, 9, None)),
    ("tei", [A, B], {}, NONE),
    ("tei", [A, B], {"x_compute_tokens": "many"}, NONE),
    ("tei", [A, B], {"x_compute_tokens": "0"}, (None, 0, 0, None)),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "body", "headers", "expected"), READ)
def test_replies_are_read(provider: str, body: Any, headers: dict[str, str], expected: tuple[Any, ...]):
    setting = a_setting(a_vendor(provider))
    part = setting.adapter.decode(setting.call, reply(body, **headers))
    assert (part.indexes, part.prompt_tokens, part.total_tokens, part.model, part.estimated) == (*expected, False)
    assert play(setting, [reply(body, **headers)]).error is None
    assert vectors_of(setting) == [A, B]


@pytest.mark.parametrize("provider", SHAPES)
def test_the_reply_its_page_shows_is_read(provider: str):
    example = shape(provider)
    headers = {name.replace("-", "_"): value for name, value in SHAPES[provider].get("headers", {}).items()}
    setting = a_setting(a_vendor(provider))
    part = setting.adapter.decode(setting.call, reply(example, **headers))
    vectors = example if isinstance(example, list) else example.get("data", example.get("embeddings"))
    assert len(part.vectors) == len(vectors)
    assert (part.prompt_tokens is None) is (provider in {"huggingface", "lmstudio"})


TOKENWISE = [[A, B], [B, A]]
BROKEN = [
    *(("tei", body, words) for body, words in (
        ({}, "array"), ({"error": "no", "error_type": "Backend"}, "array"), (None, "array"), (b"", ""),
        ([], "2 inputs"), ([A], "2 inputs"), ([A, B, A], "2 inputs"), ([1.0, 2.0], "no list"), ([A, None], "no list"),
        ([A, [1.0, 2.0]], "wide"), ([A, []], "empty"), (TOKENWISE, "vector a token"),
        (b"[ [ [1.0]], [[2.0]]]", "vector a token"))),
    ("huggingface", TOKENWISE, "vector a token"),
    ("huggingface", {"error": "overloaded"}, "array"),
    *(("isaacus", {"embeddings": items}, words) for items, words in (
        (None, "array"), ([A, B], "object"), (ITEMS[:1], "2 inputs"), ([ITEMS[0], ITEMS[0]], "permutation"),
        ([ITEMS[0], {"embedding": B}], "index"))),
    *(("nomic", body, words) for body, words in (
        ({"detail": "no"}, "embeddings"), ({"embeddings": [A]}, "2 inputs"), ({"embeddings": None}, "array"))),
    *(("perplexity", numbered(A8, second), words) for second, words in (
        (B, "bytes"), (None, "bytes"), ("BAU", "base64"), ("", "empty"), ("BAUGBw==", "wide"))),
    ("jina", {"data": [{"index": i, "embeddings": [A, B]} for i in range(2)], "model": "n"}, "embedding"),
    ("jina", numbered({"float": A, "binary": A}, {"float": B, "binary": B}), "no list"),
    ("jina", numbered({"law": 1.5}, {"tort": 0.5}), "no list"),
    ("mixedbread", numbered({"float": A}, {"float": B}), "no list"),
    ("lmstudio", {"error": "Unexpected endpoint or method. (POST /embeddings). Returning 200 anyway"}, "data"),
    ("infinity", numbered([A, B], [B, A]), "no list"),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "body", "words"), BROKEN)
def test_a_200_of_another_shape_is_looked_at_twice_and_refused(provider: str, body: Any, words: str):
    played = play(a_setting(a_vendor(provider)), [reply(body)] * 2)
    assert (played.trace, type(played.error)) == ("go send go send", errors.InvalidResponseError)
    assert words in str(played.error)


def test_perplexitys_bytes_are_signed_and_nothing_is_scaled():
    setting = a_setting(a_vendor("perplexity"))
    data = [{"embedding": "gP8Af/4=", "index": 0}, {"embedding": "AAAAAAE=", "index": 1}]
    assert play(setting, [reply({"data": data})]).error is None
    assert vectors_of(setting) == [[-128, -1, 0, 127, -2], [0, 0, 0, 0, 1]]


JINA_LONG = "Input text exceeds the model's maximum of 8194 tokens. Use 'truncate: true' to automatically truncate."
PYDANTIC = {"detail": [{"loc": ["body", "input"], "msg": "Field required", "type": "missing"}]}
BAD, KEY, MODEL = errors.InvalidRequestError, errors.AuthenticationError, errors.ModelNotFoundError
LONG, MONEY, RATE = errors.ContextLengthExceededError, errors.InsufficientFundsError, errors.RateLimitError
REFUSALS = [
    # provider, status, body -> error, words of the message, code, type
    ("huggingface", 400, {"error": ["Error in `inputs`: str expected"]}, (BAD, "str expected", None, None)),
    ("huggingface", 401, {"error": "Invalid username or password."}, (KEY, "Invalid", None, None)),
    ("huggingface", 402, {"error": "You have exceeded your monthly credits"}, (MONEY, "credits", None, None)),
    ("huggingface", 404, b"Not Found", (MODEL, "Not Found", None, None)),
    ("huggingface", 503, {"error": "Model x is loading", "estimated_time": 20.0},
     (errors.ProviderError, "loading", None, None)),
    ("infinity", 400, {"error": {"message": "MatryoshkaDimError -> 4096", "type": None, "param": None, "code": 400}},
     (BAD, "4096", "400", None)),
    ("infinity", 401, {"detail": "Unauthorized"}, (KEY, "Unauthorized", None, None)),
    ("infinity", 422, PYDANTIC, (BAD, "Field required", None, None)),
    ("isaacus", 400, SHAPES["isaacus"]["refusal"], (BAD, "more tokens", None, "about:blank")),
    ("isaacus", 401, {"title": "Unauthorized", "detail": None}, (KEY, "Unauthorized", None, None)),
    ("isaacus", 402, {"type": "about:blank", "title": "Payment required", "status": 402},
     (MONEY, "Payment required", None, "about:blank")),
    ("isaacus", 403, {"message": "Forbidden"}, (KEY, "Forbidden", None, None)),
    ("isaacus", 502, b"<html>Bad Gateway</html>", (errors.UpstreamProviderError, "Bad Gateway", None, None)),
    ("jina", 400, {"detail": "Model 'x' not found.", "code": "INPUT_MODEL_NOT_FOUND"},
     (MODEL, "not found", "INPUT_MODEL_NOT_FOUND", None)),
    ("jina", 400, {"detail": {"message": JINA_LONG}}, (LONG, "8194", None, None)),
    ("jina", 401, {"detail": "Invalid API key.", "code": "AUTH_INVALID_API_KEY", "request_id": "03"},
     (KEY, "Invalid API key", "AUTH_INVALID_API_KEY", None)),
    ("jina", 403, {"detail": "Top up.", "code": "AUTHZ_INSUFFICIENT_BALANCE"},
     (MONEY, "Top up", "AUTHZ_INSUFFICIENT_BALANCE", None)),
    ("jina", 422, PYDANTIC, (BAD, "Field required", None, None)),
    ("jina", 429, {"detail": "Slow.", "code": "RATE_TOKEN_LIMIT_EXCEEDED"},
     (RATE, "Slow", "RATE_TOKEN_LIMIT_EXCEEDED", None)),
    ("jina", 504, {"detail": "Late.", "code": "SERVICE_TIMEOUT"},
     (errors.GatewayTimeoutError, "Late", "SERVICE_TIMEOUT", None)),
    ("lmstudio", 400, {"error": "'input' field is required"}, (BAD, "required", None, None)),
    ("lmstudio", 404, {"error": {"message": "No model", "type": "invalid_request_error", "code": "model_not_found"}},
     (MODEL, "No model", "model_not_found", "invalid_request_error")),
    ("mixedbread", 400, {"error": {"message": "Bad.", "type": "invalid_request_error", "param": "input", "code": "x"}},
     (BAD, "Bad", "x", "invalid_request_error")),
    ("mixedbread", 429, {"detail": "Too many"}, (RATE, "Too many", None, None)),
    ("nomic", 401, {"detail": "Unauthorized"}, (KEY, "Unauthorized", None, None)),
    ("nomic", 422, PYDANTIC, (BAD, "Field required", None, None)),
    ("perplexity", 401, {"error": {"message": "Invalid API key", "type": "invalid_api_key", "code": 401}},
     (KEY, "Invalid", "401", "invalid_api_key")),
    ("perplexity", 422, PYDANTIC, (BAD, "Field required", None, None)),
    ("tei", 401, b"", (KEY, "no body", None, None)),
    ("tei", 413, b"Failed to buffer the request body: length limit exceeded", (BAD, "length limit", None, None)),
    ("tei", 422, {"error": "`inputs` must have less than 512 tokens. Given: 1002", "error_type": "Validation"},
     (LONG, "512", None, "Validation")),
    ("tei", 422, {"error": "batch size 40 > maximum allowed batch size 32", "error_type": "Validation"},
     (BAD, "40 > ", None, "Validation")),
    ("tei", 424, {"error": "out of memory", "error_type": "Backend"},
     (errors.ProviderError, "memory", None, "Backend")),
    ("tei", 429, {"error": "Model is overloaded", "error_type": "Overloaded"},
     (RATE, "overloaded", None, "Overloaded")),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "status", "body", "expected"), REFUSALS)
def test_refusals_become_errors(provider: str, status: int, body: Any, expected: tuple[Any, ...]):
    error = play(a_setting(a_vendor(provider), retries=0), [reply(body, status)]).error
    kind, words, code, error_type = expected
    assert (type(error), error.code, error.error_type, error.status_code) == (kind, code, error_type, status)
    assert words in str(error)
