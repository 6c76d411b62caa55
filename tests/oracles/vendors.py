"""Which calls are held against the SDKs of vendors with one shape or one server, and how those would answer."""

from __future__ import annotations

import base64
import json
import struct
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from loopback import Answer, Request
from oracles.calls import through_openai
from oracles.cases import POLICIES, ROLES, TEXTS, WIDTHS
from oracles.replies import WIDTH, pack, tokens, vector
from oracles.shape import Case, Oracle
from oracles.vendor_calls import (
    through_huggingface,
    through_huggingface_at,
    through_isaacus,
    through_lmstudio,
    through_mixedbread,
    through_nomic,
    through_perplexity,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SHAPES: dict[str, Any] = json.loads(
    (Path(__file__).parent.parent / "replies" / "vendors.json").read_text(encoding="utf-8")
)
"""A reply of each provider's true shape, with where that was read."""


def shape(provider: str) -> Any:
    """Copy the reply kept for this provider, to be filled in."""
    return json.loads(json.dumps(SHAPES[provider]["reply"]))


def listed(provider: str, write: Callable[[list[float]], Any] = list) -> Callable[[Request], Answer]:
    """{"data": [{"embedding", "index"}], "usage"}: OpenAI's, with what this provider adds."""

    def answer(request: Request) -> Answer:
        body, reply = request.json, shape(provider)
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        packed = pack if body.get("encoding_format") == "base64" and provider != "lmstudio" else write
        reply["model"] = body["model"]
        reply["data"] = [
            {**reply["data"][0], "index": index, "embedding": packed(vector(text, body.get("dimensions") or WIDTH))}
            for index, text in enumerate(texts)
        ]
        if provider != "lmstudio":
            reply["usage"]["prompt_tokens"] = reply["usage"]["total_tokens"] = tokens(texts)
        return Answer(json=reply)

    return answer


def int8(numbers: Iterable[float]) -> str:
    """Write a vector as Perplexity does: a signed byte a value, the extremes among them."""
    values = [-128, 127, *(int(number * 100) for number in numbers)][:-2]
    return base64.b64encode(struct.pack(f"{len(values)}b", *values)).decode()


def isaacus(request: Request) -> Answer:
    """POST /v1/embeddings, answered out of order, which `index` allows."""
    body, reply = request.json, shape("isaacus")
    texts = [body["texts"]] if isinstance(body["texts"], str) else body["texts"]
    width = body.get("dimensions") or WIDTH
    reply["embeddings"] = [{"index": i, "embedding": vector(text, width)} for i, text in enumerate(texts)][::-1]
    reply["usage"]["input_tokens"] = tokens(texts)
    return Answer(json=reply)


def nomic(request: Request) -> Answer:
    """POST /v1/embedding/text; and GET /v1/user, which its SDK asks for first."""
    if request.method == "GET":
        return Answer(json={})
    body, reply = request.json, shape("nomic")
    reply["embeddings"] = [vector(text, body.get("dimensionality") or WIDTH) for text in body["texts"]]
    reply["usage"]["prompt_tokens"] = reply["usage"]["total_tokens"] = tokens(body["texts"])
    return Answer(json={**reply, "model": body["model"]})


def bare(request: Request) -> Answer:
    """POST /embed, and the router's pipeline; and GET /api/models/..., where its SDK looks up what a model can do."""
    if request.method == "GET":
        name = request.path.removeprefix("/api/models/")
        return Answer(json={"id": name, "pipeline_tag": "feature-extraction", "tags": ["feature-extraction"]})
    body = request.json
    texts = [body["inputs"]] if isinstance(body["inputs"], str) else body["inputs"]
    return Answer(json=[vector(text, body.get("dimensions") or WIDTH) for text in texts])


@cache
def example_requests() -> tuple[Any, ...]:
    """Bodies of Jina's documented examples: it has no SDK."""
    return tuple(SHAPES["jina"]["examples"]["requests"])


OWN = Case("own field", "Hello", extra={"normalized": False})
ROLE_CASES = tuple(case for case in ROLES if case.dimensions is None)
TEI = Oracle(
    name="tei",
    provider="tei",
    sdk="huggingface_hub",
    model="BAAI/bge-small-en-v1.5",
    embed=through_huggingface_at("/embed"),
    answer=bare,
    cases=(
        *TEXTS,
        *WIDTHS,
        *ROLES,
        *POLICIES,
        Case("its own word", "Hello", input_type="s2p_query"),
        Case("own fields", "Hello", extra={"truncation_direction": "left", "normalize": False}),
    ),
    differences=("list_of_inputs", "refuse_overflow"),
)
HUGGINGFACE = msgspec.structs.replace(
    TEI,
    name="huggingface",
    provider="huggingface",
    model="intfloat/multilingual-e5-large",
    embed=through_huggingface,
    base="/hf-inference",
    client={"bill_to": "our-team"},
    cases=(*TEXTS, *ROLE_CASES, *POLICIES, TEI.cases[-1]),
)
VENDORS: tuple[Oracle, ...] = (
    HUGGINGFACE,
    msgspec.structs.replace(
        HUGGINGFACE,
        name="huggingface, an endpoint",
        embed=through_huggingface_at(""),
        base="/endpoint/of/ours",
        client={},
        cases=tuple(TEXTS[:2]),
    ),
    Oracle(
        name="infinity",
        provider="infinity",
        sdk="openai",
        model="BAAI/bge-small-en-v1.5",
        embed=through_openai,
        answer=listed("infinity"),
        cases=(*TEXTS, *WIDTHS, Case("own field", "Hello", extra={"extra_body": {"modality": "text"}})),
        differences=("list_of_input",),
    ),
    Oracle(
        name="isaacus",
        provider="isaacus",
        sdk="isaacus",
        model="kanon-2-embedder",
        base="/v1",
        embed=through_isaacus,
        answer=isaacus,
        cases=(*TEXTS, *WIDTHS, *ROLES, *POLICIES, Case("its own word", "Hello", input_type="retrieval/query")),
        differences=("refuse_overflow",),
    ),
    Oracle(
        name="lmstudio",
        provider="lmstudio",
        sdk="openai",
        model="text-embedding-nomic-embed-text-v1.5",
        base="/v1",
        embed=through_lmstudio,
        answer=listed("lmstudio"),
        cases=tuple(TEXTS),
        differences=("list_of_input", "floats"),
    ),
    Oracle(
        name="mixedbread",
        provider="mixedbread",
        sdk="mixedbread",
        model="mixedbread-ai/mxbai-embed-large-v1",
        embed=through_mixedbread,
        answer=listed("mixedbread"),
        cases=(
            *TEXTS,
            *WIDTHS,
            OWN,
            Case("prompt", ["Where?"], extra={"prompt": "Find: ", "encoding_format": "float"}),
        ),
        differences=("list_of_input", "base64"),
    ),
    Oracle(
        name="nomic",
        provider="nomic",
        sdk="nomic",
        model="nomic-embed-text-v1.5",
        embed=through_nomic,
        answer=nomic,
        cases=(
            *TEXTS,
            *WIDTHS,
            *ROLES,
            POLICIES[1],
            Case("overflow is averaged", "Hello", overflow="mean"),
            Case("clustering", "Hello", input_type="clustering"),
        ),
        differences=("no_nulls", "long_texts_are_nomics_affair"),
    ),
    Oracle(
        name="perplexity",
        provider="perplexity",
        sdk="perplexityai",
        model="pplx-embed-v1-0.6b",
        embed=through_perplexity,
        answer=listed("perplexity", int8),
        cases=(*TEXTS, *ROLE_CASES, Case("dimensions", ["First", "Second"], dimensions=256)),
        differences=("list_of_input", "says_int8"),
    ),
    TEI,
    msgspec.structs.replace(TEI, name="tei, by its address", base="/proxy", cases=tuple(TEXTS[:1])),
)
