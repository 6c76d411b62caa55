"""Are the errors those of any-llm 1.40, drawn as they stand, and can they be caught, pickled and copied?"""

from __future__ import annotations

import copy
import inspect
import pickle
from typing import Any

import pytest

from any_llm import exceptions

# What any-llm 1.40's exceptions.py says: name, positional parameters, keyword-only ones, message when none is given.
HTTP = ["status_code", "code", "param", "error_type"]
PLAIN = ["message", "original_exception", "provider_name"]
ANY_LLM = [
    ("AnyLLMError", PLAIN, HTTP, "An error occurred"),
    ("RateLimitError", [*PLAIN, "retry_after"], HTTP, "Rate limit exceeded"),
    ("AuthenticationError", PLAIN, HTTP, "Authentication failed"),
    ("InvalidRequestError", PLAIN, HTTP, "Invalid request"),
    ("ProviderError", PLAIN, HTTP, "Provider error"),
    ("ContentFilterError", PLAIN, HTTP, "Content blocked by safety filter"),
    ("ModelNotFoundError", PLAIN, HTTP, "Model not found"),
    ("ContextLengthExceededError", PLAIN, HTTP, "Context length exceeded"),
    ("InsufficientFundsError", PLAIN, HTTP, "Insufficient funds or budget exceeded"),
    ("UpstreamProviderError", PLAIN, HTTP, "Upstream provider error"),
    ("GatewayTimeoutError", PLAIN, HTTP, "Gateway timeout waiting for upstream provider"),
    ("MissingApiKeyError", ["provider_name", "env_var_name"], [], None),
    ("UnsupportedProviderError", ["provider_key", "supported_providers"], [], None),
    ("UnsupportedParameterError", ["parameter_name", "provider_name", "additional_message"], [], None),
]
OURS = [
    ("InvalidModelError", PLAIN, HTTP, "Invalid request"),
    ("InvalidProviderError", PLAIN, HTTP, "Invalid request"),
    ("ListModelsNotSupportedError", PLAIN, HTTP, "An error occurred"),
    ("EmbeddingsNotSupportedError", ["provider_key", "reason", "supported_providers"], [], None),
    ("MissingPackageError", ["provider_name", "extra"], [], None),
    ("InvalidResponseError", PLAIN, HTTP, "The provider's reply cannot be right"),
    ("ProviderConnectionError", PLAIN, HTTP, "Could not reach the provider"),
    ("ProviderTimeoutError", PLAIN, HTTP, "The provider did not answer in time"),
]
VALUES: dict[str, Any] = {
    "message": "Something broke",
    "original_exception": RuntimeError("within"),
    "provider_name": "openai",
    "retry_after": "7",
    "status_code": 429,
    "code": "some_code",
    "param": "input",
    "error_type": "some_type",
    "env_var_name": "OPENAI_API_KEY",
    "provider_key": "opnai",
    "supported_providers": ["ollama", "openai"],
    "parameter_name": "dimensions",
    "additional_message": "It has one width.",
    "reason": "it only chats.",
    "extra": "local",
}
ALL = [*ANY_LLM, *OURS]


def made(name: str, positional: list[str], keywords: list[str]) -> exceptions.AnyLLMError:
    arguments = [VALUES[parameter] for parameter in positional]
    return getattr(exceptions, name)(*arguments, **{keyword: VALUES[keyword] for keyword in keywords})


@pytest.mark.parametrize(("name", "positional", "keywords", "default"), ALL)
def test_constructor_order_and_attributes(name: str, positional: list[str], keywords: list[str], default: str | None):
    error = made(name, positional, keywords)
    given = {parameter for parameter in [*positional, *keywords] if hasattr(error, parameter)}
    assert {parameter: getattr(error, parameter) for parameter in given} == {key: VALUES[key] for key in given}
    assert {*positional, *keywords} - given <= {
        "additional_message",
        "reason",
    }  # any-llm keeps no such attribute either
    assert [getattr(error, word) for word in HTTP] == [VALUES[word] if word in keywords else None for word in HTTP]
    assert error.index is None
    if default is not None:
        empty = getattr(exceptions, name)()
        assert (str(empty), empty.message, empty.provider_name) == (default, default, None)
        assert str(getattr(exceptions, name)("Why", None, "openai")) == "[openai] Why"


@pytest.mark.parametrize(("name", "positional", "keywords", "_default"), ALL)
def test_parameters_by_name(name: str, positional: list[str], keywords: list[str], _default: object):
    by_name = getattr(exceptions, name)(**{parameter: VALUES[parameter] for parameter in [*positional, *keywords]})
    assert vars(by_name) == vars(made(name, positional, keywords))


@pytest.mark.parametrize("again", [pickle.loads, copy.copy, copy.deepcopy], ids=lambda way: way.__name__)
@pytest.mark.parametrize(("name", "positional", "keywords", "_default"), ALL)
def test_they_pickle_and_copy_and_keep_what_they_know(
    name: str, positional: list[str], keywords: list[str], _default: object, again: Any
):  # fmt: skip
    error = made(name, positional, keywords)
    error.index = 4
    error.original_exception = open  # what caused it may be anything; it stays behind
    twin = again(pickle.dumps(error) if again is pickle.loads else error)
    assert type(twin) is type(error)
    assert (str(twin), repr(twin), twin.args) == (str(error), repr(error), error.args)
    assert vars(twin) == {**vars(error), "original_exception": None}


def test_the_names_are_those():
    assert sorted(exceptions.__all__) == sorted(name for name, *_ in ALL)
    classes = {
        name for name, thing in vars(exceptions).items() if inspect.isclass(thing) and issubclass(thing, Exception)
    }
    assert classes == set(exceptions.__all__)


def drawn() -> list[tuple[str, str | None, str | None]]:
    """Read the tree in the module's docstring: name, parent, the built-in it is said to be too."""
    read: list[tuple[str, str | None, str | None]] = []
    parents: list[str] = []
    for line in (exceptions.__doc__ or "").splitlines():
        words = line.lstrip("│├└─ ").split()
        if not words or not words[0].endswith("Error"):
            continue
        depth = (len(line) - len(line.lstrip("│├└─ "))) // 4
        parents = [*parents[:depth], words[0]]
        also = words[2].rstrip(")") if words[1:2] == ["(also"] else None
        read.append((words[0], parents[depth - 1] if depth else None, also))
    return read


def test_the_tree_is_drawn_as_it_stands():
    tree = drawn()
    assert sorted(name for name, *_ in tree) == sorted(exceptions.__all__)
    for name, parent, also in tree:
        bases = [base.__name__ for base in getattr(exceptions, name).__bases__]
        assert bases == [word for word in (parent or "Exception", also) if word]


CAUGHT = [
    ("InvalidModelError", ValueError),
    ("EmbeddingsNotSupportedError", NotImplementedError),
    ("MissingPackageError", ImportError),
    ("ProviderTimeoutError", TimeoutError),
    ("ProviderConnectionError", ConnectionError),
]


@pytest.mark.parametrize(("name", "kind"), CAUGHT)
def test_what_else_catches_them(name: str, kind: type[Exception]):
    others = {other for other, *_ in CAUGHT} - {name}
    assert issubclass(getattr(exceptions, name), kind)
    assert not any(issubclass(getattr(exceptions, other), kind) for other in {"AnyLLMError", "ProviderError", *others})


SAYS = [
    (exceptions.MissingApiKeyError("openai", "OPENAI_API_KEY"), ["openai", "OPENAI_API_KEY", "api_key="]),
    (exceptions.MissingPackageError("local", "local"), ["local", 'pip install "omniembed[local]"']),
    (exceptions.UnsupportedProviderError("opnai", ["ollama", "openai"]), ["'opnai'", "Did you mean openai?", "ollama"]),
    (exceptions.UnsupportedProviderError("xyz", ["ollama"]), ["'xyz'", "Supported: ollama."]),
    (exceptions.UnsupportedParameterError("dimensions", "together", "Why."), ["'dimensions'", "together", "Why."]),
    (exceptions.EmbeddingsNotSupportedError("groq", "it chats.", ["openai"]), ["groq", "it chats.", "openai"]),
]


@pytest.mark.parametrize(("error", "words"), SAYS)
def test_what_they_say(error: exceptions.AnyLLMError, words: list[str]):
    assert [word for word in words if word not in str(error)] == []
