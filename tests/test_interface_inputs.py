"""What may be embedded, and what is refused before anything is sent."""

from __future__ import annotations

from collections import deque

import numpy as np
import pytest

from any_llm import InvalidRequestError
from any_llm.exceptions import UnsupportedParameterError
from interface_calls import BOTH, EACH, SPOKEN, at, texts_of

SECRET = "the text nobody may see"


class Text(str):
    """A str of the caller's own kind."""

    __slots__ = ()


class Series:
    """What a column of a table is like: iterable, with a length, and no list."""

    def __init__(self, values):
        self.values = values

    def __iter__(self):
        return iter(self.values)

    def __len__(self):
        return len(self.values)

    def __getitem__(self, position):
        return self.values[position]

    def tolist(self):
        return list(self.values)


@BOTH
@EACH
@pytest.mark.parametrize(
    ("inputs", "sent"),
    [
        ("Hello", ["Hello"]),
        (["Hello"], ["Hello"]),
        (["First", "Second"], ["First", "Second"]),
        (("First", "Second"), ["First", "Second"]),
        ("", [""]),
        (["", " "], ["", " "]),
        (["twice", "twice"], ["twice"]),
        ("Füße 🌍 文\n\t\0", ["Füße 🌍 文\n\t\0"]),
    ],
    ids=["one", "list of one", "list", "tuple", "empty text", "blank texts", "equal texts", "any character"],
)
def test_texts_are_sent_as_they_stand(embed, provider, inputs, sent, loopback):
    server = loopback(SPOKEN[provider].answer)
    if "" in sent and provider == "azureopenai":  # it has no address of its own
        with pytest.raises(InvalidRequestError, match="refuses"):
            embed(**{**at(server, provider), "inputs": inputs})
        return
    result = embed(**{**at(server, provider), "inputs": inputs})
    assert texts_of(server.requests[0]) == sent
    assert [item.index for item in result.data] == list(range(1 if isinstance(inputs, str) else len(inputs)))


@BOTH
@pytest.mark.parametrize("provider", ["openai", "gemini", "cohere"])
@pytest.mark.parametrize(
    "inputs",
    [Text("a"), [Text("a"), "b"], np.str_("a"), list(np.array(["a", "b"]))],
    ids=["own str", "own str in a list", "numpy str", "list(array)"],
)
def test_every_str_is_text(embed, provider, inputs, loopback):
    server = loopback(SPOKEN[provider].answer)
    embed(**{**at(server, provider), "inputs": inputs})
    assert texts_of(server.requests[0])[0] == "a"


@BOTH
@pytest.mark.parametrize(
    "inputs",
    [
        (text for text in [SECRET]),
        iter([SECRET]),
        map(str, [SECRET]),
        {SECRET},
        frozenset([SECRET]),
        {SECRET: 1},
        {SECRET: 1}.keys(),
        deque([SECRET]),
        range(2),
        Series([SECRET]),
        np.array([SECRET]),
        np.array([[SECRET]]),
        np.array([], dtype=str),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_could_be_made_a_list_is_told_to_be(embed, inputs, loopback):
    server = loopback(SPOKEN["openai"].answer)
    with pytest.raises(InvalidRequestError, match=rf"{type(inputs).__name__}.*list\(\.\.\.\)") as caught:
        embed(**{**at(server), "inputs": inputs})
    assert SECRET not in str(caught.value)
    assert server.requests == []


@BOTH
@pytest.mark.parametrize(
    "inputs",
    [None, 3, 1.5, True, b"text", bytearray(b"text"), memoryview(b"text"), object()],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_text_is_refused_by_its_type(embed, inputs, loopback):
    server = loopback(SPOKEN["openai"].answer)
    with pytest.raises(InvalidRequestError, match=rf"str or a list of str, not {type(inputs).__name__}"):
        embed(**{**at(server), "inputs": inputs})
    assert server.requests == []


@BOTH
@pytest.mark.parametrize("make", [list, tuple])
@pytest.mark.parametrize(
    ("inputs", "index", "named"),
    [
        ([None], 0, "NoneType"),
        ([SECRET, None], 1, "NoneType"),
        ([SECRET, 3], 1, "int"),
        ([SECRET, SECRET, 1.5], 2, "float"),
        ([SECRET, float("nan")], 1, "float"),
        ([b"bytes"], 0, "bytes"),
        ([[SECRET]], 0, "list"),
        ([SECRET, (SECRET,)], 1, "tuple"),
        ([[1, 2, 3]], 0, "list"),
        ([1, 2, 3], 0, "int"),
        ([{"text": SECRET}], 0, "dict"),
        ([SECRET, f"{SECRET}\ud800"], 1, "surrogate"),
        (["\udfff"], 0, "surrogate"),
    ],
    ids=lambda value: None if isinstance(value, list) else str(value),
)
def test_the_input_at_fault_is_named_by_its_index(embed, make, *, inputs, index, named, loopback):
    server = loopback(SPOKEN["openai"].answer)
    with pytest.raises(InvalidRequestError, match=rf"inputs\[{index}\].*{named}") as caught:
        embed(**{**at(server), "inputs": make(inputs)})
    assert caught.value.index == index
    assert SECRET not in str(caught.value)
    assert server.requests == []


@BOTH
def test_a_lone_surrogate_alone_is_input_0(embed):
    with pytest.raises(InvalidRequestError, match=r"inputs\[0\].*surrogate"):
        embed("fake:m", "\ud83d")


@BOTH
@EACH
@pytest.mark.parametrize("inputs", [[], ()])
def test_no_inputs_are_an_empty_response_and_nothing_is_sent(embed, provider, inputs, loopback):
    server = loopback(SPOKEN[provider].answer)
    result = embed(**{**at(server, provider), "inputs": inputs})
    assert (result.data, result.to_numpy().shape[0], result.request_ids) == ([], 0, ())
    assert (result.usage.prompt_tokens, result.usage.total_tokens) == (0, 0)
    assert (result.model, result.provider) == (SPOKEN[provider].model, provider)
    assert server.requests == []


@BOTH
@pytest.mark.parametrize(
    ("provider", "options", "error"),
    [
        ("openai", {"dimensions": 0}, InvalidRequestError),
        ("openai", {"overflow": "cut"}, InvalidRequestError),
        ("openai", {"normalize": 1}, InvalidRequestError),
        ("openai", {"batch_size": 0}, InvalidRequestError),
        ("openai", {"timeout": -1}, InvalidRequestError),
        ("openai", {"deadline": 0}, InvalidRequestError),
        ("openai", {"encoding_format": "hex"}, InvalidRequestError),
        ("openai", {"extra_headers": {"X": "two\nlines"}}, InvalidRequestError),
        ("openai", {"max_retries": 0}, InvalidRequestError),
        ("openai", {"client_args": {"http_client": 1}}, InvalidRequestError),
        ("openai", {"input": "Hello"}, InvalidRequestError),
        ("openai", {"input_type": "clustering"}, UnsupportedParameterError),
        ("together", {"dimensions": 8}, UnsupportedParameterError),
        ("together", {"input_type": "clustering"}, UnsupportedParameterError),
        ("openrouter", {"overflow": "error"}, UnsupportedParameterError),
        ("mistral", {"overflow": "mean", "dtype": "int8"}, InvalidRequestError),
        ("cohere", {"dimensions": 8, "output_dimension": 8}, InvalidRequestError),
        ("gemini", {"config": {}}, InvalidRequestError),
    ],
    ids=str,
)
@pytest.mark.parametrize("inputs", [[], ["Hello"]], ids=["no inputs", "one input"])
def test_options_are_checked_whether_or_not_there_are_inputs(embed, provider, *, options, error, inputs, loopback):
    server = loopback(SPOKEN[provider].answer)
    with pytest.raises(error):
        embed(**{**at(server, provider), "inputs": inputs, **options})
    assert server.requests == []
