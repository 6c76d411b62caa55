"""Do the great clouds' shapes read their own replies, and only those? The traps each is known to set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from any_llm import exceptions as errors
from any_llm.flow.failure import refused
from any_llm.flow.matrix import InvalidVectorError
from any_llm.flow.vectors import fill
from any_llm.providers.table import ROWS
from by_hand import a_batch, a_call, a_setting, adapter_of, reply
from oracles.cloud_replies import COUNT, example

if TYPE_CHECKING:
    from any_llm.wire import Call

A, B = [0.5, 0.25], [-1.0, 4.0]
REGION = {"region_name": "eu-west-1"}
PROJECT = {"project": "p-1", "location": "us-central1"}
V1, V2, IMAGE = "amazon.titan-embed-text-v1", "amazon.titan-embed-text-v2:0", "amazon.titan-embed-image-v1"
V3, V4, NOVA = "cohere.embed-english-v3", "us.cohere.embed-v4:0", "amazon.nova-2-multimodal-embeddings-v1:0"


def call_of(provider: str, model: str = "m", **given: Any) -> Call:
    return a_call(row=ROWS[provider], model=model, **given)


def predicted(*vectors: list[float], **statistics: Any) -> dict[str, Any]:
    return {"predictions": [{"embeddings": {"values": each, "statistics": statistics}} for each in vectors]}


READ = [
    # provider, model, reply, headers -> vectors, tokens, model
    ("vertexai", "text-embedding-005", example("vertexai predict"), {}, None, 6, None),
    ("vertexai", "text-embedding-005", predicted(A, B, token_count=3.0), {}, [A, B], 6, None),
    ("vertexai", "text-embedding-005", predicted(A, B), {}, [A, B], None, None),
    ("vertexai", "text-embedding-005", {"predictions": [{"embeddings": {"values": A}}]}, {}, [A], None, None),
    ("vertexai", "text-embedding-005", predicted(A, token_count=0), {}, [A], 0, None),
    ("vertexai", "gemini-embedding-2", example("vertexai embedContent"), {}, None, 5, None),
    ("vertexai", "gemini-embedding-2", {"embedding": {"values": A}}, {}, [A], None, None),
    ("vertexai", "gemini-embedding-2", {"embedding": {"values": A}, "usageMetadata": {}}, {}, [A], None, None),
    ("bedrock", V1, example("bedrock titan v1"), {}, None, 5, None),
    ("bedrock", V1, {"embedding": A}, {}, [A], None, None),
    ("bedrock", V1, {"embedding": A}, {COUNT: "7"}, [A], 7, None),
    ("bedrock", V1, {"embedding": A}, {COUNT: "many"}, [A], None, None),
    ("bedrock", V1, {"embedding": A, "inputTextTokenCount": 0}, {COUNT: "7"}, [A], 0, None),
    ("bedrock", V2, example("bedrock titan v2"), {}, None, 5, None),
    ("bedrock", V2, {"embeddingsByType": {"binary": [0, 1]}, "inputTextTokenCount": 1}, {}, [[0, 1]], 1, None),
    ("bedrock", IMAGE, {"embedding": A, "inputTextTokenCount": 2, "message": None}, {}, [A], 2, None),
    ("bedrock", V3, example("bedrock cohere v3"), {COUNT: "4"}, None, 4, None),
    ("bedrock", V3, {"embeddings": [A, B]}, {}, [A, B], None, None),
    ("bedrock", V3, {"embeddings": {"int8": None, "float": [A, B]}}, {}, [A, B], None, None),
    ("bedrock", V4, example("bedrock cohere v4"), {COUNT: "4"}, None, 4, None),
    ("bedrock", V4, {"embeddings": {"int8": [[9, 9]], "float": [A]}}, {}, [A], None, None),
    ("bedrock", V4, {"embeddings": {"int8": [[1, 2]]}}, {}, [[1, 2]], None, None),
    ("bedrock", NOVA, example("bedrock nova"), {COUNT: "4"}, None, 4, None),
    ("bedrock", NOVA, {**example("bedrock nova"), "inputTokenCount": 6}, {COUNT: "4"}, None, 6, None),
    ("bedrock", NOVA, {"embeddings": [{"embedding": A, "truncatedCharLength": 9}]}, {}, [A], None, None),
    ("sagemaker", "e", example("sagemaker"), {}, None, None, None),
    ("sagemaker", "e", [A, B], {}, [A, B], None, None),
    ("sagemaker", "e", A, {}, [A], None, None),
    ("sagemaker", "e", {"embedding": [A, B]}, {}, [A, B], None, None),
    ("sagemaker", "e", {"embedding": A}, {}, [A], None, None),
    ("sagemaker", "e", {"vectors": [A]}, {}, [A], None, None),
    ("sagemaker", "e", {"embeddings": {"float": [A], "int8": [[1, 2]]}}, {}, [A], None, None),
    ("sagemaker", "e", {"data": [{"embedding": A, "index": 0}], "usage": {"total_tokens": 3}}, {}, [A], 3, None),
    ("azure", "m", example("azure"), {}, None, 7, "Cohere-embed-v3-english"),
    ("azure", "m", {"data": [{"embedding": A, "index": 0}]}, {}, [A], None, None),
    ("watsonx", "m", example("watsonx"), {}, None, 9, "ibm/granite-embedding-278m-multilingual"),
    ("watsonx", "m", {"results": [{"embedding": A, "input": "x"}, {"embedding": B}]}, {}, [A, B], None, None),
    ("gigachat", "m", example("gigachat"), {}, None, 6, "Embeddings"),
    ("gigachat", "m", {"data": [{"embedding": B, "index": 1, "usage": {"prompt_tokens": 3}},
                                {"embedding": A, "index": 0, "usage": {"prompt_tokens": 4}}]}, {}, [A, B], 7, None),
    ("gigachat", "m", {"data": [{"embedding": A, "index": 0, "usage": {"prompt_tokens": 3}},
                                {"embedding": B, "index": 1}]}, {}, [A, B], None, None),
    ("gigachat", "m", {"data": [{"embedding": A}, {"embedding": B}]}, {}, [A, B], None, None),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "model", "body", "headers", "vectors", "tokens", "named"), READ)
def test_replies_are_read(provider, model, *, body, headers, vectors, tokens, named):
    setting = a_setting(call_of(provider, model), count=len(vectors or [0]))
    part = setting.adapter.decode(setting.call, reply(body, **headers))
    assert (part.prompt_tokens, part.total_tokens, part.model, part.estimated) == (tokens, tokens, named, False)
    fill(setting.matrix, a_batch(["a text"] * setting.matrix.count), part)
    found = setting.matrix.vectors()
    assert vectors is None or [found.numbers(row).tolist() for row in range(len(found))] == vectors
    assert found.width == len(vectors[0] if vectors else [0, 1, 2])


BROKEN = [
    *(("vertexai", "text-embedding-005", body) for body in (
        {}, {"predictions": []}, {"predictions": [A]}, {"predictions": [{"embeddings": A}]}, {"embedding": A}, b"<p>",
        {"predictions": [{"textEmbedding": A}]}, {"predictions": None})),
    *(("bedrock", V2, body) for body in (
        {}, {"embedding": None}, {"embedding": []}, [], {"embeddingsByType": {}}, {"embeddingsByType": {"float": None}},
        {"embedding": None, "message": "Your input was blocked."}, {"embedding": "AAAA"})),
    *(("bedrock", V3, body) for body in (
        {"embeddings": None}, {"embeddings": []}, {"embeddings": {}}, {"embeddings": {"float": None}},
        {"embeddings": [A, B]}, {"embeddings": [[A]]}, {"embeddings": [{}]}, {"embeddings": [[None]]})),
    *(("sagemaker", "e", body) for body in (
        {}, [], [[A]], [[]], {"predictions": [A]}, {"embedding": None}, {"embeddings": {}}, b"", b"null", [{"a": 1}],
        {"data": []}, [A, B])),  # [[A]] has a vector a token, as feature extraction gives
    *(("watsonx", "m", body) for body in ({}, {"results": []}, {"results": [A]}, {"results": [{}]})),
    *(("gigachat", "m", body) for body in ({}, {"data": []}, {"data": [{"embedding": A, "index": 1}]})),
]  # fmt: skip


def test_an_index_that_is_missing_among_others_cannot_be_placed():
    setting = a_setting(call_of("gigachat"), count=2)
    body = {"data": [{"embedding": A, "index": 1}, {"embedding": B}]}
    with pytest.raises(InvalidVectorError, match="permutation"):
        fill(setting.matrix, a_batch(["a", "b"]), setting.adapter.decode(setting.call, reply(body)))


def test_another_kind_of_number_than_was_asked_for_is_refused():
    call = call_of("bedrock", V4, dtype="int8")
    for body in ({"embeddings": {"float": [A]}}, {"embeddings": {"int8": None, "float": [A]}}):
        with pytest.raises(msgspec.ValidationError, match="int8"):
            adapter_of(call).decode(call, reply(body))
    part = adapter_of(call).decode(call, reply({"embeddings": {"float": [A], "int8": [[1, 2]]}}))
    assert [bytes(vector) for vector in part.vectors] == [b"[1, 2]"]


@pytest.mark.parametrize(("provider", "model", "body"), BROKEN)
def test_a_200_of_another_shape_is_refused(provider, model, body):
    setting = a_setting(call_of(provider, model), count=1)
    with pytest.raises((msgspec.DecodeError, InvalidVectorError)):
        fill(setting.matrix, a_batch(["a text"]), setting.adapter.decode(setting.call, reply(body)))


TYPE = "x-amzn-errortype"
REFUSED = [
    # provider, status, headers, body -> error, code, words
    ("vertexai", 429, {}, {"error": {"code": 429, "message": "Quota exceeded", "status": "RESOURCE_EXHAUSTED"}},
     errors.RateLimitError, "RESOURCE_EXHAUSTED", "Quota exceeded"),
    ("vertexai", 403, {}, [{"error": {"code": 403, "message": "denied", "status": "PERMISSION_DENIED"}}],
     errors.AuthenticationError, "PERMISSION_DENIED", "denied"),
    ("bedrock", 400, {TYPE: "ValidationException:http://internal.amazon.com/coral/com.amazon.bedrock/"},
     {"message": "400 Bad Request: Too many input tokens. Max input tokens: 8192, request input token count: 9875"},
     errors.ContextLengthExceededError, "context_length_exceeded", "9875"),
    ("bedrock", 400, {TYPE: "ValidationException"},
     {"message": "Malformed input request: #/texts/0: expected maxLength: 2048, actual: 19882, please reformat"},
     errors.ContextLengthExceededError, "context_length_exceeded", "19882"),
    ("bedrock", 400, {TYPE: "ValidationException"}, {"message": "The provided model identifier is invalid."},
     errors.ModelNotFoundError, "model_not_found", "identifier"),
    ("bedrock", 400, {}, {"__type": "com.amazon.coral.validate#ValidationException", "message": "Malformed input"},
     errors.InvalidRequestError, "ValidationException", "Malformed"),
    ("bedrock", 400, {TYPE: "ValidationException:http://internal.amazon.com/coral/"}, {"message": "Malformed input"},
     errors.InvalidRequestError, "ValidationException", "Malformed"),
    ("bedrock", 429, {TYPE: "ThrottlingException"}, {"message": "Too many requests, please wait"},
     errors.RateLimitError, "ThrottlingException", "wait"),
    ("bedrock", 403, {TYPE: "AccessDeniedException"}, {"Message": "not authorized to perform: bedrock:InvokeModel"},
     errors.AuthenticationError, "AccessDeniedException", "InvokeModel"),
    ("bedrock", 503, {}, b"<html>unavailable", errors.ProviderError, None, "unavailable"),
    ("bedrock", 400, {}, {"message": 5}, errors.InvalidRequestError, None, "5"),
    ("sagemaker", 424, {TYPE: "ModelError"},
     {"Message": "Received client error (413) from primary", "OriginalMessage": "inputs must have less than 512 tokens",
      "OriginalStatusCode": 413}, errors.ProviderError, "ModelError", "less than 512"),
    ("sagemaker", 400, {TYPE: "ValidationError"}, {"Message": "Endpoint e of account 1 not found."},
     errors.InvalidRequestError, "ValidationError", "not found"),
    ("azure", 422, {}, {"error": {"code": "parameter_not_supported", "message": "no dimensions"}},
     errors.InvalidRequestError, "parameter_not_supported", "no dimensions"),
    ("watsonx", 400, {}, {"errors": [{"code": "invalid_input_argument", "message": "Token sequence length is longer "
     "than the specified maximum sequence length for this model (1336 > 512).", "more_info": "u"}], "trace": "t"},
     errors.ContextLengthExceededError, "context_length_exceeded", "1336"),
    ("watsonx", 404, {}, {"errors": [{"code": "model_not_supported", "message": "no such"}], "status_code": 404},
     errors.ModelNotFoundError, "model_not_supported", "no such"),
    ("watsonx", 500, {}, {"errors": []}, errors.ProviderError, None, ""),
    ("watsonx", 502, {}, b"bad gateway", errors.UpstreamProviderError, None, "bad gateway"),
    ("gigachat", 402, {}, {"status": 402, "message": "Payment Required"},
     errors.InsufficientFundsError, "402", "Payment"),
    ("gigachat", 413, {}, {"status": 413, "message": "Payload too large"}, errors.InvalidRequestError, "413", "large"),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "status", "headers", "body", "kind", "code", "words"), REFUSED)
def test_refusals_are_read(provider, status, *, headers, body, kind, code, words):
    call = call_of(provider, client={**REGION, **PROJECT, "project_id": "p"})
    said = reply(body, status, **headers)
    error = refused(
        call, adapter_of(call).encode(call, a_batch([""])), a_batch(["a"]), said, adapter_of(call).explain(said)
    )
    assert (type(error), error.code, error.status_code) == (kind, code, status)
    assert words in str(error)
    assert error.index == (0 if kind is errors.ContextLengthExceededError else None)


def test_a_text_that_was_cut_without_leave_is_an_error():
    for body in ({"embedding": {"values": A}, "truncated": True}, predicted(A, token_count=1, truncated=True)):
        call = call_of("vertexai", "gemini-embedding-2")
        with pytest.raises(errors.ContextLengthExceededError, match="cut"):
            adapter_of(call).decode(call, reply(body))
        for leave in ({"overflow": "truncate"}, {"extra": {"autoTruncate": True}}):
            call = call_of("vertexai", "gemini-embedding-2", **leave)
            assert len(adapter_of(call).decode(call, reply(body)).vectors) == 1
