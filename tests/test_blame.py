"""Is an input blamed only when it is at fault, and the request, the server or nobody when they are?"""

from __future__ import annotations

import pytest

from any_llm.exceptions import InvalidResponseError
from any_llm.flow.memory import Memory
from any_llm.providers.table import ROWS
from any_llm.wire import TransportError
from by_hand import bad, good, reply
from planned import Provider, answered, called, vector_of

LATE = TransportError("no answer in time", timed_out=True)


def texts(count):
    return [f"text {number:05}" for number in range(count)]


def all_are(change):
    """Every vector is wrong in the same way."""
    return lambda sent: good(*[change(vector_of(text)) for text in sent])


WRONG_ABOUT_ALL = {
    "zeros": all_are(lambda vector: [0.0] * len(vector)),
    "null": all_are(lambda _: None),
    "NaN": lambda sent: reply(answered(sent).body.replace(b"1.0", b"NaN")),
    "empty": all_are(lambda _: []),
    "words": all_are(lambda vector: [str(value) for value in vector]),
    "no list": lambda _: reply(b'{"data": 3}'),
    "a page": lambda _: reply(b"<html>"),
    "none": lambda _: reply(b'{"data": []}'),
    "400": lambda _: bad(400),
    "422": lambda _: bad(422),
    "500": lambda _: bad(500),
}


@pytest.mark.parametrize("wrong", WRONG_ABOUT_ALL)
def test_a_server_that_is_wrong_about_all_costs_two_more(wrong):
    """And a second look at the same, where the reply was a broken 200."""
    provider = Provider(WRONG_ABOUT_ALL[wrong])
    ended = called(texts(1000), provider, on_error="collect", retries=0, batch_size=64)
    assert ended.error.index is None
    assert ended.error.status_code in {200, 400, 422, 500}
    looked = 1 + (ended.error.status_code == 200)
    assert len(provider.requests) <= looked + 2
    assert provider.sizes[looked:] in ([1], [1, 1])


TURNED = {**WRONG_ABOUT_ALL, "of another width": all_are(lambda vector: vector[:2])}


@pytest.mark.parametrize("workers", [1, 8])
@pytest.mark.parametrize("size", [1, 64])
@pytest.mark.parametrize("wrong", TURNED)
def test_a_server_that_turns_wrong_about_all_in_mid_call_does_not_blame_each(wrong, size, workers):
    inputs, count = texts(2000), 3
    provider = Provider(lambda sent: TURNED[wrong](sent) if len(provider.requests) > count else None)
    ended = called(inputs, provider, on_error="collect", retries=0, batch_size=size, workers=workers)
    assert ended.error.index is None
    assert len(provider.requests) <= count + 40 * workers
    kept = [item for item in ended.error.partial.data if item.embedding is not None]
    assert [item.embedding for item in kept] == [vector_of(inputs[item.index]) for item in kept]
    assert len(kept) == count * size


@pytest.mark.parametrize("wrong", ["no list", "a page", "none", "of another width"])
def test_a_reply_that_is_wrong_about_all_names_the_inputs_it_was_to(wrong):
    provider = Provider(lambda sent: TURNED[wrong](sent) if len(provider.requests) > 3 else None)
    ended = called(texts(2000), provider, retries=0, batch_size=64)
    assert str(ended.error).endswith(", in the reply to inputs 192 to 255")


@pytest.mark.parametrize("bad_ones", [[0], [1], [0, 1, 2, 3, 4], [59, 60, 61, 62, 63], list(range(63))])
def test_many_bad_inputs_in_a_row_are_still_the_inputs_fault(bad_ones):
    inputs = texts(64)
    words = {inputs[at] for at in bad_ones}
    provider = Provider(lambda sent: bad(400) if words & set(sent) else None)
    ended = called(inputs, provider, on_error="collect")
    assert [*ended.result.errors] == bad_ones
    assert len(provider.requests) <= 1 + 4 * len(bad_ones) * 6


def short(at):
    """The vector of one text lacks a value."""
    return lambda sent: good(*[vector_of(text)[: 2 if f"{at:05}" in text else 3] for text in sent])


@pytest.mark.parametrize("on_error", ["raise", "collect"])
@pytest.mark.parametrize("at", [0, 1, 31, 63])
def test_the_odd_one_of_a_ragged_reply_is_blamed_wherever_it_stands(at, on_error):
    inputs = texts(64)
    ended = called(inputs, Provider(short(at)), on_error=on_error)
    if on_error == "raise":
        assert (type(ended.error), ended.error.index) == (InvalidResponseError, at)
    else:
        assert [*ended.result.errors] == [at]
        assert all(item.embedding == vector_of(inputs[item.index]) for item in ended.result.data if item.index != at)


@pytest.mark.parametrize("on_error", ["raise", "collect"])
def test_a_width_other_than_the_one_asked_for_is_no_inputs_fault(on_error):
    provider = Provider(lambda sent: good(*[vector_of(text) for text in sent]))
    ended = called(texts(64), provider, row=ROWS["openai"], dimensions=2, on_error=on_error)
    assert (type(ended.error), ended.error.index) == (InvalidResponseError, None)
    assert "3 wide, not the 2 asked for" in str(ended.error)
    assert provider.sizes == [64, 64, 1, 1]


def of_model(name, sent):
    return reply(answered(sent).body.replace(b"text-embedding-3-small", name))


@pytest.mark.parametrize("on_error", ["raise", "collect"])
def test_replies_of_two_models_end_the_call_at_once_and_none_is_carried(on_error):
    provider = Provider(lambda sent: of_model(b"other" if len(provider.requests) > 2 else b"m", sent))
    ended = called(texts(1000), provider, batch_size=10, on_error=on_error)
    assert isinstance(ended.error, InvalidResponseError)
    assert "several models: m, other" in str(ended.error)
    assert ended.error.partial is None
    assert len(provider.requests) == 3


FEWER = {
    # too many at once, though it does not say so -> whether the next call keeps to fewer
    "400": (lambda sent: bad(400) if len(sent) > 8 else None, True),
    "only the first": (lambda sent: answered(sent[:1]) if len(sent) > 1 else None, True),
    "500": (lambda sent: bad(500) if len(sent) > 8 else None, False),
    "503": (lambda sent: bad(503) if len(sent) > 8 else None, False),
}


@pytest.mark.parametrize(("rule", "learns"), FEWER.values(), ids=FEWER)
def test_a_size_is_learnt_from_what_was_refused_not_from_what_failed(rule, learns):
    memory, inputs = Memory(), texts(64)
    for _ in range(2):
        provider = Provider(rule)
        ended = called(inputs, provider, memory=memory, retries=0, batch_size=None)
        assert [item.embedding for item in ended.result.data] == list(map(vector_of, inputs))
    assert (provider.sizes[0] < 64) == learns


@pytest.mark.parametrize("size", [None, 64])
def test_a_size_is_searched_for_once_a_call_whoever_said_it(size):
    inputs, provider = texts(400), Provider(FEWER["400"][0])
    ended = called(inputs, provider, retries=0, batch_size=size)
    assert [item.embedding for item in ended.result.data] == list(map(vector_of, inputs))
    assert provider.sizes.count(64) == 1


def two_bad(sent, _before):
    """One in each half."""
    return bad(400) if {"text 00003", "text 00060"} & {*sent} else None


TWO_BAD = [64, 1, 31, 15, 7, 3, 1, 1, 1, 4, 8, 16, 32, 16, 8, 4, 2, 1, 1, 2]
EXACT = [
    # inputs, batch_size, on_error, what is wrong with a request when so many went before it -> sizes of the requests
    (64, 64, "raise", lambda sent, _: bad(400) if "text 00063" in sent else None, [64, 1, 31, 16, 8, 4, 2, 1, 1]),
    (128, 64, "raise", lambda sent, _: bad(400) if "text 00127" in sent else None, [64, 64, 32, 16, 8, 4, 2, 1, 1]),
    (64, 64, "collect", two_bad, TWO_BAD),
    (64, 64, "raise", lambda sent, _: zero(sent, 13), [64, 64]),
    (64, 64, "collect", lambda sent, _: zero(sent, 13), [64, 64, 1, 63]),
    (128, 64, "collect", lambda sent, _: zero(sent, 77), [64, 64, 64, 63]),
    (64, 64, "collect", lambda *_: bad(400, "invalid_api_key"), [64]),
    (64, 64, "collect", lambda *_: bad(503, "insufficient_quota"), [64]),
    (64, 64, "collect", lambda *_: bad(404), [64]),
    (64, 1, "collect", lambda *_: bad(400), [1, 1]),
    (64, 1, "collect", lambda sent, _: bad(400) if {*sent} & {*texts(3)} else None, [1] * 65),
    (64, 1, "collect", lambda _, before: bad(400) if before > 2 else None, [1] * (3 + 5 + 1)),
    (64, 1, "collect", lambda sent, _: bad(400) if int(sent[0][5:]) % 4 else None, [1] * 64),
    (
        65,
        1,
        "collect",
        lambda sent, _: bad(400) if sent[0] != "text" and int(sent[0][5:]) % 5 else None,
        [1] * (65 + 0),
    ),
]


def test_one_that_failed_by_itself_is_asked_again_before_it_is_blamed():
    inputs = texts(64)
    provider = Provider(lambda _: bad(500) if len(provider.requests) < 3 else None)
    ended = called(inputs, provider, on_error="collect", retries=0)
    assert ended.result.errors == {}
    assert provider.sizes == [64, 1, 1, 1, 63]


@pytest.mark.parametrize("status", [401, 404, 429])
@pytest.mark.parametrize("before", [1, 2, 3, 5])
def test_what_is_no_inputs_fault_ends_a_search(before, status):
    provider = Provider(lambda sent: bad(status) if len(provider.requests) > before else two_bad(sent, 0))
    ended = called(texts(64), provider, on_error="collect", retries=0)
    assert (ended.error.status_code, ended.error.index) == (status, None)
    assert len(provider.requests) == before + 1


def zero(sent, at):
    """All is right, but for one vector."""
    return good(*[[0.0] * 3 if f"{at:05}" in text else vector_of(text) for text in sent])


@pytest.mark.parametrize(("count", "size", "on_error", "rule", "sizes"), EXACT)
def test_no_more_is_sent_than_it_takes_to_know(count, size, on_error, rule, sizes):
    provider = Provider(lambda sent: rule(sent, len(provider.requests) - 1))
    called(texts(count), provider, batch_size=size, on_error=on_error, retries=0)
    assert provider.sizes == sizes


def test_a_reply_that_names_no_model_is_of_the_model_that_others_name():
    provider = Provider(
        lambda sent: reply(answered(sent).body.replace(b'"model"', b'"no"')) if "text 00001" in sent else None
    )
    ended = called(texts(3), provider, batch_size=1)
    assert ended.error is None
    assert ended.result.model == "text-embedding-3-small"


LENGTHS = [
    # inputs, one of which is bad -> the one that is sent alone
    (["four", "five.", "six", "seven..", ""], "six"),
    (["", " ", "\n", "a text"], "a text"),
    (["", "  ", "   "], ""),
]


@pytest.mark.parametrize(("inputs", "alone"), LENGTHS)
def test_a_short_text_that_is_not_blank_is_sent_alone_first(inputs, alone):
    provider = Provider(lambda sent: bad(400) if len(sent) > 2 else None)
    called(inputs, provider)
    assert provider.requests[:2] == [inputs, [alone]]


@pytest.mark.parametrize("wrong", ["00000", "00040"])
@pytest.mark.parametrize("change", [None, lambda vector: [0.0] * len(vector)])
def test_where_an_input_was_bad_no_size_is_learnt(change, wrong):
    memory, inputs = Memory(), texts(64)

    def rule(sent):
        if not any(wrong in text for text in sent):
            return None
        return good(*[change(vector_of(t)) if wrong in t else vector_of(t) for t in sent]) if change else bad(400)

    called(inputs, Provider(rule), memory=memory, on_error="collect")
    after = Provider()
    called(inputs, after, memory=memory)
    assert after.sizes == [64]


def failing_in_a_search(sent, before):
    """One input is bad; of others, several at once fail, and each alone once."""
    if "text 00050" in sent:
        return bad(400)
    return bad(503) if len(sent) > 1 or (sent == ["text 00001"] and before < 9) else None


def test_several_that_fail_in_a_search_are_halved_and_one_that_does_is_sent_again():
    provider = Provider(lambda sent: failing_in_a_search(sent, len(provider.requests) - 1))
    ended = called(texts(64), provider, on_error="collect", retries=4)
    assert [*ended.result.errors] == [50]
    again = [sent for at, sent in enumerate(provider.requests) if sent in provider.requests[:at]]
    assert again
    assert {*map(tuple, again)} == {("text 00001",)}


def test_what_is_too_much_in_a_search_is_halved_too():
    inputs = texts(64)

    def rule(sent):
        return bad(400) if "text 00050" in sent else LATE if 10 < len(sent) < 64 else None

    ended = called(inputs, Provider(rule), on_error="collect")
    assert [*ended.result.errors] == [50]


IN_MID_CALL = [
    # what is wrong in the second batch, and goes on -> sizes of its requests: one alone, and a word
    (lambda _: bad(500), [64, 1, 1]),
    (lambda _: reply(b'{"data": []}'), [64, 64, 1, 1]),
]


@pytest.mark.parametrize("on_error", ["raise", "collect"])
@pytest.mark.parametrize(("wrong", "sizes"), IN_MID_CALL)
def test_a_server_that_fails_in_mid_call_is_found_out_with_two_more(wrong, sizes, on_error):
    provider = Provider(lambda sent: wrong(sent) if len(provider.requests) > 1 else None)
    ended = called(texts(640), provider, on_error=on_error, batch_size=64, retries=0)
    assert ended.error.index is None
    assert provider.sizes == [64, *sizes]


def test_another_width_in_mid_call_is_no_inputs_fault():
    provider = Provider(lambda sent: good(*[[1.0, 2.0]] * len(sent)) if len(provider.requests) > 1 else None)
    ended = called(texts(640), provider, batch_size=64)
    assert (type(ended.error), ended.error.index) == (InvalidResponseError, None)
    assert "2 wide, not the 3" in str(ended.error)


# --- what of its reply goes with the error ---------------------------------------------------------------------------


def wrong_about(number, vector):
    """The reply is wrong about this one of each request that has it."""

    def answer(sent):
        name = f"text {number:05}"
        return good(*[vector(vector_of(text)) if text == name else vector_of(text) for text in sent])

    return answer


WRONG_ABOUT_ONE = {
    "zeros": lambda vector: [0.0] * len(vector),
    "null": lambda _: None,
    "words": lambda vector: [str(value) for value in vector],
    "wider": lambda vector: [*vector, 1.0],
    "empty": lambda _: [],
    "beyond": lambda vector: [1e300, *vector[1:]],
}


@pytest.mark.parametrize("number", [0, 3, 4])
@pytest.mark.parametrize("wrong", WRONG_ABOUT_ONE)
@pytest.mark.parametrize("before", [0, 5])
def test_the_right_vectors_of_the_reply_go_with_the_error(wrong, number, before):
    inputs = texts(before + 5)
    provider = Provider(wrong_about(before + number, WRONG_ABOUT_ONE[wrong]))
    ended = called(inputs, provider, batch_size=5, retries=0)
    assert (type(ended.error), ended.error.index) == (InvalidResponseError, before + number)
    assert ended.error.partial.missing == {before + number}
    for item in ended.error.partial.data:
        assert item.embedding == (None if item.index == before + number else vector_of(inputs[item.index]))
    assert len(provider.requests) == 2 + bool(before)
    assert ended.error.partial.requests.sent == len(provider.requests)


def test_they_are_placed_by_their_index():
    def answer(sent):
        data = [{"index": at, "embedding": vector_of(text) if at else None} for at, text in enumerate(sent)]
        return reply({"data": data[::-1], "model": "m"})

    inputs = [*texts(4), "text 00002"]
    ended = called(inputs, Provider(answer), retries=0)
    assert ended.error.index == 0
    assert [item.embedding for item in ended.error.partial.data] == [None, *map(vector_of, inputs[1:])]


def test_but_not_where_it_is_another_models():
    inputs = texts(8)
    wrong = wrong_about(5, WRONG_ABOUT_ONE["zeros"])

    def answer(sent):
        return None if inputs[0] in sent else reply(wrong(sent).body.replace(b"text-embedding-3-small", b"another"))

    ended = called(inputs, Provider(answer), batch_size=4, retries=0)
    assert (ended.error.index, ended.error.partial) == (5, None)
