"""What does each provider read of our options? The words are those of its own API reference, written here by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from any_llm.exceptions import AnyLLMError, InvalidRequestError, UnsupportedParameterError
from any_llm.providers.table import ROWS, compatible
from by_hand import TEXTS, a_batch, a_call, adapter_of

NO = UnsupportedParameterError
NOTHING: dict[str, Any] = {}


def options_sent(provider: str, model: str = "m", **given: Any) -> dict[str, Any]:
    """The body's fields, less the model, the texts, and how vectors are to be written."""
    call = a_call(provider, model, **({"row": compatible("mine")} if provider == "compatible" else {}), **given)
    body = json.loads(adapter_of(call).encode(call, a_batch()).body)
    if provider == "gemini":
        assert all(
            {**request, "content": None} == {**body["requests"][0], "content": None} for request in body["requests"]
        )
        body = body["requests"][0]
    return {name: value for name, value in body.items() if name not in CARRIED}


CARRIED = {"model", "input", "texts", "content", "encoding_format", "embedding_types"}


def sent_or_refused(provider: str, model: str = "m", **given: Any) -> Any:
    try:
        return options_sent(provider, model, **given)
    except UnsupportedParameterError as error:
        named = (error.provider_name, error.parameter_name.partition("=")[0])
    assert named == (provider.replace("compatible", "mine"), next(iter(given)))
    return NO


PLAIN = {
    "azureopenai": {}, "cohere": {"input_type": "search_document", "truncate": "NONE"}, "compatible": {}, "gemini": {},
    "llamacpp": {}, "mistral": {}, "ollama": {"truncate": False}, "openai": {}, "openrouter": {}, "together": {},
    "vllm": {}, "voyage": {"truncation": False},
}  # fmt: skip
"""What is sent when nothing is asked for: what keeps over-long input from being cut in silence, and Cohere's role."""
WIDTH = {
    "azureopenai": "dimensions", "cohere": "output_dimension", "compatible": "dimensions",
    "gemini": "outputDimensionality", "llamacpp": None, "mistral": "output_dimension", "ollama": "dimensions",
    "openai": "dimensions", "openrouter": "dimensions", "together": None, "vllm": "dimensions",
    "voyage": "output_dimension",
}  # fmt: skip
ROLE = {
    "cohere": ("input_type", ["search_query", "search_document", "classification", "clustering", NO]),
    "gemini": ("taskType", ["RETRIEVAL_QUERY", "RETRIEVAL_DOCUMENT", "CLASSIFICATION", "CLUSTERING",
                            "SEMANTIC_SIMILARITY"]),
    "openrouter": ("input_type", ["search_query", "search_document", "classification", "clustering", NO]),
    "voyage": ("input_type", ["query", "document", NO, NO, NO]),
}  # fmt: skip
OUR_ROLES = ["query", "document", "classification", "clustering", "similarity"]
OVERFLOW = {
    # provider: what "error" and "truncate" send; "mean" is nobody's
    "azureopenai": ({}, NO), "cohere": ({"truncate": "NONE"}, {"truncate": "END"}), "compatible": (NO, NO),
    "gemini": (NO, NO), "llamacpp": ({}, NO), "mistral": ({}, NO), "ollama": ({"truncate": False}, {"truncate": True}),
    "openai": ({}, NO), "openrouter": (NO, NO), "together": (NO, NO), "vllm": ({}, {"truncate_prompt_tokens": -1}),
    "voyage": ({"truncation": False}, {"truncation": True}),
}  # fmt: skip


def test_every_provider_on_the_wire_has_its_line():
    # The other rows stand in tests/test_rows.py and with their shapes.
    assert {*PLAIN} == {*WIDTH} == {*OVERFLOW}
    assert {*PLAIN} - {"compatible"} <= {name for name, row in ROWS.items() if row.embedding}


@pytest.mark.parametrize(("provider", "expected"), PLAIN.items())
def test_nothing_asked_for(provider: str, expected: dict[str, Any]):
    assert options_sent(provider) == expected


@pytest.mark.parametrize(("provider", "field"), WIDTH.items())
def test_a_width(provider: str, field: str | None):
    expected = NO if field is None else {**PLAIN[provider], field: 256}
    assert sent_or_refused(provider, dimensions=256) == expected


@pytest.mark.parametrize("provider", PLAIN)
@pytest.mark.parametrize("role", OUR_ROLES)
def test_a_role(provider: str, role: str):
    field, words = ROLE.get(provider, ("", [None, None, NO, NO, NO]))  # who has no field sends none
    word = words[OUR_ROLES.index(role)]
    expected = NO if word is NO else {**PLAIN[provider], **({field: word} if word else {})}
    assert sent_or_refused(provider, input_type=role) == expected


OWN_ROLES = [
    ("cohere", "image", {"input_type": "image", "truncate": "NONE"}),
    ("cohere", "search_query", {"input_type": "search_query", "truncate": "NONE"}),
    ("gemini", "QUESTION_ANSWERING", {"taskType": "QUESTION_ANSWERING"}),
    ("openrouter", "search_document", {"input_type": "search_document"}),
    ("voyage", "some new word", {"input_type": "some new word", "truncation": False}),
    ("openai", "search_query", NO),
    ("ollama", "search_query", NO),
]


@pytest.mark.parametrize(("provider", "word", "expected"), OWN_ROLES)
def test_a_role_in_the_providers_own_word(provider: str, word: str, expected: Any):
    assert sent_or_refused(provider, input_type=word) == expected


NO_FIELD = [
    ("openai", "text-embedding-3-small", NOTHING),
    ("openai", "text-embedding-ada-002", NOTHING),
    ("azureopenai", "text-embedding-3-large", NOTHING),
    ("mistral", "mistral-embed", NOTHING),
    ("mistral", "codestral-embed-2505", NOTHING),
    ("openai", "bge-m3", NOTHING),
    ("azureopenai", "our-deployment", NOTHING),
    ("together", "intfloat/e5-large", NOTHING),
    ("gemini", "gemini-embedding-2", NOTHING),
    ("gemini", "models/gemini-embedding-2-preview", NOTHING),
]


@pytest.mark.parametrize("role", ["query", "document"])
@pytest.mark.parametrize(("provider", "model", "expected"), NO_FIELD)
def test_query_and_document_are_no_field_where_there_is_none(provider: str, model: str, role: str, expected: Any):
    assert sent_or_refused(provider, model, input_type=role) == expected


@pytest.mark.parametrize("role", ["classification", "clustering", "similarity"])
def test_any_other_role_is_not_dropped_even_there(role: str):
    assert sent_or_refused("openai", "text-embedding-3-small", input_type=role) is NO


@pytest.mark.parametrize(("provider", "expected"), OVERFLOW.items())
def test_an_overflow(provider: str, expected: tuple[Any, Any]):
    wanted = [each if each is NO else {**PLAIN[provider], **each} for each in expected]
    assert [sent_or_refused(provider, overflow=policy) for policy in ("error", "truncate")] == wanted
    assert sent_or_refused(provider, overflow="mean") is NO


PASSING = [
    ("cohere", {"truncate": "END"}, {"input_type": "search_document", "truncate": "END"}),
    ("cohere", {"input_type": "image"}, {"input_type": "image", "truncate": "NONE"}),
    ("voyage", {"truncation": True, "output_dtype": "float"}, {"truncation": True, "output_dtype": "float"}),
    ("ollama", {"truncate": True, "options": {"num_ctx": 9}}, {"truncate": True, "options": {"num_ctx": 9}}),
    ("gemini", {"title": "t", "taskType": "RETRIEVAL_DOCUMENT"}, {"title": "t", "taskType": "RETRIEVAL_DOCUMENT"}),
    ("openai", {"dimensions": 7, "new": [1, {"a": None}]}, {"dimensions": 7, "new": [1, {"a": None}]}),
    ("together", {"dimensions": 7}, {"dimensions": 7}),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "extra", "expected"), PASSING)
def test_a_providers_own_field_passes_and_beats_our_default(provider: str, extra: dict, expected: dict):
    assert options_sent(provider, extra=extra) == expected


TWICE = [
    ("cohere", {"overflow": "error"}, "truncate"),
    ("cohere", {"dimensions": 256}, "output_dimension"),
    ("cohere", {"input_type": "query"}, "input_type"),
    ("gemini", {"input_type": "query"}, "taskType"),
    ("gemini", {"dimensions": 256}, "outputDimensionality"),
    ("mistral", {"dimensions": 256}, "output_dimension"),
    ("ollama", {"overflow": "truncate"}, "truncate"),
    ("openai", {"dimensions": 256}, "dimensions"),
    ("vllm", {"overflow": "truncate"}, "truncate_prompt_tokens"),
    ("vllm", {"overflow": "error"}, "truncate_prompt_tokens"),
    ("voyage", {"overflow": "error"}, "truncation"),
]


@pytest.mark.parametrize(("provider", "option", "field"), TWICE)
def test_saying_it_twice_is_an_error(provider: str, option: dict[str, Any], field: str):
    with pytest.raises(InvalidRequestError) as error:
        options_sent(provider, **option, extra={field: "x"})
    assert f"{next(iter(option))}=" in str(error.value)
    assert f"{field}=" in str(error.value)


OWNED = [
    *((provider, name) for provider in ("openai", "azureopenai", "ollama", "voyage") for name in ("model", "input")),
    *(("cohere", name) for name in ("model", "texts", "images", "inputs")),
    *(("gemini", name) for name in ("model", "content", "contents", "requests", "config")),
]


@pytest.mark.parametrize(("provider", "name"), OWNED)
def test_the_model_and_the_texts_are_arguments_of_the_call(provider: str, name: str):
    with pytest.raises(InvalidRequestError, match=f"'{name}' is"):
        options_sent(provider, extra={name: "x"})


FORMATS = [
    ("openai", None, "base64"),
    ("openai", "float", "float"),
    ("openai", "base64", "base64"),
    ("together", None, None),
]


@pytest.mark.parametrize(("provider", "asked", "expected"), FORMATS)
def test_the_encoding_of_the_vectors(provider: str, asked: str | None, expected: str | None):
    call = a_call(provider, encoding_format=asked)
    assert json.loads(adapter_of(call).encode(call, a_batch()).body).get("encoding_format") == expected


@pytest.mark.parametrize("provider", PLAIN)
def test_texts_go_out_as_they_are(provider: str):
    texts = ["", " Füße 🌍\n文 ", '"quoted" \\ \u2028', *TEXTS]
    call = a_call(provider, "m", **({"row": compatible("mine")} if provider == "compatible" else {}))
    body = json.loads(adapter_of(call).encode(call, a_batch(texts)).body)
    sent = body.get("input") or body.get("texts") or [r["content"]["parts"][0]["text"] for r in body["requests"]]
    assert sent == texts


def test_the_fake_refuses_what_no_provider_would_know():
    call = a_call("fake", extra={"truncate": "END"})
    with pytest.raises(AnyLLMError, match="truncate"):
        adapter_of(call).encode(call, a_batch())
