"""Does a call of many inputs come to the right vectors, or to the input that is at fault, whatever the provider does?

Jobs, plan, search and merge are the real ones; the provider is played, in virtual time.
"""

from __future__ import annotations

import math
import pickle
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_llm.exceptions import (
    AuthenticationError,
    ContentFilterError,
    InsufficientFundsError,
    InvalidRequestError,
    InvalidResponseError,
    ProviderError,
    ProviderTimeoutError,
    RateLimitError,
)
from any_llm.flow.memory import Memory
from any_llm.flow.room import HOSTED, LOOPBACK
from any_llm.providers.row import Limits
from any_llm.providers.table import ROWS
from any_llm.wire import TransportError
from by_hand import PROPERTY, bad, good, reply
from planned import Provider, answered, called, vector_of

LATE = TransportError("no answer in time", timed_out=True)


def texts(count: int) -> list[str]:
    return [f"text {number:05}" for number in range(count)]


def right(ended, inputs, *, without=()):
    """Every input has its own vector, but for these."""
    assert ended.error is None
    found = {item.index: item.embedding for item in ended.result.data}
    assert found == {i: None if i in without else vector_of(text) for i, text in enumerate(inputs)}
    return True


def refuses(*words: str, status: int = 400, message: str = "bad input"):
    return lambda sent: bad(status, message=message) if any(word in text for word in words for text in sent) else None


# --- the bad input ---------------------------------------------------------------------------------------------------

BAD = [
    # inputs, bad ones, refusal -> the one that is named
    (64, [40], refuses("00040"), 40, InvalidRequestError),
    (64, [0], refuses("00000"), 0, InvalidRequestError),
    (64, [63], refuses("00063"), 63, InvalidRequestError),
    (64, [5, 50], refuses("00005", "00050"), 5, InvalidRequestError),
    (64, [31, 32], refuses("00031", "00032", status=422), 31, InvalidRequestError),
    (300, [299], refuses("00299"), 299, InvalidRequestError),
    (64, [9], refuses("00009", status=413), 9, InvalidRequestError),
    (64, [7], refuses("00007", status=500), 7, ProviderError),
    (2, [1], refuses("00001"), 1, InvalidRequestError),
    (9, [3], lambda sent: bad(400, "content_filter") if any("00003" in text for text in sent) else None, 3,
     ContentFilterError),
]  # fmt: skip


@pytest.mark.parametrize(("count", "wrong", "rule", "named", "kind"), BAD)
def test_the_first_bad_input_is_named_and_what_was_paid_for_is_kept(count, wrong, rule, named, kind):
    inputs, provider = texts(count), Provider(rule)
    ended = called(inputs, provider)
    assert (type(ended.error), ended.error.index) == (kind, named)
    assert "bad input" in str(ended.error) or kind is ContentFilterError
    partial = ended.error.partial
    for i, item in enumerate(partial.data if partial else []):
        assert item.embedding in (None, vector_of(inputs[i]))
        assert item.embedding is None or i not in wrong
    kept = {inputs[i] for i, item in enumerate(partial.data if partial else []) if item.embedding is not None}
    assert kept == provider.billed.keys() - {"text"}
    assert max(provider.billed.values(), default=1) == 1
    again = pickle.loads(pickle.dumps(ended.error))  # noqa: S301  # our own
    assert (again.index, again.partial) == (named, partial)
    assert "partial" not in repr(again)


@given(st.integers(1, 150).flatmap(lambda n: st.tuples(st.just(n), st.sets(st.integers(0, n - 1), max_size=6))),
       st.sampled_from([400, 422, 500]))  # fmt: skip
@PROPERTY
def test_collecting_finds_every_bad_input_and_sends_little_more(drawn, status):
    count, wrong = drawn
    inputs = texts(count)
    provider = Provider(refuses(*(f"{i:05}" for i in wrong), status=status))
    ended = called(inputs, provider, on_error="collect", retries=0)
    assert right(ended, inputs, without=wrong)
    assert ended.result.errors.keys() == wrong
    assert all(error.index == i for i, error in ended.result.errors.items() if count > 1)
    clean = Provider()
    called(inputs, clean)
    extra = len(provider.requests) - len(clean.requests)
    assert extra <= (4 * len(wrong) * math.log2(max(2, count)) if wrong else 0)
    billed = provider.billed - Counter(["text"] * provider.billed["text"])
    assert billed == Counter(text for i, text in enumerate(inputs) if i not in wrong)


@pytest.mark.parametrize("status", [400, 422, 500, 502, 503, 504])
@pytest.mark.parametrize("count", [2, 64, 1000])
@pytest.mark.parametrize("on_error", ["raise", "collect"])
def test_a_request_that_is_at_fault_costs_two_more_and_blames_nobody(count, status, on_error):
    provider = Provider(lambda _: bad(status))
    ended = called(texts(count), provider, on_error=on_error, retries=0)
    assert (ended.error.index, ended.error.status_code, ended.error.partial) == (None, status, None)
    assert provider.sizes == [min(count, 64), 1, 1]


def test_an_error_that_is_no_inputs_fault_ends_the_call_at_once():
    provider = Provider(lambda _: bad(401))
    ended = called(texts(64), provider, on_error="collect")
    assert isinstance(ended.error, AuthenticationError)
    assert len(provider.requests) == 1


def test_one_text_alone_is_not_searched():
    provider = Provider(lambda _: bad(400))
    ended = called(["text 0"], provider)
    assert (type(ended.error), ended.error.index, len(provider.requests)) == (InvalidRequestError, None, 1)


# --- replies that cannot be right ------------------------------------------------------------------------------------


def broken(word, change):
    """A reply that is wrong about one text."""

    def rule(sent):
        if not any(word in text for text in sent):
            return None
        vectors = [change(vector_of(text)) if word in text else vector_of(text) for text in sent]
        return good(*[vector for vector in vectors if vector != "left out"])

    return rule


WRONG = {
    "null": lambda _: None,
    "all zero": lambda vector: [0.0] * len(vector),
    "a wrong width": lambda vector: vector[:-1],
    "left out": lambda _: "left out",
    "empty": lambda _: [],
}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("on_error", ["raise", "collect"])
def test_a_reply_that_is_wrong_about_one_input_names_it(wrong, on_error):
    inputs, provider = texts(40), Provider(broken("00013", WRONG[wrong]))
    ended = called(inputs, provider, on_error=on_error)
    if on_error == "raise":
        assert (type(ended.error), ended.error.index) == (InvalidResponseError, 13)
    else:
        assert right(ended, inputs, without=[13])
        assert type(ended.result.errors[13]) is InvalidResponseError


def test_a_server_that_embeds_only_the_first_input_still_gives_all():
    """As some do: learnt once, and from then on each travels alone."""
    inputs, memory = texts(70), Memory()
    provider = Provider(lambda sent: answered(sent[:1]) if len(sent) > 1 else None)
    assert right(called(inputs, provider, memory=memory), inputs)
    before = len(provider.requests)
    assert right(called(inputs, provider, memory=memory), inputs)
    assert len(provider.requests) - before < 1.3 * len(inputs)


# --- sizes -----------------------------------------------------------------------------------------------------------


def takes(most, message="batch size {got} > maximum allowed batch size {most}", status=422):
    return lambda sent: (
        bad(status, message=message.format(got=len(sent), most=most)) if len(sent) > most else None
    )  # fmt: skip


def test_a_named_cap_is_learnt_from_one_request():
    memory, provider = Memory(), Provider(takes(24))
    inputs = texts(500)
    ended = called(inputs, provider, memory=memory, workers=8)
    assert right(ended, inputs)
    assert provider.sizes[0] == 64
    assert max(provider.sizes[1:]) == 24
    assert len(provider.sizes) <= 23
    assert ended.result.requests.sent == len(provider.requests)
    again = Provider(takes(24))
    assert right(called(inputs, again, memory=memory, workers=8), inputs)
    assert max(again.sizes) == 24
    later = Provider(takes(24))  # an hour later it may have changed
    assert right(called(inputs, later, memory=memory, now=3700.0), inputs)
    assert later.sizes[0] == 64


@pytest.mark.parametrize(
    "refuse",
    [takes(10, "Request entity too large", 413), lambda sent: LATE if len(sent) > 10 else None],
    ids=["413", "late"],
)
def test_what_names_no_cap_is_halved_until_it_fits_and_tried_again_later(refuse):
    memory, provider, inputs = Memory(), Provider(refuse), texts(1000)
    assert right(called(inputs, provider, memory=memory), inputs)
    assert provider.sizes[:5] == [64, 32, 16, 8, 8]
    refused = [size for size in provider.sizes if size > 10]
    assert 3 < len(refused) <= 6
    grown = Provider()  # it takes more now
    for _ in range(40):
        assert right(called(texts(1000), grown, memory=memory), texts(1000))
    assert max(grown.sizes) >= 64


def test_no_size_is_learnt_from_429_and_5xx():
    memory = Memory()
    answers = iter([bad(429), bad(503), bad(500)])
    provider = Provider(lambda _: next(answers, None))
    assert right(called(texts(64), provider, memory=memory, retries=3), texts(64))
    assert provider.sizes == [64] * 4


def test_a_server_that_never_answers_is_given_up():
    provider = Provider(lambda _: LATE)
    ended = called(texts(512), provider)
    assert isinstance(ended.error, ProviderTimeoutError)
    assert provider.sizes == [64, 32, 16, 8, 4]


def test_an_input_too_large_for_any_request_is_named():
    inputs = [*texts(10), "x" * 500]
    rule = lambda sent: bad(413, message="Request entity too large") if sum(map(len, sent)) > 400 else None  # noqa: E731
    ended = called(inputs, Provider(rule))
    assert (type(ended.error), ended.error.index) == (InvalidRequestError, 10)


@pytest.mark.parametrize("on_error", ["raise", "collect"])
@pytest.mark.parametrize("message", ["no", "Request entity too large"])
@pytest.mark.parametrize("inputs", [[*texts(10), "BIG", *texts(20)[10:]], ["BIG and longer than others", *texts(20)]])
def test_an_input_refused_by_itself_leaves_no_guess_at_the_size_of_requests(inputs, message, on_error):
    memory = Memory()
    ended = called(inputs, Provider(refuses("BIG", status=413, message=message)), memory=memory, on_error=on_error)
    named = [ended.error.index] if on_error == "raise" else [*ended.result.errors]
    assert named == [index for index, text in enumerate(inputs) if "BIG" in text]
    later = Provider()
    assert right(called(texts(64), later, memory=memory), texts(64))
    assert later.sizes == [64]


def test_but_leaves_what_was_named():
    memory, inputs = Memory(), [*texts(30), "BIG"]
    rule = lambda sent: takes(8)(sent) or refuses("BIG", status=413)(sent)  # noqa: E731
    assert called(inputs, Provider(rule), memory=memory).error.index == 30
    later = Provider(takes(8))
    assert right(called(texts(64), later, memory=memory), texts(64))
    assert later.sizes == [8] * 8


def test_where_nothing_is_known_requests_grow():
    provider, inputs = Provider(), texts(4000)
    assert right(called(inputs, provider), inputs)
    assert provider.sizes[:5] == [64, 128, 256, 512, 512]
    provider = Provider()
    assert right(called(inputs, provider, setting={"first": LOOPBACK}), inputs)
    assert provider.sizes[:6] == [32, 64, 128, 256, 512, 512]


FIRST = [
    # bytes of each text, tokens of each as counted (None: they are estimated), where one begins -> in a first request
    (3998, None, HOSTED, 4),
    (3998, None, LOOPBACK, 2),
    (300_000, 1, HOSTED, 3),
    (300_000, 1, LOOPBACK, 3),
]


@pytest.mark.parametrize(("length", "tokens", "first", "size"), FIRST)
def test_where_nothing_is_known_a_first_request_is_small_in_every_way(length, tokens, first, size):
    inputs, provider = [f"{number}".ljust(length) for number in range(9)], Provider()
    setting = {"first": first, "count": tokens and (lambda _: tokens)}
    assert called(inputs, provider, setting=setting).error is None
    assert provider.sizes[0] == size


PRECEDENCE = [
    # the row's, what is learnt, limits= on the client, batch_size= -> inputs of the first request
    (None, None, None, None, 64),
    (96, None, None, None, 96),
    (96, 24, None, None, 24),
    (96, 24, 30, None, 30),
    (96, 24, 30, 40, 40),
    (96, None, 500, None, 500),
    (96, None, None, 5, 5),
    (None, None, None, 300, 300),
]


@pytest.mark.parametrize(("row", "learnt", "client", "call", "first"), PRECEDENCE)
def test_explicit_beats_learnt_beats_row(row, learnt, client, call, first):
    memory, inputs = Memory(), texts(600)
    rows = {} if row is None else {"row": ROWS["together"]._replace(limits=Limits(items=row))}
    if learnt:
        assert right(called(inputs, Provider(takes(learnt)), memory=memory, **rows), inputs)
    provider = Provider()
    setting = {"explicit": Limits(items=client)} if client else {}
    assert right(called(inputs, provider, memory=memory, setting=setting, batch_size=call, **rows), inputs)
    assert provider.sizes[0] == first


def test_a_cap_on_tokens_says_nothing_of_inputs():
    memory, long, short = Memory(), [text.ljust(120) for text in texts(100)], [str(number) for number in range(5000)]
    words = "Requested {} tokens, max 5000 tokens per request"
    rule = lambda sent: bad(400, message=words.format(99 * len(sent))) if len(sent) > 50 else None  # noqa: E731
    assert right(called(long, Provider(rule), memory=memory), long)
    provider = Provider()
    assert right(called(short, provider, memory=memory), short)
    assert max(provider.sizes) == 512


def test_what_the_caller_says_gives_way_to_what_is_refused():
    provider, inputs = Provider(takes(24)), texts(200)
    assert right(called(inputs, provider, batch_size=100), inputs)
    assert provider.sizes[0] == 100
    assert max(provider.sizes[1:]) == 24


SPLIT = {
    "a batch size": ({"batch_size": 2}, lambda _: None, []),
    "a cap that is learnt": ({}, lambda sent: bad(413) if len(sent) > 1 else None, [4]),
    "a bad input": ({"on_error": "collect"}, refuses("00002"), [4]),
    "one that is refused here": ({"on_error": "collect"}, lambda _: None, []),
}


@pytest.mark.parametrize("name", SPLIT)
def test_values_for_each_input_never_stand_beside_other_inputs(name):
    options, rule, sizes = SPLIT[name]
    inputs, provider = texts(4), Provider(rule)
    row = ROWS["together"]._replace(refuses_texts="empty")
    inputs[3] = "" if "here" in name else inputs[3]
    ended = called(inputs, provider, row=row, extra={"titles": list("1234")}, **options)
    assert isinstance(ended.error, InvalidRequestError)
    assert ("titles holds as many values as there are inputs" in str(ended.error)) == ("bad" not in name)
    assert (provider.sizes, ended.error.index) == (sizes, None)


# --- equal inputs ----------------------------------------------------------------------------------------------------


def test_equal_inputs_are_sent_once():
    inputs, provider = ["a", "b", "a", "c", "b", "a"], Provider()
    ended = called(inputs, provider)
    assert right(ended, inputs)
    assert provider.requests == [["a", "b", "c"]]
    assert ended.result.requests.deduplicated == 3


@pytest.mark.parametrize("options", [{"dedupe": False}, {"extra": {"titles": list("123")}}])
def test_or_not_where_they_may_differ(options):
    provider = Provider()
    assert right(called(["a", "b", "a"], provider, **options), ["a", "b", "a"])
    assert provider.requests == [["a", "b", "a"]]


def test_all_equal_bad_inputs_have_an_error():
    inputs = ["a", "bad", "a", "bad"]
    ended = called(inputs, Provider(refuses("bad")), on_error="collect")
    assert right(ended, inputs, without=[1, 3])
    assert [(i, error.index) for i, error in ended.result.errors.items()] == [(1, 1), (3, 3)]


# --- before a host is known ------------------------------------------------------------------------------------------


def test_the_first_request_to_a_host_goes_alone():
    inputs, seen = texts(640), []

    def rule(sent):
        seen.append(len(sent))
        return bad(400, message="Unknown field: encoding_format") if len(seen) == 1 else None

    assert right(called(inputs, Provider(rule), workers=8, row=ROWS["together"]._replace(base64=True)), inputs)
    assert seen[:2] == [64, 64]  # asked again alone


def test_usage_is_what_was_billed():
    inputs, answers = texts(64), iter([None, reply(b'{"data": [')])
    provider = Provider(lambda _: next(answers, None))
    ended = called(inputs, provider, batch_size=32)
    assert right(ended, inputs)
    assert ended.result.requests._asdict() == {
        "sent": 3, "retried": 1, "halved": 0, "deduplicated": 0, "possibly_billed_twice": 1, "cached": 0,
    }  # fmt: skip
    assert ended.result.usage.prompt_tokens == 3 * 64


# --- tokens ----------------------------------------------------------------------------------------------------------


def per_request(most, *, per_text=5):
    """A provider that counts its own tokens, and takes so many a request."""

    def rule(sent):
        counted = per_text * len(sent)
        if counted > most:
            return bad(400, message=f"Requested {counted} tokens, max {most} tokens per request")
        return good(*map(vector_of, sent), usage={"prompt_tokens": counted, "total_tokens": counted})

    return rule


def test_estimates_are_corrected_by_what_is_counted():
    """Ten bytes are estimated as 6 tokens, and the provider counts 2: after some replies requests hold more."""
    row = ROWS["together"]._replace(limits=Limits(tokens=600))
    memory, inputs = Memory(), texts(4000)
    provider = Provider(per_request(600, per_text=2))
    assert right(called(inputs, provider, memory=memory, row=row), inputs)
    assert provider.sizes[0] == 100
    assert provider.sizes[-2] > 150
    assert all(2 * size <= 600 for size in provider.sizes)


def test_a_refusal_that_says_how_many_it_counted_corrects_them_too():
    memory, inputs = Memory(), texts(2000)
    provider = Provider(per_request(1000, per_text=20))
    row = ROWS["together"]._replace(limits=Limits(items=500, tokens=1000))
    ended = called(inputs, provider, memory=memory, row=row)
    assert right(ended, inputs)
    refused = [size for size in provider.sizes if 20 * size > 1000]
    assert len(refused) <= 3


def test_with_a_tokenizer_they_are_exact():
    row = ROWS["together"]._replace(limits=Limits(tokens=30))
    provider = Provider()
    inputs = ["one two three", "four", "five six", "seven eight nine ten"] * 3
    setting = {"count": lambda text: 5 * len(text.split())}
    assert right(called(inputs, provider, row=row, setting=setting, dedupe=False), inputs)
    assert all(5 * sum(len(text.split()) for text in sent) <= 30 for sent in provider.requests)
    assert provider.sizes[0] == 3


def test_nothing_is_counted_where_no_limit_on_tokens_is_in_force():
    counted = []
    setting = {"count": counted.append}
    row = ROWS["together"]._replace(limits=Limits(items=10))
    assert right(called(texts(30), Provider(), row=row, setting=setting), texts(30))
    assert counted == []


# --- what an error carries -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "kind"),
    [(bad(429), RateLimitError), (bad(402), InsufficientFundsError), (bad(401), AuthenticationError)],
    ids=["429", "402", "401"],
)
@pytest.mark.parametrize("on_error", ["raise", "collect"])
def test_whatever_ends_a_call_carries_what_was_paid_for(answer, kind, on_error):
    inputs = texts(100)
    provider = Provider(lambda sent: answer if inputs[70] in sent else None)
    ended = called(inputs, provider, batch_size=20, retries=1, on_error=on_error)
    assert type(ended.error) is kind
    partial = ended.error.partial
    assert [item.embedding for item in partial.data] == [
        vector_of(text) if text in provider.billed else None for text in inputs
    ]
    assert partial.requests.sent == len(provider.requests)
    assert (partial.errors, partial.missing) == ({}, frozenset(range(60, 100)))
    with pytest.raises(ValueError, match="no vector for inputs 60, 61"):
        partial.to_numpy()
    assert partial.to_numpy(missing="nan").shape == (100, 3)


def test_a_call_of_one_text_carries_nothing():
    ended = called(["a"], Provider(lambda _: bad(401)))
    assert ended.error.partial is None
