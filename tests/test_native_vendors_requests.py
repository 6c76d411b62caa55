"""What do these vendors' adapters write, and what do they refuse to write? The traps each of them is known to set."""

from __future__ import annotations

import json
from typing import Any

import pytest

from any_llm.exceptions import InvalidRequestError, UnsupportedParameterError
from any_llm.providers.table import ROWS
from by_hand import TEXTS, a_batch, a_call, adapter_of

V2, V3, V4, V5 = (
    "jina-embeddings-v2-base-de",
    "jina-embeddings-v3",
    "jina-embeddings-v4",
    "jina-embeddings-v5-text-nano",
)
CODE, CLIP1, CLIP2, NEXT = "jina-code-embeddings-1.5b", "jina-clip-v1", "jina-clip-v2", "jina-embeddings-v9"
QUERY, PASSAGE = {"task": "retrieval.query"}, {"task": "retrieval.passage"}


def request_of(provider: str, model: str, texts: Any = TEXTS, first: int = 0, **given: Any) -> tuple[str, Any]:
    call = a_call(provider, model, row=ROWS[provider], **given)
    send = adapter_of(call).encode(call, a_batch(texts, first))
    return send.url, json.loads(send.body)


WRITTEN = [
    # provider, model, what is asked -> what stands in the body beside model and inputs
    ("jina", V5, {}, {"embedding_type": "base64"}),
    ("jina", V5, {"base64": False}, {}),  # this host has refused it once
    ("jina", V5, {"encoding_format": "float"}, {"embedding_type": "float"}),
    ("jina", V5, {"extra": {"embedding_type": "float"}}, {"embedding_type": "float"}),
    ("jina", V5, {"overflow": "truncate"}, {"embedding_type": "base64", "truncate": True}),
    ("jina", V5, {"overflow": "error"}, {"embedding_type": "base64"}),  # it is the default there
    *(("jina", model, {"input_type": role, "base64": False}, task) for model, role, task in (
        (V5, "query", QUERY), (V5, "document", PASSAGE), (V5, "similarity", {"task": "text-matching"}),
        (V5, "classification", {"task": "classification"}), (V5, "clustering", {"task": "clustering"}),
        (V4, "query", QUERY), (V4, "document", PASSAGE), (V4, "similarity", {"task": "text-matching"}),
        (V4, "code.query", {"task": "code.query"}),
        (V3, "query", QUERY), (V3, "document", PASSAGE), (V3, "similarity", {"task": "text-matching"}),
        (V3, "classification", {"task": "classification"}), (V3, "clustering", {"task": "separation"}),
        (CODE, "query", {"task": "nl2code.query"}), (CODE, "document", {"task": "nl2code.passage"}),
        (CODE, "qa.query", {"task": "qa.query"}),
        (CLIP2, "query", QUERY), (CLIP2, "document", {}), (CLIP1, "query", {}), (CLIP1, "document", {}),
        (V2, "query", {}), (V2, "document", {}),
        (NEXT, "retrieval.query", QUERY))),
    *(("jina", model, {"dimensions": 64, "base64": False}, {"dimensions": 64})
      for model in (V5, V4, V3, CODE, CLIP2, NEXT)),
    *(("jina", model, {"extra": {"normalized": False}, "base64": False}, {"normalized": False})
      for model in (V5, V3, V2, CLIP1, CLIP2, NEXT)),
    *(("jina", model, {"extra": {"late_chunking": True}, "base64": False}, {"late_chunking": True})
      for model in (V4, V3, NEXT)),
    ("jina", V4, {"extra": {"return_multivector": False}, "base64": False}, {"return_multivector": False}),
    ("tei", "m", {}, {"truncate": False}),
    ("tei", "m", {"overflow": "truncate", "dimensions": 8}, {"truncate": True, "dimensions": 8}),
    ("tei", "m", {"extra": {"truncate": True, "truncation_direction": "left"}},
     {"truncate": True, "truncation_direction": "left"}),
    ("tei", "m", {"normalize": False}, {"truncate": False, "normalize": False}),
    ("tei", "m", {"normalize": True}, {"truncate": False}),
    ("tei", "m", {"encoding_format": "base64"}, {"truncate": False}),  # of the result, not of the reply
    ("tei", "m", {"input_type": "s2s"}, {"truncate": False, "prompt_name": "s2s"}),
    ("huggingface", "o/m", {"input_type": "query"}, {"truncate": False, "prompt_name": "query"}),
    ("isaacus", "m", {}, {"overflow_strategy": None}),
    ("isaacus", "m", {"overflow": "error"}, {"overflow_strategy": None}),
    ("isaacus", "m", {"extra": {"overflow_strategy": "drop_end"}}, {"overflow_strategy": "drop_end"}),
    ("nomic", "m", {}, {"task_type": "search_document"}),
    ("nomic", "m", {"extra": {"task_type": "clustering"}}, {"task_type": "clustering"}),
    ("nomic", "m", {"overflow": "mean"}, {"task_type": "search_document", "long_text_mode": "mean"}),
    ("perplexity", "pplx-embed-v1-4b", {"dimensions": 128}, {"encoding_format": "base64_int8", "dimensions": 128}),
    ("perplexity", "pplx-embed-v1-4b", {"input_type": "query"}, {"encoding_format": "base64_int8"}),
    ("perplexity", "pplx-embed-v1-4b", {"encoding_format": "base64"}, {"encoding_format": "base64_int8"}),
    ("perplexity", "m", {"extra": {"encoding_format": "base64_int8"}}, {"encoding_format": "base64_int8"}),
    ("lmstudio", "m", {}, {}),
    ("mixedbread", "m", {"extra": {"prompt": "Find: "}}, {"encoding_format": "base64", "prompt": "Find: "}),
]  # fmt: skip
INPUTS = {"isaacus": "texts", "nomic": "texts", "tei": "inputs", "huggingface": "inputs"}


@pytest.mark.parametrize(("provider", "model", "asked", "written"), WRITTEN)
def test_what_is_asked_is_written(provider: str, model: str, asked: dict[str, Any], written: dict[str, Any]):
    _, body = request_of(provider, model, **asked)
    assert body.pop(INPUTS.get(provider, "input")) == list(TEXTS)
    assert body.pop("model", None) == (None if provider in {"tei", "huggingface"} else model)
    assert body == written


REFUSED = [
    # provider, model, what is asked -> words of the error
    *(("jina", model, {"input_type": role}, role) for model, role in (
        (V4, "clustering"), (V4, "classification"), (CODE, "similarity"), (CLIP2, "similarity"), (V2, "clustering"),
        (V2, "retrieval.query"), (CLIP1, "classification"), (NEXT, "query"))),
    *(("jina", model, {"dimensions": 64}, "dimensions") for model in (V2, CLIP1)),
    *(("jina", model, {"extra": {field: True}}, f"{model} has no such field") for model, field in (
        (V5, "late_chunking"), (V2, "late_chunking"), (CODE, "late_chunking"), (CLIP2, "late_chunking"),
        (V4, "normalized"), (CODE, "normalized"), (V2, "task"), (CLIP1, "task"), (CLIP1, "dimensions"))),
    ("jina", V4, {"extra": {"return_multivector": True}}, "one vector"),
    *(("jina", V5, {"extra": {"embedding_type": kind}}, "float or base64")
      for kind in ("binary", "ubinary", ["float"])),
    ("perplexity", "m", {"extra": {"encoding_format": "base64_binary"}}, "dtype='int8' or 'ubinary'"),
    ("perplexity", "m", {"extra": {"encoding_format": "float"}}, "dtype='int8' or 'ubinary'"),
    ("huggingface", "o/m", {"dimensions": 8}, "dimensions"),
    ("isaacus", "m", {"overflow": "mean"}, "error, truncate"),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "model", "asked", "words"), REFUSED)
def test_what_would_be_ignored_there_is_refused_here(provider: str, model: str, asked: dict[str, Any], words: str):
    with pytest.raises(UnsupportedParameterError) as error:
        request_of(provider, model, **asked)
    assert words in str(error.value)


SECRET = "what nobody may read"
WRONG = [
    ("jina", "jina-colbert-v2", {}, "a vector a token", None),
    ("jina", "elser-v2", {}, "weights of words", None),
    ("jina", V3, {"extra": {"late_chunking": True}, "first": 512}, "one request", None),
    ("jina", V5, {"extra": {"task": "clustering"}, "input_type": "query"}, "same thing", None),
    ("jina", V5, {"extra": {"input": []}}, "inputs=", None),
    ("tei", "m", {"extra": {"inputs": []}}, "inputs=", None),
    ("isaacus", "m", {"texts": (SECRET, " \n\t"), "first": 7}, "inputs[8] is blank", 8),
    ("isaacus", "m", {"texts": ("", SECRET), "first": 7}, "inputs[7] is blank", 7),
    ("perplexity", "m", {"texts": (SECRET, ""), "first": 7}, "inputs[8] is empty", 8),
]


@pytest.mark.parametrize(("provider", "model", "asked", "words", "index"), WRONG)
def test_what_cannot_go_well_is_an_error_before_it_is_sent(
    provider: str, model: str, asked: dict[str, Any], words: str, index: int | None
):
    with pytest.raises(InvalidRequestError) as error:
        request_of(provider, model, **asked)
    assert words in str(error.value)
    assert error.value.index == index
    assert SECRET not in str(error.value)


def test_a_blank_text_is_text_where_the_api_takes_it():
    assert request_of("perplexity", "m", texts=(" ",))[1]["input"] == [" "]


ROUTER = "https://router.huggingface.co/hf-inference"
ADDRESSES = [
    ("huggingface", "o/m", {"base": ROUTER}, f"{ROUTER}/models/o/m/pipeline/feature-extraction"),
    ("huggingface", "o/m", {"base": ROUTER + "/"}, f"{ROUTER}/models/o/m/pipeline/feature-extraction"),
    ("huggingface", "m ?", {"base": ROUTER}, f"{ROUTER}/models/m%20%3F/pipeline/feature-extraction"),
    ("huggingface", "m", {"base": ROUTER, "query": {"a": "&"}},
     f"{ROUTER}/models/m/pipeline/feature-extraction?a=%26"),
    ("huggingface", "o/m", {"base": "https://x.endpoints.test"}, "https://x.endpoints.test/"),
    ("huggingface", "o/m", {"base": "https://x.test:8/v1/embed/"}, "https://x.test:8/v1/embed/"),
    *(("tei", "m", {"base": f"http://h:3000{end}"}, "http://h:3000/embed")
      for end in ("", "/", "/v1", "/v1/", "/embed")),
    ("tei", "m", {"base": "http://h/proxy", "query": {"k": "1"}}, "http://h/proxy/embed?k=1"),
    *(("lmstudio", "m", {"base": base}, "http://localhost:1234/v1/embeddings")
      for base in ("localhost:1234", "http://localhost:1234", "http://localhost:1234/v1", "localhost:1234/v1/")),
    ("infinity", "m", {"base": "http://h:7997"}, "http://h:7997/embeddings"),
    ("infinity", "m", {"base": "http://h:7997/v1"}, "http://h:7997/v1/embeddings"),
    *(("mixedbread", "m", {"base": f"https://h{end}"}, "https://h/v1/embeddings") for end in ("", "/", "/v1")),
    *(("perplexity", "m", {"base": f"https://h{end}"}, "https://h/v1/embeddings") for end in ("", "/v1")),
    *(("nomic", "m", {"base": f"https://h{end}"}, "https://h/v1/embedding/text") for end in ("", "/v1")),
    ("isaacus", "m", {"base": "https://h/v1/"}, "https://h/v1/embeddings"),
    ("jina", V5, {"base": "https://h/v1"}, "https://h/v1/embeddings"),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "model", "given", "url"), ADDRESSES)
def test_addresses(provider: str, model: str, given: dict[str, Any], url: str):
    assert request_of(provider, model, **given)[0] == url
