"""What our words for a call's options become in each provider's own, and what no provider can be asked."""

from __future__ import annotations

import pytest

from any_llm.exceptions import InvalidRequestError, UnsupportedParameterError
from interface_calls import BOTH, SPOKEN, at, fields_of

BASE64 = {"encoding_format": "base64"}
USUAL = {
    "azureopenai": BASE64,
    "cohere": {"embedding_types": ["float"], "input_type": "search_document", "truncate": "NONE"},
    "gemini": {},
    "llamacpp": BASE64,
    "mistral": BASE64,
    "ollama": {"truncate": False},
    "openai": BASE64,
    "openrouter": BASE64,
    "together": {},
    "vllm": BASE64,
    "voyage": {**BASE64, "truncation": False},
}
"""What is sent when nothing is asked for. Over-long input is refused wherever the provider can be told to."""


def sent(loopback, embed, provider, **options):
    server = loopback(SPOKEN[provider].answer)
    embed(**{**at(server, provider), **options})
    fields = dict(fields_of(server.requests[0]))
    fields.pop("requests", None)
    return fields


@BOTH
@pytest.mark.parametrize("provider", USUAL)
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"dimensions": None, "input_type": None, "overflow": None, "normalize": None, "batch_size": None},
        {"user": None, "own_field": None, "encoding_format": None, "truncate": None, "outputDimensionality": None},
        {"unified_exceptions": True, "allow_running_loop": False},
        {"unified_exceptions": None, "allow_running_loop": True},
        {"client_args": {"unified_exceptions": False, "allow_running_loop": True}},
        {"normalize": False, "batch_size": 7, "timeout": 5, "deadline": 60.5},
    ],
    ids=str,
)
def test_what_is_not_asked_for_is_not_sent(embed, provider, options, loopback):
    assert sent(loopback, embed, provider, **options) == USUAL[provider]


@BOTH
@pytest.mark.parametrize(
    ("provider", "field"),
    [
        ("azureopenai", "dimensions"),
        ("cohere", "output_dimension"),
        ("gemini", "outputDimensionality"),
        ("mistral", "output_dimension"),
        ("ollama", "dimensions"),
        ("openai", "dimensions"),
        ("openrouter", "dimensions"),
        ("vllm", "dimensions"),
        ("voyage", "output_dimension"),
    ],
)
def test_dimensions(embed, provider, field, loopback):
    assert sent(loopback, embed, provider, dimensions=256) == {**USUAL[provider], field: 256}


@BOTH
@pytest.mark.parametrize(
    ("provider", "asked", "field", "word"),
    [
        ("cohere", "query", "input_type", "search_query"),
        ("cohere", "document", "input_type", "search_document"),
        ("cohere", "classification", "input_type", "classification"),
        ("cohere", "clustering", "input_type", "clustering"),
        ("cohere", "image", "input_type", "image"),
        ("gemini", "query", "taskType", "RETRIEVAL_QUERY"),
        ("gemini", "document", "taskType", "RETRIEVAL_DOCUMENT"),
        ("gemini", "classification", "taskType", "CLASSIFICATION"),
        ("gemini", "clustering", "taskType", "CLUSTERING"),
        ("gemini", "similarity", "taskType", "SEMANTIC_SIMILARITY"),
        ("gemini", "FACT_VERIFICATION", "taskType", "FACT_VERIFICATION"),
        ("voyage", "query", "input_type", "query"),
        ("voyage", "document", "input_type", "document"),
        ("openrouter", "query", "input_type", "search_query"),
        ("openrouter", "document", "input_type", "search_document"),
        # One space for queries and documents: the role needs nothing.
        ("openai", "query", None, None),
        ("openai", "document", None, None),
        ("mistral", "query", None, None),
    ],
)
def test_input_type(embed, provider, *, asked, field, word, loopback):
    expected = {**USUAL[provider], **({field: word} if field else {})}
    assert sent(loopback, embed, provider, input_type=asked) == expected


@BOTH
@pytest.mark.parametrize(
    ("provider", "asked", "field", "value"),
    [
        ("cohere", "error", "truncate", "NONE"),
        ("cohere", "truncate", "truncate", "END"),
        ("ollama", "error", "truncate", False),
        ("ollama", "truncate", "truncate", True),
        ("voyage", "error", "truncation", False),
        ("voyage", "truncate", "truncation", True),
        ("vllm", "truncate", "truncate_prompt_tokens", -1),
        # They always refuse it: nothing needs to be said.
        ("azureopenai", "error", None, None),
        ("llamacpp", "error", None, None),
        ("mistral", "error", None, None),
        ("openai", "error", None, None),
        ("vllm", "error", None, None),
    ],
)
def test_overflow(embed, provider, *, asked, field, value, loopback):
    expected = {**USUAL[provider], **({field: value} if field else {})}
    assert sent(loopback, embed, provider, overflow=asked) == expected


@BOTH
@pytest.mark.parametrize(
    ("provider", "options", "named"),
    [
        ("together", {"dimensions": 8}, "dimensions"),
        ("llamacpp", {"dimensions": 8}, "dimensions"),
        ("together", {"input_type": "clustering"}, "input_type='clustering'"),
        ("together", {"input_type": "search_query"}, "input_type='search_query'"),
        ("ollama", {"input_type": "similarity"}, "input_type='similarity'"),
        ("vllm", {"input_type": "passage"}, "input_type='passage'"),
        ("openai", {"input_type": "clustering"}, "input_type='clustering'"),
        ("cohere", {"input_type": "similarity"}, "input_type='similarity'"),
        ("voyage", {"input_type": "classification"}, "input_type='classification'"),
        ("openrouter", {"overflow": "error"}, "overflow='error'"),
        ("together", {"overflow": "error"}, "overflow='error'"),
        ("fake", {"own_field": 1}, "own_field"),
    ],
    ids=str,
)
def test_what_a_provider_cannot_honour_is_an_error_that_names_it(embed, provider, options, named, loopback):
    server = loopback(SPOKEN["openai"].answer)
    call = {**at(server), "model": SPOKEN.get(provider, SPOKEN["openai"]).model, "provider": provider, **options}
    with pytest.raises(UnsupportedParameterError) as caught:
        embed(**call)
    assert (caught.value.parameter_name, caught.value.provider_name) == (named, provider)
    assert server.requests == []


@BOTH
@pytest.mark.parametrize(
    ("option", "value"),
    [
        *(("dimensions", value) for value in (0, -1, 1.5, "8", True, [8])),
        *(("batch_size", value) for value in (0, -1, 1.5, "8", True)),
        *(("normalize", value) for value in (0, 1, "yes")),
        *(("input_type", value) for value in ("", 1, ["query"])),
        *(("overflow", value) for value in ("", "cut", 1, True, ["error"])),
        *(("encoding_format", value) for value in ("hex", 1, ["float"])),
        *(("timeout", value) for value in (0, -1, float("nan"), float("inf"), "5", True)),
        *(("deadline", value) for value in (0, -1, float("nan"), float("inf"), "5", True)),
        *(("extra_headers", value) for value in ("X: y", {"X": 1}, {1: "y"}, {"X": "a\r\nB: c"})),
        *(("extra_query", value) for value in ("a=b", ["a"])),
        *(("extra_body", value) for value in ("a", ["a"])),
    ],
    ids=str,
)
def test_what_is_no_such_value_is_an_error_that_names_the_option(embed, option, value, loopback):
    server = loopback(SPOKEN["openai"].answer)
    with pytest.raises(InvalidRequestError, match=option if option != "extra_headers" else "header"):
        embed(**{**at(server), option: value})
    assert server.requests == []
