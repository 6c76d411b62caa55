"""What is refused before it is sent, and what a reply may hold that is no JSON, no count, or no direction."""

from __future__ import annotations

import json
import warnings
from array import array
from base64 import b64encode
from pathlib import Path

import pytest

from any_llm import InvalidRequestError, InvalidResponseError, embed_iter, embedding
from any_llm.providers.counted import counted
from any_llm.providers.table import ROWS
from by_hand import a_batch, a_call, a_setting, adapter_of, play, reply, vectors_of
from colours import COLOURS
from loopback import Answer
from numbered import to, vectors
from planned import Provider, called, vector_of

# --- texts that a provider is known to refuse -----------------------------------------------------------------------

REFUSED = [
    # provider, inputs -> those that are refused
    ("openai", ["a", "", "b"], [1]),
    ("openai", ["a", " ", "\n"], []),
    ("openai", ["", "a", ""], [0, 2]),
    ("openai", [""], [0]),
    ("isaacus", ["a", " ", "\n", ""], [1, 2, 3]),
    ("together", ["a", "", " "], []),
]


@pytest.mark.parametrize(("provider", "inputs", "refused"), REFUSED)
def test_what_is_known_to_be_refused_is_not_sent(provider, inputs, refused):
    row = ROWS["together"]._replace(refuses_texts=ROWS[provider].refuses_texts)
    server = Provider()
    ended = called(inputs, server, row=row, on_error="collect")
    assert sorted(ended.result.errors) == refused
    assert all(error.index == index for index, error in ended.result.errors.items())
    for index, item in enumerate(ended.result.data):
        assert item.embedding == (None if index in refused else vector_of(inputs[index]))
    sent = [text for texts in server.requests for text in texts]
    assert sent == list(dict.fromkeys(text for index, text in enumerate(inputs) if index not in refused))


@COLOURS
@pytest.mark.parametrize("inputs", [["1", "", "2"], ["1", "", ""]])
@pytest.mark.parametrize("api_base", [None, "https://API.openai.com/v1/", "https://api.openai.com:443/v1"])
def test_the_first_of_them_is_named(call, inputs, api_base):
    """Nothing is sent, so that no server need be there."""
    with pytest.raises(InvalidRequestError, match=r'inputs\[1\] is "", which OpenAI refuses') as caught:
        call(inputs=inputs, **to(api_base))
    assert caught.value.index == 1


@COLOURS
@pytest.mark.parametrize("provider", ["openai", "voyage"])
def test_a_server_of_ones_own_is_asked(call, provider, loopback):
    """What a provider refuses says nothing of who only speaks its language."""
    server = loopback(lambda request: Answer(json={"data": [{"embedding": [1.0]} for _ in request.json["input"]]}))
    result = call(inputs=["1", ""], **{**to(server.url), "provider": provider})
    assert [request.json["input"] for request in server.requests] == [["1", ""]]
    assert result.data[1].embedding == [1.0]


def test_an_address_is_always_given_where_the_provider_has_none():
    """Azure's is one's own resource, and Azure's all the same."""
    given = {"provider": "azureopenai", "api_key": "k", "api_base": "https://mine.openai.azure.com"}
    with pytest.raises(InvalidRequestError, match="refuses"):
        embedding("deployment", [""], **given)


def test_words_before_a_text_make_it_one_that_is_sent():
    row = ROWS["together"]._replace(refuses_texts="blank")
    server = Provider()
    assert called([""], server, row=row, prefix="query: ").error is None
    assert server.requests == [["query: "]]


# --- numbers that are none -------------------------------------------------------------------------------------------

GOOD = b'{"index": 0, "embedding": [1.0, "NaN"], "x": "Infinity"}'
NO_NUMBERS = [
    b"NaN",
    b"nan",
    b"Infinity",
    b"-Infinity",
    b"-inf",
    b"1e400",
    b"-1e400",
    b"1e39",
    b"3.5e38",
    b"null",
    b'"1"',
]


@pytest.mark.parametrize("dtype", [None, "float32", "int8", "uint8", "binary", "ubinary"])
@pytest.mark.parametrize("value", NO_NUMBERS)
def test_a_value_that_is_no_number_is_the_inputs_own(value, dtype):
    body = (
        b'{"note": "NaN", "data": [{"index": 0, "embedding": [1, 2]}, {"index": 1, "embedding": [1, ' + value + b"]}],"
        b'"usage": {"prompt_tokens": 9}}'
    )
    row = ROWS["mistral"]._replace(base64=False)
    setting = a_setting(a_call("mistral", "m", row=row, dtype=dtype))
    played = play(setting, [reply(body)] * 2, batch=a_batch(first=0))
    assert (type(played.error), played.error.index) == (InvalidResponseError, 1)


@pytest.mark.parametrize("body", [b'{"data": NaN}', b'{"data": [NaN]}', b'{"data": [}', b"NaN"])
def test_what_is_broken_beside_stays_broken(body):
    played = play(a_setting(a_call()), [reply(body)] * 2)
    assert (type(played.error), played.error.index) == (InvalidResponseError, None)


USAGE = [
    # prompt_tokens, total_tokens -> tokens of the call
    (b"9", b"9", (9, 9, "measured")),
    (b"9.0", b"null", (9, 9, "measured")),
    (b"null", b"9", (9, 9, "measured")),
    (b"-5", b"9", (0, 0, "unknown")),
    (b'"5"', b'"5"', (0, 0, "unknown")),
    (b"null", b"null", (0, 0, "unknown")),
    (b"true", b"9", (0, 0, "unknown")),
    (b"NaN", b"NaN", (0, 0, "unknown")),
    (b"1e300", b"9", (0, 0, "unknown")),
    (b"[]", b"{}", (0, 0, "unknown")),
    (b"9", b"-1", (9, 9, "measured")),
]


@pytest.mark.parametrize(("prompt", "total", "expected"), USAGE)
def test_a_count_that_is_none_spoils_no_vector(prompt, total, expected):
    usage = b'{"prompt_tokens": ' + prompt + b', "total_tokens": ' + total + b"}"
    body = b'{"data": [{"index": 0, "embedding": [1]}, {"index": 1, "embedding": [2]}], "usage": ' + usage + b"}"
    setting = a_setting(a_call())
    assert play(setting, [reply(body)]).error is None
    assert vectors_of(setting) == [[1.0], [2.0]]
    told = setting.tally.usage()
    assert (told.prompt_tokens, told.total_tokens, told.source) == expected


@pytest.mark.parametrize("usage", ["x", 5, [], None, {"prompt_tokens": {}}, {"prompt_tokens": -1}])
def test_nor_does_a_usage_that_is_none(usage):
    assert counted(usage, "prompt_tokens") is None


ROWS_SAID = json.loads((Path(__file__).with_name("replies") / "rows.json").read_text(encoding="utf-8"))
COUNTING = [
    (name, member) for name, said in ROWS_SAID.items() for member in ("usage", "meta") if member in said["reply"]
]


@pytest.mark.parametrize(("provider", "member"), COUNTING)
def test_whatever_stands_there_at_any_provider(provider, member):
    said = ROWS_SAID[provider]
    call = a_call(provider, said["model"])
    for nonsense in (-5, "5", True, [], [1], {}, {"billed_units": 5}, {"prompt_tokens": "5"}, None):
        part = adapter_of(call).decode(call, reply({**said["reply"], member: nonsense}))
        assert (len(part.vectors), part.prompt_tokens, part.total_tokens) == (len(said["texts"]), None, None)


# --- vectors without a direction -------------------------------------------------------------------------------------


@COLOURS
def test_a_zero_vector_for_a_blank_text_is_told_once(call, loopback):
    def answer(request):
        data = [
            {"index": at, "embedding": [float(len(text.strip())), 0.0]} for at, text in enumerate(request.json["input"])
        ]
        return Answer(json={"data": data})

    server = loopback(answer)
    with pytest.warns(UserWarning, match="a zero vector for a blank text"):
        result = call(inputs=["a", " "], **to(server.url))
    assert [item.embedding for item in result.data] == [[1.0, 0.0], [0.0, 0.0]]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        call(inputs=[" ", "a"], **to(server.url))


SAME = [
    # texts, their vectors -> whether that is told
    (["a", "b", "c"], [[1.0, 0.5]] * 3, True),
    (["a", "b", "a", "c"], [[1.0, 0.5]] * 4, True),
    (["a", "b"], [[1.0, 0.5]] * 2, False),
    (["a"], [[1.0, 0.5]], False),
    (["a", "b", "c"], [[1.0, 0.5]] * 2 + [[1.0, 0.25]], False),
    (["a", "b", "c"], [[1.0, 0.25]] + [[1.0, 0.5]] * 2, False),
    (
        ["One text", "one  text", " ONE TEXT", "another"],
        [[1.0, 0.5]] * 4,
        False,
    ),  # of three only two differ, to a model
    (["a", "b", "c"], [[1.0, 0.0], [1.0, -0.0], [1.0, 0.0]], False),  # a bit apart
    ([" ", "", "\n"], [[0.0, 0.0]] * 3, False),
]


@pytest.mark.parametrize("base64", [True, False])
@pytest.mark.parametrize(("texts", "given", "told"), SAME)
def test_one_vector_for_all_of_several_texts_is_seen(texts, given, base64, *, told):
    coded = [b64encode(array("f", each).tobytes()).decode() if base64 else each for each in given]
    setting = a_setting(a_call(), count=len(texts))
    body = {"data": [{"embedding": each} for each in coded]}
    assert play(setting, [reply(body)], batch=a_batch(texts)).error is None
    assert setting.matrix.same == told


@COLOURS
def test_and_told_once_a_model(call, loopback):
    server = loopback(lambda request: Answer(json={"data": [{"embedding": [1.0, 2.0]} for _ in request.json["input"]]}))
    with pytest.warns(UserWarning, match="openai gives one and the same vector for different texts: is m an embedding"):
        result = call(inputs=["a", "b", "c"], **to(server.url))
    assert result.to_numpy().tolist() == [[1.0, 2.0]] * 3
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        call(inputs=["a", "b", "c"], **to(server.url))
        with pytest.raises(UserWarning, match="is another an embedding"):
            call(inputs=["a", "b", "c"], **{**to(server.url), "model": "another"})


# --- streams ---------------------------------------------------------------------------------------------------------


def test_a_stream_names_the_position_in_it(loopback):
    server = loopback(vectors)
    client = {"limits": {"input_tokens": 16}}
    stream = embed_iter(iter(["0", "1", "2", "3 " * 20]), chunk_size=2, overflow="error",
                        **{**to(server.url), "client_args": client})  # fmt: skip
    with pytest.raises(InvalidRequestError, match=r"inputs\[3\]") as caught:
        list(stream)
    assert caught.value.index == 3


def test_and_tells_of_a_silent_cut(loopback):
    server = loopback(lambda request: Answer(json={"data": [{"embedding": [1.0]} for _ in request.json["input"]]}))
    arguments = {"model": "m", "provider": "infinity", "api_base": server.url}
    client = {"limits": {"input_tokens": 20}}
    with pytest.warns(UserWarning, match="only the beginning of inputs 1"):
        chunks = list(embed_iter(["a", "so many words " * 10, "b"], chunk_size=2, client_args=client, **arguments))
    assert [chunk.result.truncated for chunk in chunks] == [(1,), ()]
    assert [chunk.result.overflow for chunk in chunks] == ["detected", "enforced"]
