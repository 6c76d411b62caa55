"""What comes back over the wire: OpenAI's shape, with each vector at its input's place."""

from __future__ import annotations

import base64
import copy
import json
import pickle
import struct

import numpy as np
import pytest

from any_llm import CreateEmbeddingResponse, Embedding, InvalidResponseError, Usage
from interface_calls import BOTH, EACH, SPOKEN, at, texts_of
from loopback import Answer
from oracles import replies

TEXTS = ["First", "Zwei", " ", "Third"]
USAGE = {**dict.fromkeys(SPOKEN, ("measured", replies.tokens(TEXTS))), "together": ("unknown", 0)}


def float32(numbers):
    return list(struct.unpack(f"<{len(numbers)}f", struct.pack(f"<{len(numbers)}f", *numbers)))


@BOTH
@EACH
def test_it_looks_as_openais_does(embed, provider, loopback):
    server = loopback(SPOKEN[provider].answer)
    result = embed(**{**at(server, provider), "inputs": TEXTS})
    assert (type(result), type(result.data), type(result.usage)) == (CreateEmbeddingResponse, list, Usage)
    assert result.data is result.data
    assert [type(item) for item in result.data] == [Embedding] * len(TEXTS)
    assert [item.embedding for item in result.data] == [float32(replies.vector(text, replies.WIDTH)) for text in TEXTS]
    assert [(item.index, item.object) for item in result.data] == [(i, "embedding") for i in range(len(TEXTS))]
    assert (result.object, result.provider) == ("list", provider)
    assert result.model == SPOKEN[provider].model


@BOTH
@EACH
def test_the_dump_has_openais_keys_in_openais_order(embed, provider, loopback):
    server = loopback(SPOKEN[provider].answer)
    result = embed(**{**at(server, provider), "inputs": TEXTS})
    for dumped in (
        result.model_dump(),
        json.loads(result.model_dump_json()),
        result.to_dict(),
        json.loads(result.to_json()),
    ):
        assert list(dumped) == ["data", "model", "object", "usage"]
        assert list(dumped["data"][0]) == ["embedding", "index", "object"]
        assert list(dumped["usage"]) == ["prompt_tokens", "total_tokens"]


@BOTH
@pytest.mark.parametrize(
    "again",
    [
        lambda result: CreateEmbeddingResponse.model_validate(result.model_dump()),
        lambda result: CreateEmbeddingResponse.model_validate_json(result.model_dump_json(indent=2)),
        lambda result: result.model_copy(deep=True),
        copy.copy,
        copy.deepcopy,
        lambda result: pickle.loads(pickle.dumps(result)),  # noqa: S301
    ],
    ids=["model_validate", "model_validate_json", "model_copy", "copy", "deepcopy", "pickle"],
)
def test_what_is_made_of_it_again_is_equal(embed, again, loopback):
    server = loopback(SPOKEN["openai"].answer)
    result = embed(**{**at(server), "inputs": TEXTS})
    assert again(result) == result
    assert again(result) != embed(**{**at(server), "inputs": TEXTS[::-1]})
    assert len(repr(again(result))) < 200


@BOTH
@EACH
def test_to_numpy_is_writable_and_not_a_copy(embed, provider, loopback):
    server = loopback(SPOKEN[provider].answer)
    result = embed(**{**at(server, provider), "inputs": TEXTS})
    array = result.to_numpy()
    assert (array.shape, array.dtype) == ((len(TEXTS), replies.WIDTH), np.float32)
    assert array.tolist() == [item.embedding for item in result.data]
    array[0, 0] = 2
    assert result.to_numpy()[0, 0] == 2


@BOTH
@pytest.mark.parametrize("provider", USAGE)
def test_usage_says_whose_count_it_is(embed, provider, loopback):
    server = loopback(SPOKEN[provider].answer)
    usage = embed(**{**at(server, provider), "inputs": TEXTS}).usage
    assert (usage.source, usage.prompt_tokens, usage.total_tokens) == (*USAGE[provider], USAGE[provider][1])


@BOTH
def test_usage_of_fake_is_an_estimate(embed):
    usage = embed("fake:m", ["two words", "and three more"]).usage
    assert (usage.source, usage.prompt_tokens, usage.total_tokens) == ("estimated", 5, 5)


@BOTH
@pytest.mark.parametrize(
    ("reported", "source", "counts"),
    [
        ({"prompt_tokens": 3, "total_tokens": 4}, "measured", (6, 8)),
        ({"prompt_tokens": 3}, "measured", (6, 6)),
        ({"total_tokens": 4}, "measured", (8, 8)),
        ({"prompt_tokens": None, "total_tokens": None}, "unknown", (0, 0)),
        (None, "unknown", (0, 0)),
    ],
    ids=str,
)
def test_zero_never_passes_for_free(embed, reported, source, counts, loopback):
    def answer(request):
        reply = SPOKEN["openai"].answer(request)
        reply.json["usage"] = reported
        return reply

    server = loopback(answer)
    usage = embed(**{**at(server), "inputs": ["a", "b"]}, batch_size=1).usage
    assert (usage.source, (usage.prompt_tokens, usage.total_tokens)) == (source, counts)


@BOTH
@pytest.mark.parametrize("header", ["x-request-id", "request-id", "apim-request-id", "x-litellm-call-id"])
def test_request_ids_are_one_a_request_sent(embed, header, loopback):
    def answer(request):
        reply = SPOKEN["openai"].answer(request)
        return Answer(json=reply.json, headers={header: f"id of {texts_of(request)[0]}"})

    server = loopback(answer)
    result = embed(**{**at(server), "inputs": ["a", "b", "c"]}, batch_size=1)
    assert sorted(result.request_ids) == ["id of a", "id of b", "id of c"]


@BOTH
@pytest.mark.parametrize("provider", [*SPOKEN, "fake"])
def test_base64_asked_for_is_base64(embed, provider, loopback):
    server = loopback(SPOKEN.get(provider, SPOKEN["openai"]).answer)
    call = {"model": "m", "provider": "fake"} if provider == "fake" else at(server, provider)
    as_text = embed(**{**call, "inputs": TEXTS}, encoding_format="base64")
    as_lists = embed(**{**call, "inputs": TEXTS}, encoding_format="float")
    assert [type(item.embedding) for item in as_text.data] == [str] * len(TEXTS)
    assert [type(item.embedding) for item in as_lists.data] == [list] * len(TEXTS)
    assert [base64.b64decode(item.embedding) for item in as_text.data] == [row.tobytes() for row in as_lists.to_numpy()]
    assert as_text.to_numpy().tolist() == as_lists.to_numpy().tolist()
    assert json.loads(as_text.model_dump_json())["data"][0]["embedding"] == as_text.data[0].embedding


@BOTH
def test_vectors_are_placed_by_the_replys_index(embed, loopback):
    def answer(request):
        reply = SPOKEN["openai"].answer(request)
        reply.json["data"].reverse()
        return reply

    result = embed(**{**at(loopback(answer)), "inputs": TEXTS})
    assert [item.embedding for item in result.data] == [float32(replies.vector(text, replies.WIDTH)) for text in TEXTS]


@BOTH
@EACH
@pytest.mark.parametrize(("size", "requests"), [(1, 4), (3, 2), (4, 1), (100, 1)])
def test_batch_size_splits_and_every_vector_finds_its_place(embed, provider, size, requests, loopback):
    server = loopback(SPOKEN[provider].answer)
    result = embed(**{**at(server, provider), "inputs": TEXTS}, batch_size=size)
    assert sorted(text for request in server.requests for text in texts_of(request)) == sorted(TEXTS)
    assert len(server.requests) == requests
    assert max(len(texts_of(request)) for request in server.requests) <= size
    assert [item.embedding for item in result.data] == [float32(replies.vector(text, replies.WIDTH)) for text in TEXTS]


@BOTH
@pytest.mark.parametrize("provider", ["cohere", "gemini", "mistral", "ollama", "openai", "voyage"])
def test_the_width_asked_for_is_the_width(embed, provider, loopback):
    server = loopback(SPOKEN[provider].answer)
    assert embed(**{**at(server, provider), "inputs": TEXTS}, dimensions=256).to_numpy().shape == (4, 256)


@BOTH
@pytest.mark.parametrize("provider", ["cohere", "gemini", "mistral", "ollama", "openai", "voyage"])
def test_another_width_than_asked_for_is_an_error(embed, provider, loopback):
    def deaf(request):
        """Answer as if no width had been asked for."""
        body = request.json
        for each in [body, *body.get("requests", [])]:
            for name in ("dimensions", "output_dimension", "outputDimensionality"):
                each.pop(name, None)
        return SPOKEN[provider].answer(type(request)("POST", "/", {}, {}, json.dumps(body).encode(), 0))

    with pytest.raises(InvalidResponseError, match="12 wide, not the 256 asked for") as caught:
        embed(**at(loopback(deaf), provider), dimensions=256)
    assert caught.value.index == 0


@BOTH
@pytest.mark.parametrize("provider", ["openai", "cohere"])
@pytest.mark.parametrize(("normalize", "length"), [(None, 5), (False, 5), (True, 1)])
def test_normalize(embed, provider, normalize, length, loopback):
    def answer(request):
        reply = SPOKEN[provider].answer(request)
        if provider == "cohere":
            reply.json["embeddings"]["float"] = [[3, 4], [0.0, 5.0]]
        else:
            for item, vector in zip(reply.json["data"], [[3, 4], [0.0, 5.0]], strict=True):
                item["embedding"] = vector
        return reply

    result = embed(**{**at(loopback(answer), provider), "inputs": ["a", "b"]}, normalize=normalize)
    assert np.linalg.norm(result.to_numpy(), axis=1).tolist() == pytest.approx([length, length])
    assert result.data[0].embedding == pytest.approx([0.6 * length, 0.8 * length])
