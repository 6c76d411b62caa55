"""Does the fingerprint of an identity change with whatever can change a vector, and with nothing else?"""

from __future__ import annotations

import json
import pickle
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_llm import AnyLLM, AnyLLMError, EmbeddingIdentity, embedding
from by_hand import KEY, PROPERTY


def identity(provider="openai", model="text-embedding-3-small", *, client=None, **options):
    return AnyLLM.create(provider, **{"api_key": KEY, **(client or {})}).identity(model, **options)


# --- pinned: a release that changes one of these makes every cache and every half-done job worthless ------------------

PINNED = [
    ({"model": "text-embedding-3-small"}, "60e0089aadc93c44"),
    ({"model": "embed-v4.0", "input_type": "search_query"}, "b8167430da5575ae"),
    ({"model": "BAAI/bge-m3", "provider": "vllm", "host": "localhost:8000/v1"}, "7c9f94fd4bb5a24e"),
    ({"model": "all-MiniLM-L6-v2", "revision": "8199be6f699a", "provider": "local"}, "48c30a7b7115f55b"),
    (
        {"model": "gemini-embedding-001", "dimensions": 256, "dimensions_by": "provider",
         "input_type": "RETRIEVAL_QUERY", "normalization": "unit after a cut"},
        "7b67b9a161878079",
    ),
    ({"model": "bge-m3", "overflow": "mean", "overflow_by": "client", "input_tokens": 8192}, "2282e205d7c60ec8"),
    ({"model": "m", "fields": {"b": [1, 2.5, None, True], "a": "é"}, "query": {"v": "1"}}, "b01ada8ddd9800ad"),
]  # fmt: skip


@pytest.mark.parametrize(("stamped", "fingerprint"), PINNED)
def test_a_fingerprint_stays_what_it_was(stamped, fingerprint):
    read = EmbeddingIdentity.from_dict(stamped)
    assert read.fingerprint == fingerprint
    assert read.as_dict() == stamped
    assert EmbeddingIdentity.from_dict(json.loads(json.dumps(read.as_dict()))) == read
    assert pickle.loads(pickle.dumps(read)) == read  # noqa: S301  # our own
    assert hash(read) == hash(EmbeddingIdentity.from_dict(stamped))


SEEN = [
    # what is asked -> what it is
    (identity(), {"model": "text-embedding-3-small"}),
    (identity("openrouter", "openai/text-embedding-3-small"), {"model": "text-embedding-3-small"}),
    (identity("cohere", "embed-v4.0", input_type="query"), PINNED[1][0]),
    (identity("cohere", "embed-v4.0", input_type="search_query"), PINNED[1][0]),
    (identity("cohere", "embed-v4.0"), {"model": "embed-v4.0", "input_type": "search_document"}),
    (identity("vllm", "BAAI/bge-m3"), PINNED[2][0]),
    (identity("local", "all-MiniLM-L6-v2"), PINNED[3][0]),
    (identity("local", "sentence-transformers/all-MiniLM-L6-v2"), PINNED[3][0]),
    (identity("gemini", "gemini-embedding-001", input_type="query", dimensions=256), PINNED[4][0]),
    (identity("deepinfra", "BAAI/bge-m3", overflow="mean"), PINNED[5][0]),
    (identity(client={"api_base": "https://gateway.example/v1/"}),
     {"model": "text-embedding-3-small", "provider": "openai", "host": "gateway.example/v1"}),
]  # fmt: skip


@pytest.mark.parametrize(("found", "stamped"), SEEN)
def test_an_identity_is_what_reaches_the_model(found, stamped):
    assert found.as_dict() == stamped


# --- the law ---------------------------------------------------------------------------------------------------------

TELLING = {
    "dimensions": st.sampled_from([None, 256, 512]),
    "input_type": st.sampled_from([None, "query", "classification"]),
    "overflow": st.sampled_from([None, "error", "truncate", "mean"]),
    "normalize": st.sampled_from([None, True]),
    "task_of_theirs": st.sampled_from([None, "a", "b", 1, 1.5, ["a"], {"a": 1}]),
    "extra_query": st.sampled_from([None, {"window": "8"}, {"window": "9"}]),
}
IDLE = {
    "batch_size": st.sampled_from([None, 1, 7]),
    "on_error": st.sampled_from([None, "raise", "collect"]),
    "dedupe": st.sampled_from([None, True, False]),
    "extra_headers": st.sampled_from([None, {"X-Trace": "1"}, {"X-Trace": "2"}]),
    "encoding_format": st.sampled_from([None, "float", "base64"]),
    "user_key": st.sampled_from([None, "one", "other"]),
}
CLIENT = {
    "api_key": st.sampled_from([KEY, KEY + "x"]),
    "timeout": st.sampled_from([5, 60]),
    "max_retries": st.sampled_from([0, 3]),
    "max_concurrency": st.sampled_from([1, 64]),
    "rpm": st.sampled_from([100, 1000]),
    "max_usd": st.sampled_from([1.0, 2.0]),
    "default_headers": st.sampled_from([{}, {"X-Team": "red"}]),
}
WHERE = st.sampled_from([
    ("gemini", "gemini-embedding-001"), ("gemini", "gemini-embedding-2"), ("gemini", "of-nobody"),
    ("jina", "jina-embeddings-v3"), ("jina", "jina-embeddings-v4"), ("mistral", "codestral-embed"),
])  # fmt: skip
ASKED = st.fixed_dictionaries(TELLING)
BESIDE = st.tuples(st.fixed_dictionaries(IDLE), st.fixed_dictionaries(CLIENT))


def told(where, asked, beside):
    """The identity, or None where the provider refuses what is asked."""
    try:
        return identity(*where, client=beside[1], **asked, **beside[0])
    except AnyLLMError:
        return None


@given(WHERE, ASKED, BESIDE, BESIDE)
@PROPERTY
def test_what_changes_no_vector_changes_no_fingerprint(where, asked, one, other):
    first, second = told(where, asked, one), told(where, asked, other)
    assert (first is None) == (second is None)
    assert first is None or first.fingerprint == second.fingerprint


@given(WHERE, ASKED, WHERE, ASKED, BESIDE)
@PROPERTY
def test_what_can_change_a_vector_changes_the_fingerprint(where, asked, there, then, beside):
    first, second = told(where, asked, beside), told(there, then, beside)
    if first is not None and second is not None:
        assert (first.fingerprint == second.fingerprint) == ((where, asked) == (there, then))
        assert (first == second) == (first.fingerprint == second.fingerprint)
        assert bool(first.differences(second)) == (first != second)


@given(ASKED, st.sampled_from(sorted(TELLING)), st.data())
@PROPERTY
def test_one_thing_that_is_asked_otherwise_is_seen(asked, name, data):
    then = {**asked, name: data.draw(TELLING[name])}
    where, beside = ("gemini", "gemini-embedding-001"), ({}, {})
    first, second = told(where, asked, beside), told(where, then, beside)
    if first is not None and second is not None:
        same = (type(asked[name]), asked[name]) == (type(then[name]), then[name])
        assert (first.fingerprint == second.fingerprint) == same


# --- beside a result -------------------------------------------------------------------------------------------------


def test_a_result_has_the_identity_that_was_told_before():
    result = embedding("local:all-MiniLM-L6-v2", ["one", "two"], input_type="query", normalize=True)
    assert result.identity == identity("local", "all-MiniLM-L6-v2", input_type="query", normalize=True)
    assert "identity" not in result.model_dump()
    assert KEY not in repr(identity(extra_query={"key": KEY}, api_token=KEY))


FOLDER = Path(__file__).parent / "data" / "tiny_bert"


def test_a_folder_is_known_by_what_is_in_it_wherever_it_stands(tmp_path):
    there = shutil.copytree(FOLDER, tmp_path / "tiny_bert")
    here, moved = identity("local", str(FOLDER)), identity("local", str(there))
    assert here == moved
    assert here.model == "tiny_bert"
    assert embedding(str(there), ["one"], provider="local").identity == here
    config = there / "config_sentence_transformers.json"
    config.write_text(config.read_text().replace("query", "question"))
    other = shutil.copytree(there, tmp_path / "again" / "tiny_bert")
    assert identity("local", str(other)).fingerprint != here.fingerprint
