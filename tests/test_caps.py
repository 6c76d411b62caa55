"""What does a refusal teach about size? A line is what a provider really answers to a batch, and what we make of it."""

from __future__ import annotations

import json
import re
from itertools import islice
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from any_llm.flow.caps import AROUND, BY_CODE, NOT_THE_REQUEST, SAYINGS, Cap, halved, told
from any_llm.flow.plan import Plan
from any_llm.flow.tokens import estimate, size
from any_llm.providers.row import Limits
from any_llm.wire import Batch, Refusal
from by_hand import PROPERTY, a_call, adapter_of, reply

TEXT = "What is it about? "


def batch_of(items: int, *, length: int = 100, tokens: int | None = None) -> Batch:
    """So many texts of so many bytes each."""
    texts = [(TEXT * (length // len(TEXT) + 1))[:length]] * items
    return Batch(texts, range(items), items * estimate(length) if tokens is None else tokens)


def openai(message: str, code: str | None = None, kind: str | None = "invalid_request_error") -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


SUM = "max_tokens_per_request"
TOO_LONG = {"type": "too_long", "loc": ["body", "input"], "input": [TEXT] * 99, "ctx": {"max_length": 64}}
MORE = "We hope to increase the number of inputs per request soon. See https://go.microsoft.com/fwlink/?linkid=2213926"
TOO_MANY = "Unable to submit request because it included too many instances. Edit the number and try again."
SUBMITTED = "Request to model 'voyage-code-3' failed. The max allowed tokens per submitted batch is 120000."
VOYAGE = f"{SUBMITTED} Your batch has 124417 tokens after truncation. Please lower the number of tokens in the batch."
VERTEX = "Unable to submit request because the input token count is 9999 but the model supports up to"
GITHUB = "Request body too large for text-embedding-3-small model. Max size: 64000 tokens."
SPLIT = {"object": "error", "type": "invalid_request_prompt", "param": None, "code": "3210"}
NGINX = b"<html>\r\n<head><title>413 Request Entity Too Large</title></head></html>"

NAMED = [
    # provider, status, body, the batch -> the limit
    ("tei", 422, {"error": "batch size 100 > maximum allowed batch size 32", "error_type": "Validation"},
     batch_of(100), Limits(items=32)),
    ("tei", 413, {"error": "batch size 100 > maximum allowed batch size 32", "error_type": "Validation"},
     batch_of(100), Limits(items=32)),
    ("siliconflow", 413, {"code": 20042, "message": "input batch size 136 > maximum allowed batch size 64"},
     batch_of(136), Limits(items=64)),
    ("dashscope", 400, {"code": "InvalidParameter", "message": "<400> InternalError.Algo.InvalidParameter: Value "
     "error, batch size is invalid, it should not be larger than 10.: input.contents"}, batch_of(25), Limits(items=10)),
    ("gemini", 400, {"error": {"code": 400, "status": "INVALID_ARGUMENT", "message":
     "* BatchEmbedContentsRequest.requests: at most 100 requests can be in one batch\n"}}, batch_of(101),
     Limits(items=100)),
    ("litellm_proxy", 400, openai("_VertexAIError: 400 250 instance(s) is allowed per prediction. Actual: 512"),
     batch_of(512), Limits(items=250)),
    ("cohere", 400, {"message": "invalid request: total number of texts must be at most 96 - received 131", "id": "5f"},
     batch_of(131), Limits(items=96)),
    ("azureopenai", 400, openai(f"Too many inputs. The max number of inputs is 16.  {MORE}"), batch_of(26),
     Limits(items=16)),
    ("azureopenai", 400, openai(f"Too many inputs for model None. The max number of inputs is 1.  {MORE}"), batch_of(2),
     Limits(items=1)),
    ("openai", 400, openai("Invalid 'input': array length must be 2048 or less."), batch_of(2049), Limits(items=2048)),
    ("openai", 400, openai("Invalid 'input': array too long. Expected an array with maximum length 2,048, but got an "
     "array with length 3000 instead.", "array_above_max_length"), batch_of(3000), Limits(items=2048)),
    ("infinity", 422, {"detail": [{"msg": "List should have at most 64 items after validation, not 99", **TOO_LONG}]},
     batch_of(99), Limits(items=64)),
    ("deepinfra", 422, {"detail": [{"loc": ["body", "inputs"], "msg": "ensure this value has at most 1024 items",
     "type": "value_error.list.max_items", "ctx": {"limit_value": 1024}}]}, batch_of(1025), Limits(items=1024)),
    ("jina", 400, {"detail": '"input" length 2049 is larger than the largest allowed size 2048'}, batch_of(2049),
     Limits(items=2048)),
    ("qianfan", 400, openai("embeddings max batch size is 16, and can not be 0", "336003"), batch_of(17),
     Limits(items=16)),
    ("voyage", 400, {"detail": "The batch size limit is 1000. Your batch size is 1001."}, batch_of(1001),
     Limits(items=1000)),
    ("zhipu", 400, {"error": {"code": "1214", "message": "input数组最大不得超过64条"}}, batch_of(65), Limits(items=64)),
    # 1,500 texts of 500 bytes are 376,500 tokens by our estimate
    ("openai", 400, openai("Requested 416735 tokens, max 300000 tokens per request", SUM, SUM),
     batch_of(1500, length=500), Limits(tokens=376_500 * 300_000 // 416_735)),  # we estimate too little: so less of it
    ("openai", 400, openai("Requested 320000 tokens, max 300000 tokens per request", SUM, SUM),
     batch_of(1500, length=500), Limits(tokens=300_000)),  # we estimate too much: never more than they say
    ("openai", 400, openai("Invalid 'input': maximum request size is 300000 tokens per request.", SUM),
     batch_of(1500, length=500), Limits(tokens=300_000)),
    ("openai", 400, openai("Invalid 'input': maximum request size is 300000 tokens per request."),
     batch_of(1500, length=500), Limits(tokens=300_000)),
    ("voyage", 400, {"detail": VOYAGE}, batch_of(500, length=500, tokens=125_000), Limits(tokens=120_000)),
    ("voyage", 400, {"detail": VOYAGE}, batch_of(500, length=500, tokens=119_000),
     Limits(tokens=119_000 * 120_000 // 124_417)),
    ("voyage", 400, {"detail": SUBMITTED}, batch_of(500, length=500, tokens=125_000), Limits(tokens=120_000)),
    ("mistral", 400, {**SPLIT, "message": "Too many tokens in batch. Max is 16384 got 17555"}, batch_of(80, length=500),
     Limits(tokens=16_384)),
    ("mistral", 400, {**SPLIT, "message": "Too many tokens in batch. Max is 16384"}, batch_of(80, length=500),
     Limits(tokens=16_384)),
    ("litellm_proxy", 413, openai(GITHUB, "tokens_limit_reached"), batch_of(300, length=500), Limits(tokens=64_000)),
    # 2,000 tiny texts, each with tokens around it
    ("openai", 400, openai("Requested 60000 tokens, max 50000 tokens per request", SUM), batch_of(2000, length=1),
     Limits(tokens=1666)),
    # 40,000 bytes of text in a body of 50,000: 4 of 5 bytes are text
    ("gemini", 400, {"error": {"code": 400, "status": "INVALID_ARGUMENT", "message":
     "Request payload size exceeds the limit: 20000 bytes."}}, batch_of(400), Limits(bytes=16_000)),
    ("litellm_proxy", 413, openai("Maximum request body size 48000 exceeded, actual body size 50000", "413"),
     batch_of(400),
     Limits(bytes=38_400)),
]  # fmt: skip
GUESSED = [
    ("mistral", 400, {**SPLIT, "message": "Too many inputs in request, split into more batches."}, batch_of(520),
     Limits(items=260)),
    ("mistral", 400, {**SPLIT, "message": "Too many tokens overall, split into more batches."},
     batch_of(80, length=500),
     Limits(tokens=10_040)),
    ("vertexai", 400, openai(f"{TOO_MANY} a batchSize value of 1234 but the supported range is from 1 to 251 "
     "(exclusive)."), batch_of(1234), Limits(items=617)),
    ("openai", 400, openai("no", SUM), batch_of(10), Limits(tokens=255)),  # the code says what, nothing says how much
    ("openai", 400, openai("no", None, SUM), batch_of(10), Limits(tokens=255)),
    ("openai", 400, openai("no", "array_above_max_length"), batch_of(9), Limits(items=4)),
    ("tei", 413, b"Failed to buffer the request body: length limit exceeded", batch_of(10), Limits(bytes=500)),
    ("tei", 413, b"", batch_of(10), Limits(bytes=500)),
    ("llamacpp", 413, NGINX, batch_of(10), Limits(bytes=500)),
    ("vllm", 413, {"message": "payload", "code": 413, "type": "x"}, batch_of(10), Limits(bytes=500)),
    ("together", 400, openai("Payload too large"), batch_of(10), Limits(bytes=500)),
    ("together", 400, openai("The request is too large."), batch_of(10), Limits(bytes=500)),
    # over the cap by their measure, not by ours: our estimate may be too low, and a gateway may write a longer body
    ("openai", 400, openai("Invalid 'input': maximum request size is 300000 tokens per request."),
     batch_of(1000, length=500, tokens=290_000), Limits(tokens=145_000)),
    ("openai", 400, openai("maximum request size is 510 tokens"), batch_of(10), Limits(tokens=255)),
    ("litellm_proxy", 400, openai("GeminiException - Request payload size exceeds the limit: 60000 bytes."),
     batch_of(400),
     Limits(bytes=20_000)),
]  # fmt: skip


def learnt(provider: str, status: int, body: object, batch: Batch) -> Cap | None:
    """As it comes from the wire; a body sent is a quarter longer than its texts."""
    explained = adapter_of(a_call(provider, "m")).explain(reply(body, status))
    return told(status, explained, batch, body=sum(map(size, batch.texts)) * 5 // 4)


@pytest.mark.parametrize(("provider", "status", "body", "batch", "limits"), NAMED)
def test_a_cap_that_is_named(provider: str, status: int, body: object, batch: Batch, limits: Limits):
    cap = learnt(provider, status, body, batch)
    assert cap is not None
    assert (cap.limits, cap.named) == (limits, True)


@pytest.mark.parametrize(("provider", "status", "body", "batch", "limits"), GUESSED)
def test_half_of_it_where_no_cap_is_named(provider: str, status: int, body: object, batch: Batch, limits: Limits):
    assert learnt(provider, status, body, batch) == Cap(limits=limits, named=False)


LONG = "This model's maximum context length is 8192 tokens, however you requested 9001 tokens (9001 in your prompt)."
OPENAI_LONG = "Invalid 'input[22]': maximum input length is 8192 tokens."
TEI_LONG = "Input validation error: `inputs` must have less than 512 tokens. Given: 516"
LLAMA = "input (1034 tokens) is too large to process. increase the physical batch size (current batch size: 512)"
PACE = "Rate limit reached for text-embedding-3 on tokens per min (TPM): Limit 1000000, Used 976163, Requested 70716."
GROQ = "Request too large for model `m` on tokens per minute (TPM): Limit 6000, Requested 8000, please reduce it."
MANY = batch_of(3000, length=500)

NOTHING = [
    # one input is too long
    ("openai", 400, openai(LONG), MANY),
    ("openai", 400, openai(OPENAI_LONG), MANY),
    ("openai", 400, openai("too many inputs", "context_length_exceeded"), MANY),  # a code is worth more than words
    ("vllm", 400, openai("You passed 9001 input tokens. However, the model's maximum context length is 8192.", "400"),
     MANY),
    ("litellm_proxy", 413, openai(LONG), MANY),  # a gateway may choose another status
    ("litellm_proxy", 413, openai(OPENAI_LONG), MANY),
    ("litellm_proxy", 413, openai("OllamaException - the input length exceeds the context length"), MANY),
    ("litellm_proxy", 413, openai("the input exceeds the model's maximum length"), MANY),
    ("tei", 422, {"error": TEI_LONG, "error_type": "Validation"}, MANY),
    ("vllm", 413, {"message": TEI_LONG, "code": 413, "type": "Validation"}, MANY),
    ("siliconflow", 413, {"code": 20042, "message": "input must have less than 8192 tokens", "data": None}, MANY),
    ("tei", 413, {"error": "`inputs` must have less than 32000 characters. Given: 67337"}, MANY),
    ("ollama", 400, {"error": "the input length exceeds the context length"}, MANY),
    ("llamacpp", 400, {"error": {"code": 400, "message": LLAMA, "type": "server_error"}}, MANY),
    ("llamacpp", 400, {"error": {"code": 400, "message": "no", "type": "exceed_context_size_error"}}, MANY),
    ("llamacpp", 413, {"error": "the request exceeds the available context size. try increasing it"}, MANY),
    ("gpustack", 413, openai("Illegal param: prefill 744 tokens exceed n_ctx_per_seq"), MANY),
    ("gemini", 413, openai("The input token count (9000) exceeds the maximum number of tokens allowed (2048)."), MANY),
    ("vertexai", 400, openai(f"{VERTEX} 2048."), MANY),
    ("vertexai", 413, openai(f"{VERTEX} 2000."), MANY),  # the sum, perhaps
    ("nvidia_nim", 413, {"error": "Input length 591 exceeds maximum allowed token size 512"}, MANY),
    ("litellm_proxy", 413, openai("longer than the specified maximum sequence length for m (1336 > 512)"), MANY),
    ("litellm_proxy", 413, openai("expected maxLength: 2048, actual: 2459"), MANY),
    ("jina", 413, {"detail": "Input text is too long", "code": "INPUT_TOKEN_LIMIT_EXCEEDED"}, MANY),
    ("openai", 413, openai("string too long", "string_above_max_length"), MANY),
    # one input is empty
    ("vllm", 413, {"message": "Input validation error: `inputs` cannot be empty", "code": 413, "type": "Validation"},
     MANY),
    # pace and money
    ("openai", 429, openai(PACE, "rate_limit_exceeded", "tokens"), MANY),
    ("openai", 400, openai("Limit 1000000 tokens per minute. Request too large."), MANY),
    ("openai", 400, openai("no", "rate_limit_exceeded"), MANY),
    ("vllm", 413, openai(GROQ, "rate_limit_exceeded", "tokens"), MANY),
    ("vllm", 413, openai(GROQ), MANY),
    ("openai", 429, openai("too many inputs"), MANY),
    ("openai", 429, openai("Requested 416735 tokens, max 300000 tokens per request", SUM), MANY),
    ("openai", 413, openai("You exceeded your current quota", "insufficient_quota"), MANY),
    ("azureopenai", 400, openai("Payload too large", "RateLimitReached"), MANY),
    ("gemini", 400, {"error": {"code": 400, "message": "too many inputs", "status": "RESOURCE_EXHAUSTED"}}, MANY),
    # other statuses
    ("tei", 500, {"error": "batch size 3000 > maximum allowed batch size 32"}, MANY),
    ("llamacpp", 500, {"error": {"code": 500, "message": LLAMA, "type": "server_error"}}, MANY),
    ("gemini", 503, openai("at most 100 requests can be in one batch"), MANY),
    ("openai", 403, openai("too many inputs"), MANY),
    # something else
    ("openai", 400, openai("Invalid value for 'dimensions'"), MANY),
    ("openai", 400, openai("'$.input' is invalid. Please check the API reference."), MANY),
    ("tei", 422, {"error": "no", "error_type": "Tokenizer"}, MANY),
    ("mistral", 422, {"detail": [{"loc": ["body", "model"], "msg": "field required"}]}, MANY),
    ("together", 400, b"\xff\xfe", MANY),
    # a cap that the batch does not exceed
    ("tei", 422, {"error": "batch size 40 > maximum allowed batch size 32"}, batch_of(32)),
    ("openai", 400, openai("Invalid 'input': array length must be 2048 or less."), batch_of(5)),
    ("dashscope", 400, {"message": "batch size is invalid, it should not be larger than 10."}, batch_of(10)),
    ("azureopenai", 400, openai("Too many inputs. The max number of inputs is 16."), batch_of(16)),
    ("gemini", 400, openai("Request payload size exceeds the limit: 4194304 bytes."), batch_of(5)),
    ("gemini", 400, openai("Request payload size exceeds the limit: 100000 bytes."), batch_of(400)),
    ("openai", 400, openai("Requested 416735 tokens, max 300000 tokens per request", SUM), batch_of(5)),
    ("openai", 400, openai("maximum request size is 300000 tokens per request", SUM), batch_of(5)),
    ("openai", 400, openai("maximum request size is 300000 tokens", SUM), batch_of(5, tokens=400_000)),
    ("mistral", 400, {"message": "Too many tokens in batch. Max is 16384 got 16384"}, MANY),
    # a count that is not of this batch, or no cap at all
    ("cohere", 400, {"message": "number of texts must be at most 96 - received 97"}, batch_of(300)),
    ("infinity", 422, {"detail": [{"loc": ["body", "stop"], "msg": "at most 4 items after validation, not 5"}]}, MANY),
    ("dashscope", 400, {"message": "batch size is invalid, it should not be larger than 0."}, MANY),
    ("mistral", 400, {"message": "Too many tokens in batch. Max is 0 got 0"}, MANY),
    # one input, which cannot be split
    ("mistral", 400, {**SPLIT, "message": "Too many tokens in batch. Max is 16384 got 17555"},
     batch_of(1, length=60_000)),
    ("tei", 413, b"", batch_of(1, length=60_000)),
    # nothing to halve
    ("tei", 413, b"", Batch(["", ""], range(2), 2)),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "status", "body", "batch"), NOTHING)
def test_what_is_not_about_the_size_of_a_request(provider: str, status: int, body: object, batch: Batch):
    assert learnt(provider, status, body, batch) is None


COUNTED = [
    ("mistral", {"message": "Too many tokens in batch. Max is 16384 got 17555"}, batch_of(80, length=500), 17_555),
    ("mistral", {"message": "Too many tokens in batch. Max is 16384"}, batch_of(80, length=500), None),
    ("tei", {"error": "batch size 100 > maximum allowed batch size 32"}, batch_of(100), 100),
]


@pytest.mark.parametrize(("provider", "body", "batch", "counted"), COUNTED)
def test_the_provider_s_own_count_is_kept(provider: str, body: object, batch: Batch, counted: int | None):
    cap = learnt(provider, 422, body, batch)
    assert cap is not None
    assert cap.counted == counted


ECHOES = ["maximum allowed batch size 1, says the manual", "Payload too large, or it must have less than 9 tokens"]


@pytest.mark.parametrize("echo", ECHOES)
def test_no_input_teaches_a_cap(echo: str):
    texts = [echo, "batch size limit is 2", "and a third one"]
    said = Refusal(message=f"bad inputs: {json.dumps(texts)}; why: ")
    assert told(400, said, Batch(texts, range(3), 60), body=200) is None
    too_many = Refusal(message=f"{said.message} too many inputs")
    assert told(400, too_many, Batch(texts, range(3), 60), body=200) == Cap(limits=Limits(items=1), named=False)


def test_each_saying_is_shown_here_and_says_where_it_was_read():
    shown = [json.dumps(line[2], ensure_ascii=False) if not isinstance(line[2], bytes) else line[2].decode()
             for line in [*NAMED, *GUESSED]]  # fmt: skip
    for sayings in SAYINGS.values():
        for saying in sayings:
            assert any(re.search(saying.words, body, re.IGNORECASE) for body in shown), saying.words
            assert re.fullmatch(r"https://\S+|[\w.-]+/[\w.-]+#\d+", saying.source), saying.source
    refused = [json.dumps(line[2]) for line in NOTHING if not isinstance(line[2], bytes)]
    for words in NOT_THE_REQUEST:
        for each in words.split("|"):
            assert any(re.search(words, body, re.IGNORECASE) for body in refused), each
    assert all(any(code in body for body in [*shown, *refused]) for code in BY_CODE)


PIECES = [
    *("batch size 9 > maximum allowed batch size ", "number of texts must be at most ", "too many inputs", " got 9"),
    *("Requested 99 tokens, max ", "maximum request size is ", "Too many tokens in batch. Max is ", " tokens"),
    *("Request payload size exceeds the limit: ", " bytes", " tokens per request", "too many tokens overall"),
    *("payload too large", "rate limit"),
]
pieces = st.sampled_from(PIECES) | st.integers(-9, 10**13).map(str) | st.integers(1, 40).map(str) | st.text(max_size=9)
refusals = st.builds(
    Refusal,
    message=st.lists(pieces, max_size=6).map("".join),
    code=st.none() | st.none() | st.sampled_from(list(BY_CODE)),
)
texts_of = st.lists(st.text("aé文", max_size=40), min_size=1, max_size=12)


@given(
    status=st.sampled_from([400, 413, 422, 429, 500]),
    refusal=refusals,
    texts=texts_of,
    rate=st.sampled_from([0.5, 1.0, 1.0, 4.0]),  # how far the estimate was corrected
    overhead=st.integers(0, 900),
)
@example(status=400, refusal=Refusal(message="tokens in batch. Max is 1 got 9"), texts=["a"] * 2, rate=1.0, overhead=0)
@example(status=413, refusal=Refusal(message="too many inputs"), texts=["", "a" * 40], rate=1.0, overhead=9)
@PROPERTY
def test_what_is_learnt_makes_the_plan_send_less(
    status: int, refusal: Refusal, texts: list[str], rate: float, *, overhead: int
):
    tokens = sum(estimate(size(text)) for text in texts)
    batch = Batch(texts, range(len(texts)), int(tokens * rate) or 1)
    cap = told(status, refusal, batch, body=sum(map(size, texts)) + overhead)
    if cap is None:
        return
    assert status in {400, 413, 422}
    (value,) = [limit for limit in cap.limits if limit is not None]
    assert value >= 1
    own = Limits(items=len(texts), tokens=batch.tokens, bytes=sum(map(size, texts)))
    assert any(limit is not None and limit < ours for limit, ours in zip(cap.limits, own, strict=True) if ours)
    if batch.tokens == tokens:
        assert len(list(islice(iter(Plan(texts, lambda: cap.limits).take, None), 2))) == 2


@given(items=st.integers(1, 99), length=st.integers(0, 99), unit=st.sampled_from(["items", "tokens", "bytes"]))
@PROPERTY
def test_a_half_is_less_and_never_nothing(items: int, length: int, unit: Any):
    batch = batch_of(items, length=length)
    own = {"items": items, "tokens": batch.tokens, "bytes": items * length}[unit]
    cap = halved(batch, unit)
    assert cap == (Cap(limits=Limits(**{unit: own // 2}), named=False) if own > 1 else None)


@given(items=st.integers(2, 50), cap=st.integers(0, 10**6), counted=st.integers(0, 10**6), length=st.integers(0, 50))
@PROPERTY
def test_no_cap_is_believed_that_cannot_be_exceeded(items: int, cap: int, counted: int, length: int):
    batch = batch_of(items, length=length)
    told_so = Refusal(message=f"Requested {counted} tokens, max {cap} tokens per request")
    believed = told(400, told_so, batch, body=items * length)
    most = items * (length + AROUND)
    assert (believed is not None) <= (cap < counted <= most)
    assert believed is None or believed.limits.tokens in range(1, min(cap + 1, batch.tokens))
