"""embedding() and aembedding() take what any-llm's take, in its order, and our options after it."""

from __future__ import annotations

import inspect

import pytest

import any_llm
from any_llm import AnyLLM
from interface_calls import BOTH, SPOKEN, at

FIXED = "model, inputs, *, provider=None, api_key=None, api_base=None, client_args=None"
OPTIONS = (
    "dimensions=None, dtype=None, input_type=None, overflow=None, normalize=None, batch_size=None, "
    "on_error='raise', dedupe=True, timeout=None, "
    "deadline=None, extra_headers=None, extra_query=None, extra_body=None"
)
ANNOTATIONS = {
    "model": "str",
    "inputs": "str | list[str]",
    "provider": "str | LLMProvider | None",
    "api_base": "str | None",
    "client_args": "dict[str, Any] | None",
    "kwargs": "Any",
    "dimensions": "int | None",
    "normalize": "bool | None",
    "batch_size": "int | None",
    "timeout": "float | None",
    "deadline": "float | None",
    "return": "CreateEmbeddingResponse",
}
MODULE = pytest.mark.parametrize("function", [any_llm.embedding, any_llm.aembedding], ids=["sync", "async"])
METHOD = pytest.mark.parametrize("function", [AnyLLM.embedding, AnyLLM.aembedding], ids=["sync", "async"])


def names_and_defaults(function):
    signature = inspect.signature(function)
    bare = [one.replace(annotation=inspect.Parameter.empty) for one in signature.parameters.values()]
    return str(inspect.Signature(bare))


@MODULE
def test_the_fixed_parameters_come_first_then_ours(function):
    assert names_and_defaults(function) == f"({FIXED}, {OPTIONS}, **kwargs)"


@METHOD
def test_a_client_takes_the_same_but_what_it_has(function):
    assert names_and_defaults(function) == f"(self, model, inputs, *, {OPTIONS}, **kwargs)"


@MODULE
@pytest.mark.parametrize("name", ANNOTATIONS)
def test_the_annotations_are_those_of_the_interface(function, name):
    assert function.__annotations__[name] == ANNOTATIONS[name]


@MODULE
@pytest.mark.parametrize("word", ["query", "document", "classification", "clustering", "similarity"])
def test_the_roles_stand_in_the_annotation_beside_str(function, word):
    annotation = function.__annotations__["input_type"]
    assert f"'{word}'" in annotation.replace('"', "'")
    assert annotation.endswith("| str | None")


@pytest.mark.parametrize(
    ("function", "awaited"),
    [
        (any_llm.embedding, False),
        (any_llm.aembedding, True),
        (AnyLLM.embedding, False),
        (AnyLLM.aembedding, True),
        (any_llm.list_models, False),
        (any_llm.alist_models, True),
        (AnyLLM.list_models, False),
        (AnyLLM.alist_models, True),
    ],
)
def test_the_one_with_an_a_is_awaited(function, awaited):
    assert inspect.iscoroutinefunction(function) is awaited


@pytest.mark.parametrize(
    ("function", "parameters"),
    [
        (AnyLLM.create, "(provider, api_key=None, api_base=None, **client_args)"),
        (AnyLLM.create_openai_compatible, "(name, api_base, api_key=None, **client_args)"),
        (any_llm.list_models, "(provider, api_key=None, api_base=None, client_args=None, **kwargs)"),
        (any_llm.alist_models, "(provider, api_key=None, api_base=None, client_args=None, **kwargs)"),
        (AnyLLM.list_models, "(self, *, timeout=None, deadline=None, extra_headers=None, extra_query=None, **kwargs)"),
        (AnyLLM.alist_models, "(self, *, timeout=None, deadline=None, extra_headers=None, extra_query=None, **kwargs)"),
        (any_llm.register_provider, "(row)"),
        (AnyLLM.split_model_provider, "(model)"),
        (AnyLLM.get_supported_providers, "()"),
        (AnyLLM.get_all_provider_metadata, "()"),
        (AnyLLM.get_provider_class, "(provider)"),
        (AnyLLM.get_provider_metadata, "(provider=None)"),
        (AnyLLM.close, "(self)"),
        (AnyLLM.aclose, "(self)"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_the_methods_of_the_client(function, parameters):
    assert names_and_defaults(function) == parameters


@BOTH
@pytest.mark.parametrize("count", [0, 1, 2])
def test_model_and_inputs_may_be_given_by_place_or_by_name(embed, count, loopback):
    server = loopback(SPOKEN["openai"].answer)
    call = at(server)
    by_place = [call.pop("model"), call.pop("inputs")]
    names = dict(zip(["model", "inputs"], by_place, strict=True))
    result = embed(*by_place[:count], **dict(list(names.items())[count:]), **call)
    assert (result.model, len(result.data)) == (by_place[0], 1)
    assert server.requests[0].json["input"] == [by_place[1]]


@BOTH
def test_nothing_else_may_be_given_by_place(embed):
    with pytest.raises(TypeError, match="positional"):
        embed("openai:m", "text", "openai")
