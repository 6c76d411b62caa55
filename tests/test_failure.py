"""Which error is a refusal? A line is what a provider really answers; key and texts are in none of the errors."""

from __future__ import annotations

import json
import pickle

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from any_llm import exceptions as errors
from any_llm.flow.failure import lost, unreadable
from any_llm.flow.redact import LONGEST, redact
from any_llm.wire import Reply, TransportError
from by_hand import KEY, PROPERTY, TEXTS, a_batch, a_call, a_setting, play, reply

QUOTA = {"message": "You exceeded your current quota, please check your plan.", "type": "insufficient_quota",
         "param": None, "code": "insufficient_quota"}  # fmt: skip
RATE = {"message": "Rate limit reached for requests", "type": "requests", "param": None, "code": "rate_limit_exceeded"}
LONG = {"message": "This model's maximum context length is 8192 tokens, however you requested 9001 tokens.",
        "type": "invalid_request_error", "param": None, "code": None}  # fmt: skip
BAD_KEY = {"message": f"Incorrect API key provided: {KEY}.", "type": "invalid_request_error", "param": None,
           "code": "invalid_api_key"}  # fmt: skip
RPC = "type.googleapis.com/google.rpc."
GOOGLE_KEY = {"code": 400, "message": "API key not valid. Please pass a valid API key.", "status": "INVALID_ARGUMENT",
              "details": [{"@type": RPC + "ErrorInfo", "reason": "API_KEY_INVALID"}]}  # fmt: skip
GOOGLE_RATE = {"code": 429, "message": "Resource has been exhausted (e.g. quota).", "status": "RESOURCE_EXHAUSTED",
               "details": [{"@type": RPC + "RetryInfo", "retryDelay": "17s"}]}  # fmt: skip
LLAMA = {"code": 500, "message": "input (3002 tokens) is too large to process. increase the physical batch size",
         "type": "server_error"}  # fmt: skip
ECHO = {"detail": [{"type": "too_long", "loc": ["body", "input"], "msg": "List should have at most 2048 items",
                    "input": list(TEXTS), "ctx": {"field_type": "List"}}]}  # fmt: skip
NO_DATABASE = {"error": {"message": "No connected db.", "type": "no_db_connection", "param": None, "code": "400"}}
HTML = b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><center>nginx</center></body></html>"

REFUSALS = [
    # provider, status, body -> error, code, words of the message
    ("openai", 429, {"error": QUOTA}, errors.InsufficientFundsError, "insufficient_quota", "check your plan"),
    ("openai", 429, {"error": RATE}, errors.RateLimitError, "rate_limit_exceeded", "Rate limit reached"),
    ("openai", 401, {"error": BAD_KEY}, errors.AuthenticationError, "invalid_api_key", "Incorrect API key provided"),
    ("openai", 400, {"error": LONG}, errors.ContextLengthExceededError, None, "maximum context length"),
    ("openai", 404, {"error": {"message": "The model `m` does not exist", "code": "model_not_found"}},
     errors.ModelNotFoundError, "model_not_found", "does not exist"),
    ("openai", 400, {"error": {"message": "too long", "code": "context_length_exceeded"}},
     errors.ContextLengthExceededError, "context_length_exceeded", 'overflow="truncate"'),
    ("openai", 500, {"error": {"message": "The server had an error", "type": "server_error"}}, errors.ProviderError,
     None, "The server had an error"),
    ("openai", 429, {"error": {"message": "Your account is not active", "code": "billing_not_active"}},
     errors.InsufficientFundsError, "billing_not_active", "not active"),
    ("zhipu", 429, {"error": {"code": "1113", "message": "account in arrears"}}, errors.InsufficientFundsError, "1113",
     "arrears"),
    ("zhipu", 429, {"error": {"code": "1302", "message": "too many requests"}}, errors.RateLimitError, "1302", "many"),
    ("dashscope", 400, {"code": "Arrearage", "message": "Access denied"}, errors.InsufficientFundsError, "Arrearage",
     "denied"),
    ("dashscope", 429, {"code": "Throttling.AllocationQuota", "message": "Allocated quota exceeded"},
     errors.RateLimitError, "Throttling.AllocationQuota", "exceeded"),
    ("volcengine", 403, {"error": {"code": "AccountOverdueError", "message": "overdue"}},
     errors.InsufficientFundsError, "AccountOverdueError", "overdue"),
    ("novita", 403, {"code": 403, "reason": "NOT_ENOUGH_BALANCE", "message": "not enough balance"},
     errors.InsufficientFundsError, "403", "balance"),
    ("gemini", 429, {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED",
                               "message": "Your prepayment credits are depleted."}}, errors.InsufficientFundsError,
     "RESOURCE_EXHAUSTED", "depleted"),
    ("azureopenai", 400, {"error": {"code": "content_filter", "message": "The response was filtered"}},
     errors.ContentFilterError, "content_filter", "filtered"),
    ("azureopenai", 429, {"error": {"code": "429", "message": "Requests have exceeded call rate limit"}},
     errors.RateLimitError, "429", "call rate limit"),
    ("azureopenai", 401, {"statusCode": 401, "message": "Unauthorized. Access token is missing"},
     errors.AuthenticationError, None, "Access token is missing"),
    ("cohere", 400, {"id": "5f", "message": "invalid request: valid input_type must be provided"},
     errors.InvalidRequestError, None, "valid input_type"),
    ("cohere", 401, {"id": "5f", "message": "invalid api token"}, errors.AuthenticationError, None, "api token"),
    ("cohere", 402, {"id": "5f", "message": "billing cap"}, errors.InsufficientFundsError, None, "billing cap"),
    ("cohere", 498, {"id": "5f", "message": "token blocked"}, errors.AuthenticationError, None, "token blocked"),
    ("gemini", 400, {"error": GOOGLE_KEY}, errors.AuthenticationError, "INVALID_ARGUMENT", "API key not valid"),
    ("gemini", 429, {"error": GOOGLE_RATE}, errors.RateLimitError, "RESOURCE_EXHAUSTED", "exhausted"),
    ("gemini", 429, [{"error": GOOGLE_RATE}], errors.RateLimitError, "RESOURCE_EXHAUSTED", "exhausted"),
    ("voyage", 400, {"detail": "The batch size limit is 1000."}, errors.InvalidRequestError, None, "limit is 1000"),
    ("voyage", 401, {"detail": "Provided API key is invalid."}, errors.AuthenticationError, None, "key is invalid"),
    ("mistral", 400, {"object": "error", "message": "Too many inputs in request, split into more batches.",
     "type": "invalid_request_prompt", "param": None, "code": "3210"}, errors.InvalidRequestError, "3210", "split"),
    ("mistral", 401, {"message": "Unauthorized", "request_id": "5f"}, errors.AuthenticationError, None, "Unauthorized"),
    ("mistral", 422, {"detail": [{"loc": ["body", "model"], "msg": "field required"}]}, errors.InvalidRequestError,
     None, "field required"),
    ("ollama", 404, {"error": 'model "m" not found, try pulling it first'}, errors.ModelNotFoundError, None, "pulling"),
    ("ollama", 400, {"error": "the input length exceeds the context length"}, errors.ContextLengthExceededError, None,
     "exceeds"),
    ("ollama", 503, {"error": "server busy, please try again"}, errors.ProviderError, None, "server busy"),
    ("llamacpp", 401, {"error": {"code": 401, "message": "Invalid API Key", "type": "authentication_error"}},
     errors.AuthenticationError, "401", "Invalid API Key"),
    ("llamacpp", 503, {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}},
     errors.ProviderError, "503", "Loading model"),
    ("litellm_proxy", 400, NO_DATABASE, errors.AuthenticationError, "400", "No connected db."),
    ("litellm_proxy", 503, {"error": {"message": "Service Unavailable", "type": "no_db_connection", "code": "503"}},
     errors.ProviderError, "503", "Service Unavailable"),
    ("litellm_proxy", 400, {"error": {"message": "/embeddings: Invalid model name passed in model=m. Call `/v1/models`",
     "type": "invalid_request_error", "code": "400"}}, errors.ModelNotFoundError, "400", "Invalid model name"),
    ("litellm_proxy", 400, {"error": {"message": "Content blocked: keyword 'w' detected", "code": "400"}},
     errors.ContentFilterError, "400", "keyword"),
    ("vllm", 422, ECHO, errors.InvalidRequestError, None, "at most 2048 items"),  # as infinity answers
    ("vllm", 422, {"error": "batch size 64 > maximum allowed batch size 32", "error_type": "Validation"},
     errors.InvalidRequestError, None, "maximum allowed"),  # TEI
    ("vllm", 413, {"message": "payload", "code": 413, "type": "x"}, errors.InvalidRequestError, "413", "payload"),
    ("siliconflow", 413, {"code": 20042, "message": "input must have less than 8192 tokens", "data": None},
     errors.ContextLengthExceededError, "20042", "less than 8192"),
    ("vllm", 429, {"message": "Model is overloaded", "code": 429, "type": "overloaded"}, errors.RateLimitError, "429",
     "overloaded"),
    ("vllm", 401, b"", errors.AuthenticationError, None, "no body"),  # TEI
    ("together", 502, HTML, errors.UpstreamProviderError, None, "502 Bad Gateway"),
    ("together", 504, b"upstream request timeout", errors.GatewayTimeoutError, None, "upstream request timeout"),
    ("together", 408, b"", errors.ProviderTimeoutError, None, "no body"),
    ("together", 529, b"\xff\xfe", errors.ProviderError, None, ""),
    ("together", 302, b"Moved", errors.ProviderError, None, "redirect"),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "status", "body", "expected"), [(*line[:3], line[3:]) for line in REFUSALS])
def test_refusals(provider: str, status: int, body: object, expected: tuple[type[errors.AnyLLMError], str | None, str]):
    kind, code, words = expected
    error = play(a_setting(a_call(provider, "m"), retries=0), [reply(body, status)]).error
    assert (type(error), error.status_code, error.code, error.provider_name) == (kind, status, code, provider)
    assert words in error.message
    assert error.message.startswith("m: ")
    assert_discreet(error)


ALONE = [
    ("openai", 400, {"error": LONG}, "maximum context length"),
    ("ollama", 400, {"error": "the input length exceeds the context length"}, "input length exceeds"),
    ("mistral", 400, {"message": "Too many tokens in batch. Max is 16384 got 20000"}, "Max is 16384"),
    ("llamacpp", 500, {"error": LLAMA}, "3002 tokens"),
]


@pytest.mark.parametrize(("provider", "status", "body", "words"), ALONE)
def test_words_blame_an_input_that_was_sent_alone(provider: str, status: int, body: object, words: str):
    setting = a_setting(a_call(provider, "m"), retries=0, count=9)
    error = play(setting, [reply(body, status)], batch=a_batch(TEXTS[:1], first=8)).error
    assert (type(error), error.index) == (errors.ContextLengthExceededError, 8)
    assert words in error.message
    assert "overflow=" in error.message


def told(error: errors.AnyLLMError) -> str:
    """All that may be printed, logged or stored of it."""
    return "\n".join([str(error), repr(error), str(error.args), str(vars(error)), str(pickle.dumps(error))])


def assert_discreet(error: errors.AnyLLMError) -> None:
    assert KEY not in told(error)
    assert not any(text[:23] in told(error) for text in TEXTS)


ECHOED = reply({"error": {"message": f"You sent Authorization: Bearer {KEY}"}}, 401)
KEPT = [
    ("given", {}),
    ("in api-key", {"provider": "azureopenai"}),
    ("in x-goog-api-key", {"provider": "gemini"}),
    ("asked for", {"key": lambda: KEY}),
    ("in a header of the caller's", {"headers": {"authorization": f"Bearer {KEY}"}}),
]


@pytest.mark.parametrize("given", [pytest.param(given, id=name) for name, given in KEPT])
def test_a_key_that_is_echoed_is_taken_out(given: dict):
    error = play(a_setting(a_call(**given), retries=0), [ECHOED] * (2 if "key" in given else 1)).error
    assert "Authorization: Bearer" in error.message
    assert_discreet(error)


def test_an_address_is_told_without_its_login():
    error = lost(a_call(base="https://somebody:s3cret@proxy.test/v1"), TransportError("reset"))
    assert "proxy.test/v1" in str(error)
    assert "s3cret" not in told(error)


def test_a_broken_reply_names_its_input():
    error = unreadable(a_call(), "a vector is all zero", 3)
    assert (error.index, error.status_code, str(error)) == (
        *(3, 200), "[openai] text-embedding-3-small: a vector is all zero",
    )  # fmt: skip


RECORD = 'Name: "Ada King"\nPhone: "555 0199"\nWard: "nine"\nNote: \\ "naïve" 文'
FORMS = [
    ("as it stands", {"message": f"bad input: {RECORD}"}),
    ("in a list", {"detail": [{"msg": "bad", "input": ["Hello", RECORD]}]}),
    ("as JSON in words", {"message": f"upstream said {json.dumps({'input': RECORD}, ensure_ascii=False)}"}),
    ("as ASCII in words", {"message": f"upstream said {json.dumps({'input': RECORD})}"}),
    ("as Python shows it", {"message": f"bad input: {[RECORD]!r}"}),
]


@pytest.mark.parametrize("body", [pytest.param(body, id=name) for name, body in FORMS])
def test_a_text_that_is_echoed_is_taken_out_however_it_is_quoted(body: dict):
    error = play(a_setting(a_call(), count=1), [reply(body, 400)], batch=a_batch([RECORD])).error
    assert [word for word in ("Ada King", "555 0199", "nine", "Phone") if word in told(error)] == []


@pytest.mark.parametrize("text", ["Ada, 555 0199", "Ada King, 555 0199", "Ada King, ward 9, room 1", TEXTS[0] * 3])
def test_a_whole_text_is_taken_out_wherever_it_stands(text: str):
    messages = ["x" * before + f" bad input: {text} (see the documentation)" for before in range(24)]
    assert [message for message in messages if text in redact(message, ["Hello", text])] == []


@pytest.mark.parametrize("marks", ["''", '""', "``"])
def test_a_short_text_in_quotes_is_taken_out(marks: str):
    message = f"I cannot read {marks[0]}cat{marks[1]} in this category"
    assert redact(message, ["cat", "dog"]) == "I cannot read [input] in this category"


def test_a_long_message_is_cut():
    assert redact("ab " * LONGEST, []) == ("ab " * LONGEST)[:LONGEST] + " ..."


RUN = 23
words = st.lists(st.sampled_from(["ABCDEFGHIJKL", "abcdefghijk", "zx", "zyxwvuts", "=", "AB"]), max_size=6).map("".join)


between = st.lists(st.sampled_from(["!", "12345678901", "", "?" * 13]), max_size=4)
slices = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 50)), max_size=4)


@given(texts=st.lists(words, max_size=3), pieces=between, cuts=slices)
@example(texts=["zxABCDEFGHIJKL", "ABCDEFGHIJKLabcdefghijk"], pieces=["12345678901x", "?" * 13], cuts=[(0, 23), (0, 0)])
@PROPERTY
def test_no_long_run_of_an_input_survives(texts: list[str], pieces: list[str], cuts: list[tuple[int, int]]):
    echoes = [texts[-1 - position % len(texts)][start:stop] for position, (start, stop) in enumerate(cuts) if texts]
    message = "".join(piece + echo for piece, echo in zip(pieces, echoes, strict=False))
    left = redact(message + "?" * 13, texts)
    assert not any(text[start : start + RUN] in left for text in texts for start in range(len(text) - RUN + 1))


common = st.lists(st.sampled_from(["the ", "input ", "length ", "of 9 ", "'cat' ", "is ", "naïve\n"]), max_size=8).map(
    "".join
)


@given(texts=st.lists(common, max_size=3), message=common)
@example(texts=["What is the input length of it?"], message="the input length of 9 is too much")
@PROPERTY
def test_a_message_without_an_echo_stays_as_it_is(texts: list[str], message: str):
    echoed = any(text in message for text in texts if text) or any(
        text[start : start + RUN] in message for text in texts for start in range(len(text) - RUN + 1)
    )
    assert echoed or redact(message, texts) == message


names = st.sampled_from(["error", "message", "detail", "code", "type", "status", "param"])
bodies = st.recursive(
    st.none() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=8,
)


@given(st.binary(max_size=60) | bodies.map(lambda body: json.dumps(body).encode()))
@PROPERTY
def test_whatever_the_body_it_is_a_refusal(body: bytes):
    error = play(a_setting(a_call(), retries=0), [Reply(418, {}, body)]).error
    assert (type(error), error.status_code) == (errors.InvalidRequestError, 418)
    assert len(error.message) < LONGEST + len(" ... text-embedding-3-small: ")


@pytest.mark.parametrize("body", [b"[" * 50_000 + b"]" * 50_000, b'{"error": ' * 50_000])
def test_a_nest_without_end_is_a_refusal_too(body: bytes):
    assert type(play(a_setting(a_call(), retries=0), [reply(body, 400)]).error) is errors.InvalidRequestError
