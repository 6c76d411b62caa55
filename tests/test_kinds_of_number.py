"""Are int8, uint8 and packed bits asked for as the SDKs ask for them, and read as they read them?"""

from __future__ import annotations

import asyncio
import base64
import json
from array import array
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pytest

import any_llm
from any_llm import InvalidRequestError, InvalidResponseError, UnsupportedParameterError
from any_llm.types.vectors import CODES
from loopback import Answer, Loopback, Request
from oracles.calls import requests_session
from oracles.shape import KEY

if TYPE_CHECKING:
    from collections.abc import Callable

TEXTS = ["First", "Zweiter, Füße"]
WIDTH = 256
KINDS = ("int8", "uint8", "binary", "ubinary")


def numbers(text: str, dtype: str, width: int = WIDTH) -> list[int]:
    """Invent what a model might give: the extremes of the kind are among them."""
    signed, count = CODES[dtype] == "b", width // 8 if dtype in {"binary", "ubinary"} else width
    drawn = [0, 255, *text.encode() * count][:count]
    return [value - 128 if signed else value for value in drawn]


def openai_shaped(field: str, *, packed: bool = False) -> Callable[[Request], Answer]:
    """POST .../embeddings with one field that says which kind of number."""

    def answer(request: Request) -> Answer:
        body = request.json
        dtype = {"base64_int8": "int8", "base64_binary": "ubinary"}.get(body[field], body[field])
        width = body.get("output_dimension") or body.get("dimensions") or WIDTH
        made = [numbers(text, dtype, width) for text in body["input"]]
        shown = [base64.b64encode(array(CODES[dtype], one).tobytes()).decode() for one in made] if packed else made
        data = [{"object": "embedding", "index": i, "embedding": one} for i, one in enumerate(shown)]
        usage = {"prompt_tokens": 5, "total_tokens": 5}
        more = {"id": "1", "normalized": True, "encoding_format": "int8", "dimensions": width}
        return Answer(json={"object": "list", "data": data, "model": body["model"], "usage": usage, **more})

    return answer


def cohere(request: Request) -> Answer:
    """POST /v2/embed: vectors by type."""
    (dtype,) = request.json["embedding_types"]
    made = [numbers(text, dtype, request.json.get("output_dimension", WIDTH)) for text in request.json["texts"]]
    meta = {"api_version": {"version": "2"}, "billed_units": {"input_tokens": 5}}
    body = {"id": "1", "embeddings": {dtype: made}, "texts": TEXTS, "meta": meta, "response_type": "embeddings_by_type"}
    return Answer(json=body)


def through_cohere(url: str, dtype: str) -> list[list[int]]:
    from cohere import ClientV2

    with ClientV2(api_key=KEY, base_url=url) as client:
        reply = client.embed(
            model="embed-v4.0", texts=TEXTS, input_type="search_document", embedding_types=[dtype], truncate="NONE"
        )
    return getattr(reply.embeddings, dtype)


def through_voyage(url: str, dtype: str) -> list[list[int]]:
    import voyageai

    voyageai.requestssession = requests_session()
    try:
        reply = voyageai.Client(api_key=KEY, base_url=url).embed(
            TEXTS, model="voyage-4", output_dtype=dtype, truncation=False
        )
    finally:
        requests_session().close()
    return reply.embeddings


def through_mistral(url: str, dtype: str) -> list[list[int]]:
    from mistralai.client import Mistral

    with Mistral(api_key=KEY, server_url=url) as client:
        reply = client.embeddings.create(model="codestral-embed", inputs=TEXTS, output_dtype=dtype)
    return [list(map(int, item.embedding)) for item in reply.data]


def through_mixedbread(url: str, dtype: str) -> list[list[int]]:
    from mixedbread import Mixedbread

    with Mixedbread(api_key=KEY, base_url=url) as client:
        reply = client.embed(model="mxbai-embed-large-v1", input=TEXTS, encoding_format=dtype)
    return [list(map(int, item.embedding)) for item in reply.data]


def through_perplexity(url: str, dtype: str) -> list[list[int]]:
    from perplexity import Perplexity

    word = {"int8": "base64_int8", "ubinary": "base64_binary"}[dtype]
    with Perplexity(api_key=KEY, base_url=url) as client:
        reply = client.embeddings.create(model="pplx-embed-v1-0.6b", input=TEXTS, encoding_format=word)
    return [array(CODES[dtype], base64.b64decode(item.embedding)).tolist() for item in reply.data]


class Spoken(msgspec.Struct, frozen=True):
    """A provider: its model, what follows the address in its base, how it answers, its SDK."""

    model: str
    base: str
    answer: Callable[[Request], Answer]
    through: Callable[[str, str], list[list[int]]]
    kinds: tuple[str, ...] = KINDS
    not_sent: frozenset[str] = frozenset()
    """What the SDK sends and we do not: Voyage's asks for base64, which saves nothing where a value is a byte."""


SPOKEN = {
    "cohere": Spoken("embed-v4.0", "", cohere, through_cohere),
    "mistral": Spoken("codestral-embed", "", openai_shaped("output_dtype"), through_mistral),
    "mixedbread": Spoken("mxbai-embed-large-v1", "", openai_shaped("encoding_format"), through_mixedbread),
    "perplexity": Spoken(
        "pplx-embed-v1-0.6b", "", openai_shaped("encoding_format", packed=True), through_perplexity, ("int8", "ubinary")
    ),
    "voyage": Spoken(
        "voyage-4", "/v1", openai_shaped("output_dtype"), through_voyage, not_sent=frozenset({"encoding_format"})
    ),
}


def embed(mode: str, server: Loopback, provider: str, **options: Any) -> Any:
    spoken = SPOKEN[provider]
    at = {"provider": provider, "api_key": KEY, "api_base": server.url + spoken.base, "inputs": TEXTS, **options}
    if mode == "sync":
        return any_llm.embedding(spoken.model, **at)
    return asyncio.run(any_llm.aembedding(spoken.model, **at))


@pytest.mark.parametrize("mode", ["sync", "async"])
@pytest.mark.parametrize(("provider", "dtype"), [(name, kind) for name, one in SPOKEN.items() for kind in one.kinds])
def test_a_kind_is_asked_for_and_read_as_the_sdk_does(provider, dtype, mode):
    spoken = SPOKEN[provider]
    with Loopback(spoken.answer) as server:
        expected = spoken.through(server.url + spoken.base, dtype)
        result = embed(mode, server, provider, dtype=dtype)
        theirs, ours = (request.json for request in server.requests)
    assert ours == {name: value for name, value in theirs.items() if value is not None and name not in spoken.not_sent}
    assert expected == [numbers(text, dtype) for text in TEXTS]
    assert [item.embedding for item in result.data] == expected
    assert all(type(value) is int for item in result.data for value in item.embedding)
    kind = np.int8 if CODES[dtype] == "b" else np.uint8
    assert result.to_numpy().dtype == kind
    assert result.to_numpy().tolist() == expected
    assert json.loads(result.model_dump_json())["data"][0]["embedding"] == expected[0]
    assert result.model_dump()["data"][1]["embedding"] == expected[1]


@pytest.mark.parametrize(("dtype", "width"), [("int8", 512), ("ubinary", 64)])
def test_a_width_of_packed_bits_counts_dimensions(dtype, width):
    with Loopback(SPOKEN["voyage"].answer) as server:
        result = embed("sync", server, "voyage", dtype=dtype, dimensions=512)
    assert (result.to_numpy().shape, result.dimensions_by) == ((2, width), "provider")


@pytest.mark.parametrize(
    ("provider", "options", "error", "words"),
    [
        ("voyage", {"dtype": "float16"}, InvalidRequestError, "choose 'float32', 'int8'"),
        ("voyage", {"dtype": "int8", "normalize": True}, InvalidRequestError, "normalize=True is for float32 only"),
        ("voyage", {"dtype": "int8", "encoding_format": "base64"}, InvalidRequestError, "is for float32 only"),
        ("voyage", {"dtype": "int8", "output_dtype": "int8"}, InvalidRequestError, "say the same thing"),
        ("perplexity", {"dtype": "binary"}, UnsupportedParameterError, "It gives int8, ubinary"),
        ("perplexity", {"dtype": "ubinary", "dimensions": 129}, InvalidRequestError, "ask for a multiple"),
        ("openai", {"dtype": "int8"}, UnsupportedParameterError, "It gives float32"),
        ("fake", {"dtype": "int8"}, UnsupportedParameterError, "It gives float32"),
        ("local", {"dtype": "int8"}, UnsupportedParameterError, "gives float32"),
    ],
    ids=str,
)
def test_a_kind_nobody_gives_is_refused_before_anything_is_sent(provider, options, error, words, loopback):
    server = loopback(lambda _: Answer(500))
    with pytest.raises(error, match=words):
        any_llm.embedding("all-MiniLM-L6-v2", TEXTS, provider=provider, api_key=KEY, api_base=server.url, **options)
    assert server.requests == []


@pytest.mark.parametrize(
    ("vectors", "words"),
    [
        ([[1, 2], [3, 128]], "whole numbers of a byte each"),
        ([[1, 2], [3, -129]], "whole numbers of a byte each"),
        ([[1, 2], [3, 0.5]], "whole numbers of a byte each"),
        ([[1, 2], [3, None]], "whole numbers of a byte each"),
        ([[1, 2], [3], [4, 5]], "1 wide among others of 2"),
        ([[1, 2], [0, 0]], "all zero"),
        ([[1, 2], []], "empty"),
    ],
    ids=str,
)
def test_what_is_no_vector_of_the_kind_is_an_error_with_its_index(vectors, words):
    data = [{"index": index, "embedding": vector} for index, vector in enumerate(vectors)]
    with (
        Loopback(lambda _: Answer(json={"data": data})) as server,
        pytest.raises(InvalidResponseError, match=words) as caught,
    ):
        embed("sync", server, "voyage", dtype="int8", inputs=["a", "b", "c"][: len(vectors)])
    assert caught.value.index == 1
