"""Who gives the width that was asked for, and are the vectors those the model would give?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import any_llm
from any_llm import InvalidRequestError, InvalidResponseError, UnsupportedParameterError
from interface_calls import BOTH
from loopback import Answer, Request
from oracles.replies import vector

if TYPE_CHECKING:
    from collections.abc import Callable

TEXTS = ["First", "Second"]
QWEN, NOMIC = "Qwen/Qwen3-Embedding-0.6B", "nomic-ai/nomic-embed-text-v1.5"


def deaf(width: int, *, length: float = 1) -> Callable[[Request], Answer]:
    """A server that gives this width whatever it is asked for."""

    def answer(request: Request) -> Answer:
        made = [[length * value for value in vector(text, width)] for text in request.json["input"]]
        return Answer(json={"data": [{"index": i, "embedding": one} for i, one in enumerate(made)]})

    return answer


def cut(text: str, own: int, width: int) -> list[float]:
    kept = vector(text, own)[:width]
    return [value / math.hypot(*kept) for value in kept]


@BOTH
@pytest.mark.parametrize(
    ("provider", "model", "own", "width", "sent"),
    [
        ("together", QWEN, 1024, 256, False),  # no field for a width
        ("together", QWEN, 1024, 1024, False),
        ("lmstudio", "text-embedding-nomic-embed-text-v1.5", 768, 128, False),
        ("llamacpp", "qwen3-embedding:0.6b", 1024, 64, False),  # it would ignore one
        ("vllm", QWEN, 1024, 64, True),  # has one, and here does nothing
        ("vllm", NOMIC, 768, 256, True),
        ("openai", "text-embedding-3-small", 1536, 512, True),
    ],
)
def test_a_vector_that_may_be_cut_is_cut_here(embed, provider, model, *, own, width, sent, loopback):
    server = loopback(deaf(own))
    result = embed(model, TEXTS, provider=provider, api_key="k", api_base=server.url, dimensions=width)
    assert ("dimensions" in server.requests[0].json) is sent
    expected = [cut(text, own, width) for text in TEXTS]
    np.testing.assert_allclose(result.to_numpy(), expected, rtol=1e-6, atol=1e-12)
    assert result.dimensions_by == ("client" if width < own else "provider")


@BOTH
@pytest.mark.parametrize(
    ("normalize", "length", "dimensions_by"), [(None, 1.0, "client"), (True, 1.0, "client"), (False, None, "client")]
)
def test_normalize_false_leaves_a_cut_vector_as_it_is(embed, normalize, length, dimensions_by, loopback):
    server = loopback(deaf(1024))
    result = embed(
        QWEN, "First", provider="together", api_key="k", api_base=server.url, dimensions=128, normalize=normalize
    )
    expected = length or math.hypot(*vector("First", 1024)[:128])
    assert np.linalg.norm(result.to_numpy()[0]) == pytest.approx(expected, rel=1e-5)
    assert result.dimensions_by == dimensions_by


@pytest.mark.parametrize(
    ("model", "dimensions", "length", "found"),
    [
        ("gemini-embedding-001", 256, 0.6, 1.0),  # Google cuts it and leaves the rest short
        ("gemini-embedding-001", 3072, 0.6, 0.6),  # its own width is its own affair
        ("gemini-embedding-001", None, 0.6, 0.6),
        ("gemini-embedding-001", 256, 1.0001, 1.0001),  # rounding: bits stay
        ("an-unknown-model", 256, 0.6, 0.6),
    ],
)
def test_what_a_host_cut_and_left_short_gets_its_length(model, dimensions, length, found, loopback):
    def answer(request: Request) -> Answer:
        width = request.json["requests"][0].get("outputDimensionality", 3072)
        texts = [one["content"]["parts"][0]["text"] for one in request.json["requests"]]
        made = [{"values": [length * value for value in vector(text, width)]} for text in texts]
        return Answer(json={"embeddings": made})

    server = loopback(answer)
    result = any_llm.embedding(model, TEXTS, provider="gemini", api_key="k", api_base=server.url, dimensions=dimensions)
    assert np.linalg.norm(result.to_numpy(), axis=1) == pytest.approx([found, found], rel=1e-5)
    assert result.dimensions_by == (None if dimensions is None else "provider")


@pytest.mark.parametrize(
    ("provider", "model", "dimensions", "error", "words"),
    [
        ("openai", "text-embedding-3-small", 1537, InvalidRequestError, "gives 1 to 1536"),
        ("openai", "text-embedding-ada-002", 512, InvalidRequestError, "gives 1536"),
        ("cohere", "embed-v4.0", 300, InvalidRequestError, "gives 256, 512, 1024, 1536"),
        ("ollama", "nomic-embed-text:v1.5", 769, InvalidRequestError, "gives 64 to 768"),
        ("together", QWEN, 16, InvalidRequestError, "gives 32 to 1024"),
        ("together", "BAAI/bge-base-en-v1.5", 256, UnsupportedParameterError, "not known to keep its meaning"),
        ("together", "somebody/unknown", 256, UnsupportedParameterError, "no field for a width"),
    ],
)
def test_a_width_nobody_can_give_is_refused_before_anything_is_sent(
    provider, model, *, dimensions, error, words, loopback
):
    server = loopback(lambda _: Answer(500))
    with pytest.raises(error, match=words):
        any_llm.embedding(model, TEXTS, provider=provider, api_key="k", api_base=server.url, dimensions=dimensions)
    assert server.requests == []


@pytest.mark.parametrize(
    ("model", "own"),
    [
        ("somebody/unknown", 1024),  # nobody knows that it may be cut
        ("mxbai-embed-large-v1", 1024),  # no source says so
        (QWEN, 512),  # not the model's own width: somebody else cut it
    ],
)
def test_a_host_that_ignores_the_width_is_caught(model, own, loopback):
    server = loopback(deaf(own))
    with pytest.raises(InvalidResponseError, match=f"{own} wide, not the 256 asked for") as caught:
        any_llm.embedding(model, TEXTS, provider="vllm", api_base=server.url, dimensions=256)
    assert caught.value.index is None  # it is wrong about all


def test_vectors_cut_there_and_here_have_one_length(loopback):
    """Of two hosts behind one name, one may cut and one may not."""

    def answer(request: Request) -> Answer:
        (text,) = request.json["input"]
        width = 256 if text == "First" else 1024
        return Answer(json={"data": [{"index": 0, "embedding": [0.5 * value for value in vector(text, width)]}]})

    given: dict[str, Any] = {"provider": "vllm", "api_base": loopback(answer).url, "batch_size": 1}
    result = any_llm.embedding(QWEN, TEXTS, dimensions=256, **given)
    assert np.linalg.norm(result.to_numpy(), axis=1) == pytest.approx([1, 1], rel=1e-6)
    assert result.dimensions_by == "client"
