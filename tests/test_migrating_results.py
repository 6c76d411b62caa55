"""Where a result differs from any-llm's; one test a row of docs/migrating.md."""

from __future__ import annotations

import struct

import numpy as np
import openai.types
import pydantic
import pytest

from any_llm import CreateEmbeddingResponse, InvalidResponseError, embedding
from any_llm.types.provider import ProviderMetadata
from interface_calls import SPOKEN, at
from loopback import Answer

PRECISE = 0.1234567890123456789


def replying(change, provider="openai"):
    def answer(request):
        reply = SPOKEN[provider].answer(request)
        change(reply.json)
        return reply

    return answer


def precisely(body):
    body["data"][0]["embedding"] = [PRECISE, -PRECISE]


def test_values_are_float32(loopback):
    result = embedding(**at(loopback(replying(precisely))))
    rounded = struct.unpack("<f", struct.pack("<f", PRECISE))[0]
    assert result.data[0].embedding == [rounded, -rounded]
    assert '"embedding":[0.12345679,-0.12345679]' in result.model_dump_json()


def test_two_are_equal_as_float32(loopback):
    result = embedding(**at(loopback(replying(precisely))))
    exact = CreateEmbeddingResponse.model_validate(
        {**result.model_dump(), "data": [{"embedding": [PRECISE, -PRECISE], "index": 0, "object": "embedding"}]}
    )
    assert exact == result


def test_it_is_no_pydantic_class_and_a_pydantic_field():
    result = embedding("fake:m", "Hello")
    assert not isinstance(result, pydantic.BaseModel | openai.types.CreateEmbeddingResponse)
    model = pydantic.create_model("Model", result=(CreateEmbeddingResponse, ...))
    assert model(result=result).result is result
    assert model(result=result).model_dump() == {"result": result.model_dump()}
    assert openai.types.CreateEmbeddingResponse.model_validate(result.model_dump()).model_dump() == result.model_dump()


def test_metadata_is_no_pydantic_class_either():
    assert not issubclass(ProviderMetadata, pydantic.BaseModel)
    with pytest.raises(TypeError):
        ProviderMetadata(name="x")


def test_what_a_provider_adds_is_left_out(loopback):
    result = embedding(**at(loopback(SPOKEN["openrouter"].answer), "openrouter"))
    assert list(result.model_dump()) == ["data", "model", "object", "usage"]
    assert list(result.model_dump()["usage"]) == ["prompt_tokens", "total_tokens"]
    assert not hasattr(result, "id")


def test_more_stands_beside_the_dump(loopback):
    result = embedding(**at(loopback(SPOKEN["openai"].answer)))
    assert (result.provider, result.request_ids, result.usage.source) == ("openai", (), "measured")
    assert result.to_numpy().dtype == np.float32


def test_request_ids_are_public(loopback):
    def answer(request):
        return Answer(json=SPOKEN["openai"].answer(request).json, headers={"x-request-id": "r-1"})

    result = embedding(**at(loopback(answer)))
    assert result.request_ids == ("r-1",)
    assert not hasattr(result, "_request_id")


def test_gemini_counts_tokens(loopback):
    usage = embedding(**at(loopback(SPOKEN["gemini"].answer), "gemini")).usage
    assert (usage.total_tokens, usage.source) == (5, "measured")


def test_zeros_say_that_nobody_counted(loopback):
    usage = embedding(**at(loopback(SPOKEN["together"].answer), "together")).usage
    assert (usage.total_tokens, usage.source) == (0, "unknown")


def test_vectors_stand_in_the_order_of_the_inputs(loopback):
    server = loopback(replying(lambda body: body["data"].reverse()))
    result = embedding(**{**at(server), "inputs": ["a", "b"]})
    assert [item.index for item in result.data] == [0, 1]
    assert result.data[0].embedding == embedding(**{**at(server), "inputs": ["a"]}).data[0].embedding


@pytest.mark.parametrize(
    ("provider", "change"),
    [
        ("openai", lambda body: body["data"].pop()),
        ("openai", lambda body: body["data"][1].update(embedding=[])),
        ("openai", lambda body: body["data"][1].update(embedding=[None] * 12)),
        ("openai", lambda body: body["data"][-1].update(index=7)),
        ("gemini", lambda body: body["embeddings"][0].update(values=[])),
        ("ollama", lambda body: body["embeddings"].pop()),
        ("cohere", lambda body: body["embeddings"]["float"].pop()),
    ],
    ids=[
        "one too few",
        "an empty one",
        "nulls",
        "an index beyond",
        "a gap",
        "too few",
        "too few of a type",
    ],
)
def test_a_reply_that_cannot_be_right_is_an_error(provider, change, loopback):
    call = at(loopback(replying(change, provider)), provider)
    with pytest.raises(InvalidResponseError):
        embedding(**{**call, "inputs": ["a", "b"]}, **({"encoding_format": "float"} if provider == "openai" else {}))


def test_another_width_than_asked_for_is_an_error(loopback):
    server = loopback(replying(lambda body: body["data"][0].update(embedding=[0.5] * 12)))
    with pytest.raises(InvalidResponseError, match="12 wide, not the 5"):
        embedding(**at(server), dimensions=5)
