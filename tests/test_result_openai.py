"""A result dumps, validates and describes itself as OpenAI's own class does."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from openai.types import CreateEmbeddingResponse as OpenAIResponse

from any_llm.types.completion import CreateEmbeddingResponse

DATA = {
    "data": [
        {"embedding": [0.1, -2.0, 1e-7], "index": 0, "object": "embedding"},
        {"embedding": [3.5], "index": 1, "object": "embedding"},
        {"embedding": [], "index": 2, "object": "embedding"},
    ],
    "model": "modèle 😀",
    "object": "list",
    "usage": {"prompt_tokens": 2, "total_tokens": 3},
}
OURS, THEIRS = CreateEmbeddingResponse.model_validate(DATA), OpenAIResponse.model_validate(DATA)


def text(value):
    """Compare order too: dicts that are equal may differ in it."""
    return value if isinstance(value, str) else json.dumps(value)


@pytest.mark.parametrize(
    "part",
    [lambda noun: noun, lambda noun: noun.data[0], lambda noun: noun.usage],
    ids=["response", "embedding", "usage"],
)
@pytest.mark.parametrize(
    ("method", "keywords"),
    [
        ("model_dump", {}),
        ("model_dump", {"mode": "json"}),
        ("model_dump", {"mode": "python", "by_alias": True, "exclude_unset": True, "exclude_defaults": True}),
        ("model_dump", {"round_trip": True, "warnings": "error", "serialize_as_any": True, "context": {}}),
        ("model_dump", {"exclude_computed_fields": True, "fallback": str, "polymorphic_serialization": True}),
        ("model_dump_json", {}),
        ("model_dump_json", {"indent": 2}),
        ("model_dump_json", {"indent": 4, "by_alias": True}),
        ("model_dump_json", {"ensure_ascii": True}),
        ("model_dump_json", {"include": {"model"}, "indent": 1}),
        ("to_dict", {}),
        ("to_dict", {"mode": "json", "use_api_names": False, "exclude_unset": False}),
        ("to_json", {}),
        ("to_json", {"indent": None, "exclude_none": True}),
        ("model_json_schema", {}),
        ("model_json_schema", {"mode": "serialization"}),
        ("model_json_schema", {"ref_template": "#/components/schemas/{model}"}),
    ],
    ids=str,
)
def test_it_says_what_openai_says(part, method, keywords):
    ours, theirs = getattr(part(OURS), method)(**keywords), getattr(part(THEIRS), method)(**keywords)
    assert text(ours) == text(without_descriptions(theirs))


def without_descriptions(schema):
    if isinstance(schema, dict):
        return {key: without_descriptions(value) for key, value in schema.items() if key != "description"}
    return schema


CHOICES = [
    {"model"},
    {"data", "usage"},
    set(),
    {},
    {"nothing"},
    {"model": True},
    {"model": ...},
    {"model": False},
    {"model": None},
    {"model": {"below"}},
    {"data": {0}},
    {"data": {0, 2}},
    {"data": {-1}},
    {"data": {-1: {"index"}, "__all__": {"object"}}},
    {"data": {-1: {"index"}, 2: {"object"}}},
    {"data": {"__all__": {"index"}, 0: None}},
    {"data": {"__all__": None}},
    {"data": {"__all__": {"embedding": True}, 0: {"embedding": {0}}}},
    {"data": {"__all__": ["index"], 0: ["object"]}},
    {"data": {"__all__"}},
    {"data": {"__all__": {"embedding"}}},
    {"data": {"__all__": {"embedding": True}, 0: {"index"}}},
    {"data": {"__all__": {"embedding": {0}}, 0: {"embedding": {1: True}, "index": ...}}},
    {"data": {"__all__": True, 0: {"index"}}},
    {"data": {0: {"embedding": {0, 1}}, 1: True}},
    {"data": {0: {"embedding": {"__all__": True}}}},
    {"data": {0: {"embedding": set()}}},
    {"data": {}},
    {"data": {0: {}}},
    {"usage": {"prompt_tokens"}},
    {"usage": {"prompt_tokens": True}, "__all__": {"total_tokens"}},
    {"__all__"},
    {"__all__": True},
    frozenset({"model"}),
    ["model"],
    "model",
    {"data": 0},
    {"data": [0]},
    {"data": {0: "index"}},
    {"usage": "prompt_tokens"},
]


def outcome(noun, **keywords):
    """What a dump gives, or that it is refused."""
    try:
        return json.dumps(noun.model_dump(**keywords)), noun.model_dump_json(**keywords)
    except TypeError:
        return TypeError


@pytest.mark.parametrize(
    "choice", CHOICES, ids=lambda choice: str(sorted(choice) if isinstance(choice, set) else choice)
)
@pytest.mark.parametrize("argument", ["include", "exclude"])
def test_include_and_exclude(argument, choice):
    assert outcome(OURS, **{argument: choice}) == outcome(THEIRS, **{argument: choice})


NAMES = some.sampled_from(["data", "model", "usage", "embedding", "index", "prompt_tokens", "__all__", 0, 1, 2, -1])
NESTED = some.recursive(
    some.sets(NAMES, max_size=3) | some.just(True),  # noqa: FBT003
    lambda below: some.dictionaries(NAMES, below, max_size=3),
    max_leaves=6,
).filter(lambda choice: choice is not True)


@given(include=some.none() | NESTED, exclude=some.none() | NESTED)
@settings(deadline=None)
def test_any_include_and_exclude(include, exclude):
    keywords = {"include": include, "exclude": exclude}
    assert outcome(OURS, **keywords) == outcome(THEIRS, **keywords)


@pytest.mark.parametrize("exclude_none", [False, True])
def test_exclude_none(exclude_none):
    ours, theirs = OURS.model_copy(update={"model": None}), THEIRS.model_copy(update={"model": None})
    assert ours.model_dump(exclude_none=exclude_none) == theirs.model_dump(exclude_none=exclude_none)


@pytest.mark.parametrize(
    "method", ["model_dump", "model_dump_json", "to_dict", "to_json", "model_json_schema", "model_validate"]
)
def test_a_misspelt_keyword_is_an_error(method):
    with pytest.raises(TypeError, match="exlude"):
        getattr(OURS, method)(exlude={"data"})


def test_a_dump_is_the_callers_own():
    OURS.model_dump()["data"][0]["embedding"].clear()
    assert OURS.model_dump() == DATA


@pytest.mark.parametrize(
    "given_",
    [DATA, THEIRS, OURS, {**DATA, "extra": 1}, {**DATA, "data": OURS.data, "usage": THEIRS.usage}],
    ids=["dict", "theirs", "ours", "more keys", "mixed"],
)
def test_it_validates_what_openai_dumps(given_):
    read = CreateEmbeddingResponse.model_validate(given_)
    assert read.model_dump() == DATA
    assert (read is OURS) is (given_ is OURS)


def change(path, value):
    changed = json.loads(json.dumps(DATA))
    at = changed
    for key in path[:-1]:
        at = at[key]
    if value is KeyError:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return changed


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (["model"], 1, r"CreateEmbeddingResponse.model: Expected `str`, got `int`"),
        (["model"], KeyError, r"CreateEmbeddingResponse: model missing"),
        (["object"], "embedding", r"CreateEmbeddingResponse.object: Invalid enum value 'embedding'"),
        (["data"], {}, r"CreateEmbeddingResponse.data: Expected a list, got `dict`"),
        (["data"], None, r"CreateEmbeddingResponse.data: Expected a list, got `NoneType`"),
        (["data", 1], 5, r"CreateEmbeddingResponse.data\[1\]: Embedding: Expected a mapping, got `int`"),
        (["data", 1, "embedding"], None, r"CreateEmbeddingResponse.data\[1\]: Embedding.embedding: Expected `array`, got `null`"),  # noqa: E501
        (["data", 1, "embedding"], [1.0, None], r"Embedding.embedding: Expected `float`, got `null` - at `\$\[1\]`"),
        (["data", 1, "embedding"], ["secret"], r"Embedding.embedding: Expected `float`, got `str` - at `\$\[0\]`$"),
        (["data", 1, "embedding"], "secret", r"Embedding.embedding: Expected base64 of float32 values$"),
        (["data", 1, "embedding"], "AAAA", r"Embedding.embedding: Expected base64 of float32 values$"),
        (["data", 1, "index"], "first", r"Embedding.index: Expected `int`, got `str`"),
        (["data", 1, "index"], KeyError, r"CreateEmbeddingResponse.data\[1\]: Embedding: index missing"),
        (["usage"], None, r"Usage: Expected a mapping, got `NoneType`"),
        (["usage", "total_tokens"], None, r"Usage.total_tokens: Expected `int`, got `null`"),
        (["usage", "total_tokens"], KeyError, r"Usage: total_tokens missing"),
    ],
)  # fmt: skip
def test_what_openai_refuses_is_refused_with_its_place(path, value, message):
    wrong = change(path, value)
    with pytest.raises(ValueError, match="validation error"):
        OpenAIResponse.model_validate(wrong)
    with pytest.raises(ValueError, match=message):
        CreateEmbeddingResponse.model_validate(wrong)
    with pytest.raises(ValueError, match=message):
        CreateEmbeddingResponse.model_validate_json(json.dumps(wrong))


@pytest.mark.parametrize("broken", ["", "{", b"\xff", "[]"])
def test_broken_json_is_a_value_error(broken):
    with pytest.raises(ValueError, match=r"."):
        CreateEmbeddingResponse.model_validate_json(broken)
