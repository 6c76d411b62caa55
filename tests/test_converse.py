"""What does one batch's conversation do, whatever the server answers? A line is a story; we play the server."""

from __future__ import annotations

import json
from email.utils import formatdate
from itertools import permutations

import msgspec
import pytest

from any_llm.exceptions import (
    AnyLLMError,
    AuthenticationError,
    ContextLengthExceededError,
    InsufficientFundsError,
    InvalidRequestError,
    InvalidResponseError,
    ModelNotFoundError,
    ProviderConnectionError,
    ProviderError,
    ProviderTimeoutError,
    RateLimitError,
)
from any_llm.flow.attempt import OutgrownError
from any_llm.flow.caps import Cap
from any_llm.flow.converse import converse
from any_llm.flow.memory import Memory
from any_llm.flow.overflow import Long
from any_llm.flow.setting import Answer, Problem
from any_llm.providers.row import Limits
from any_llm.types.requests import Requests
from any_llm.wire import Admit, Outcome, Sleep, TransportError
from by_hand import (
    KEY,
    MONOTONIC,
    PLACE,
    TEXTS,
    VECTORS,
    WALL,
    a_batch,
    a_call,
    a_setting,
    bad,
    good,
    play,
    reply,
    vectors_of,
)

RESET = TransportError("ConnectionResetError: reset by peer")
LATE = TransportError("no answer in time", timed_out=True)
UNTRUSTED = TransportError("certificate verify failed", retryable=False)
BROKEN = reply(b'{"data": [')
TOO_LARGE = bad(500, message="input (3000 tokens) is too large to process. increase the physical batch size")
LIMIT = bad(429, code="rate_limit_exceeded")

STORIES = [
    ("plain", [good()], "go send", None),
    ("once more after a 500", [bad(500), good()], "go send sleep 0.25 go send", None),
    ("longer each time", [bad(500), bad(503), good()], "go send sleep 0.25 go send sleep 0.5 go send", None),
    ("until patience ends", [bad(500)] * 3, "go send sleep 0.25 go send sleep 0.5 go send", ProviderError),
    ("429 without a word", [LIMIT, good()], "go send sleep 0.25 go send", None),
    ("Retry-After", [bad(429, retry_after="2"), good()], "go send sleep 2.25 go send", None),
    ("retry-after-ms", [bad(429, retry_after_ms="1500", retry_after="9"), good()], "go send sleep 1.75 go send", None),
    ("a date", [bad(503, retry_after=formatdate(WALL + 3, usegmt=True)), good()], "go send sleep 3.25 go send", None),
    ("a past date", [bad(503, retry_after=formatdate(0, usegmt=True)), good()], "go send sleep 0.25 go send", None),
    ("no number", [bad(503, retry_after="soon"), good()], "go send sleep 0.25 go send", None),
    ("a minute", [bad(429, retry_after="60"), good()], "go send sleep 60.25 go send", None),
    ("more than a minute", [bad(429, retry_after="61")], "go send", RateLimitError),
    ("an empty account", [bad(429, code="insufficient_quota")], "go send", InsufficientFundsError),
    ("402", [bad(402)], "go send", InsufficientFundsError),
    ("400", [bad(400)], "go send", InvalidRequestError),
    ("401, the key is a string", [bad(401)], "go send", AuthenticationError),
    ("403", [bad(403)], "go send", AuthenticationError),
    ("404", [bad(404)], "go send", ModelNotFoundError),
    ("422", [bad(422)], "go send", InvalidRequestError),
    ("501", [bad(501)], "go send", ProviderError),
    ("299", [msgspec.structs.replace(good(), status=299)], "go send", None),
    ("300", [msgspec.structs.replace(good(), status=300)], "go send", ProviderError),
    ("199", [msgspec.structs.replace(good(), status=199)], "go send", ProviderError),
    ("302", [reply(b"", 302, location="https://elsewhere.test/")], "go send", ProviderError),
    ("broken, then right", [BROKEN, good()], "go send go send", None),
    ("broken twice", [BROKEN, BROKEN], "go send go send", InvalidResponseError),
    ("500, broken, 500", [bad(500), BROKEN, bad(500), good()],
     "go send sleep 0.25 go send go send sleep 0.5 go send", None),
    ("a second look once only", [BROKEN, bad(500), BROKEN], "go send go send sleep 0.25 go send", InvalidResponseError),
    ("reset", [RESET, good()], "go send sleep 0.25 go send", None),
    ("reset each time", [RESET] * 3, "go send sleep 0.25 go send sleep 0.5 go send", ProviderConnectionError),
    ("late: not so many again", [LATE], "go send", ProviderTimeoutError),
    ("500, late", [bad(500), LATE], "go send sleep 0.25 go send", ProviderTimeoutError),
    ("nobody vouches for it", [UNTRUSTED], "go send", ProviderConnectionError),
    ("base64 refused", [bad(400, message="Unknown field: encoding_format"), good()], "go send go send", None),
    ("base64 refused twice", [bad(422, message="base64 is not supported")] * 2, "go send go send", InvalidRequestError),
    ("nothing about base64", [bad(400, message="Unknown field: input")], "go send", InvalidRequestError),
    *((f"{status} passes", [bad(status), good()], "go send sleep 0.25 go send", None)
      for status in (408, 409, 425, 429, 500, 502, 503, 504, 529)),
]  # fmt: skip


@pytest.mark.parametrize(("replies", "trace", "raised"), [pytest.param(*story[1:], id=story[0]) for story in STORIES])
def test_stories(replies: list, trace: str, raised: type[AnyLLMError] | None):
    setting = a_setting(a_call())
    played = play(setting, replies)
    assert played.trace == trace
    assert type(played.error) is (raised or type(None))
    if raised is None:
        assert vectors_of(setting) == list(VECTORS)
        assert played.answer is not None
        assert msgspec.structs.replace(played.answer, at=0.0) == Answer(9, 9, "text-embedding-3-small", "req-1")


def test_one_input_that_is_not_answered_in_time_is_sent_again():
    played = play(a_setting(a_call()), [LATE] * 3, batch=a_batch(TEXTS[:1]))
    assert (played.trace, type(played.error)) == (
        "go send sleep 0.25 go send sleep 0.5 go send",
        ProviderTimeoutError,
    )


NO_RETRIES = [
    ("a 500", [bad(500)], "go send", ProviderError),
    ("a reset", [RESET], "go send", ProviderConnectionError),
    ("broken is looked at once more all the same", [BROKEN, good()], "go send go send", None),
    ("and once only", [BROKEN, BROKEN], "go send go send", InvalidResponseError),
    ("base64 refused", [bad(400, message="encoding_format?"), good()], "go send go send", None),
]


@pytest.mark.parametrize(("replies", "trace", "raised"), [pytest.param(*s[1:], id=s[0]) for s in NO_RETRIES])
def test_with_max_retries_0(replies: list, trace: str, raised: type[AnyLLMError] | None):
    played = play(a_setting(a_call(), retries=0), replies)
    assert (played.trace, type(played.error)) == (trace, raised or type(None))


def test_a_broken_reply_leaves_nothing_behind():
    setting = a_setting(a_call())
    played = play(setting, [good([7.0], [0.0]), good()])
    assert (played.error, vectors_of(setting)) == (None, list(VECTORS))


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_vectors_stand_where_their_index_says(order: tuple[int, ...]):
    setting = a_setting(a_call(), count=3)
    data = [{"index": index, "embedding": [index + 1.0]} for index in order]
    played = play(setting, [reply({"data": data})], batch=a_batch(["a", "b", "c"]))
    assert (played.error, vectors_of(setting)) == (None, [[1.0], [2.0], [3.0]])


KEYS = [
    ("good", [good()], "go key send", None, ["k1"]),
    ("rotated", [bad(401), good()], "go key send go key send", None, ["k1", "k2"]),
    ("refused", [bad(401), bad(401)], "go key send go key send", AuthenticationError, ["k1", "k2"]),
    ("forbidden", [bad(403)], "go key send", AuthenticationError, ["k1"]),
    ("asked for each try", [bad(500), good()], "go key send sleep 0.25 go key send", None, ["k1", "k2"]),
    ("once only", [bad(401), bad(500), bad(401)], "go key send go key send sleep 0.25 go key send",
     AuthenticationError, ["k1", "k2", "k3"]),
]  # fmt: skip


@pytest.mark.parametrize(("replies", "trace", "raised", "keys"), [pytest.param(*s[1:], id=s[0]) for s in KEYS])
def test_a_callable_key(replies: list, trace: str, raised: type[AnyLLMError] | None, keys: list[str]):
    given = iter(["k1", "k2", "k3"])
    played = play(a_setting(a_call(key=lambda: next(given))), replies)
    assert (played.trace, type(played.error)) == (trace, raised or type(None))
    assert [send.headers["Authorization"] for send in played.sent] == [f"Bearer {key}" for key in keys]


def test_a_static_key_and_the_calls_headers_are_sent():
    call = a_call(headers={"Authorization": "Bearer " + KEY, "X-A": "b"}, query={"q": "a b"})
    (send,) = play(a_setting(call), [good()]).sent
    assert (send.url, dict(send.headers)) == (f"{PLACE[0]}/embeddings?q=a%20b", dict(call.headers))


def formats(played) -> list[str | None]:
    return [json.loads(send.body).get("encoding_format") for send in played.sent]


def test_a_refused_encoding_is_remembered_for_that_place():
    memory, refusal = Memory(), bad(400, message="encoding_format is not supported")
    first = play(a_setting(a_call(), memory=memory), [refusal, good()])
    again = play(a_setting(a_call(), memory=memory), [good()])
    elsewhere = play(a_setting(a_call(), memory=memory, place=("https://b.test", "m", 7)), [good()])
    assert [formats(played) for played in (first, again, elsewhere)] == [["base64", None], [None], ["base64"]]


@pytest.mark.parametrize("asked", ["base64", "float"])
def test_an_encoding_the_caller_asked_for_is_not_dropped(asked: str):
    memory = Memory()
    refusal = bad(400, message="encoding_format is not supported")
    call = a_call(encoding_format=asked)
    played = play(a_setting(call, memory=memory), [refusal])
    assert (played.trace, type(played.error), formats(played)) == ("go send", InvalidRequestError, [asked])
    memory.learn(PLACE, MONOTONIC, base64=False)
    assert formats(play(a_setting(call, memory=memory), [good()])) == [asked]


@pytest.mark.parametrize(
    ("provider", "formatted"), [("openai", "base64"), ("vllm", "base64"), ("mistral", "base64"), ("together", None)]
)
def test_base64_is_asked_for_where_it_is_understood(provider: str, formatted: str | None):
    assert formats(play(a_setting(a_call(provider, "m")), [good()])) == [formatted]


def test_one_that_must_pause_holds_all():
    memory = Memory()
    flow = converse(a_setting(a_call(), memory=memory), a_batch())
    assert next(flow).ask(MONOTONIC) == 0
    for value in (None, bad(429, retry_after="2")):
        flow.send(Outcome(value, (MONOTONIC, WALL)))
    waits = converse(a_setting(a_call(), memory=memory), a_batch())
    other = next(waits)
    stranger = next(converse(a_setting(a_call(), memory=memory, place=("https://b.test", "m", 7)), a_batch()))
    assert isinstance(other, Admit)
    assert isinstance(stranger, Admit)
    assert [other.ask(MONOTONIC + passed) for passed in (0, 0.5)] == [2, 1.5]
    assert stranger.ask(MONOTONIC) == 0
    waits.close()
    assert play(a_setting(a_call(), memory=memory), [good()]).trace == "held 2 go send"


DEADLINE = TransportError("the deadline has passed", timed_out=True, retryable=False)
ABORTED = TransportError("the call was ended", retryable=False)


@pytest.mark.parametrize(
    ("ends", "error", "raised"),
    [
        ("sleep", DEADLINE, ProviderTimeoutError),
        ("go", DEADLINE, ProviderTimeoutError),
        ("key", DEADLINE, ProviderTimeoutError),
        ("sleep", ABORTED, ProviderConnectionError),
    ],
)
def test_a_wait_that_is_ended_ends_all(ends: str, error: TransportError, raised: type[AnyLLMError]):
    played = play(a_setting(a_call(key=lambda: "k")), [bad(500)] if ends == "sleep" else [], ends=(ends, error))
    assert type(played.error) is raised
    assert played.error.original_exception is error
    assert str(error) in str(played.error)


@pytest.mark.parametrize("waiting", [1, 2], ids=["for its turn", "for the pause to end"])
def test_a_wait_that_is_ended_says_what_was_wrong_before(waiting: int):
    flow = converse(a_setting(a_call()), a_batch())
    next(flow)
    for value in (None, bad(500), None)[: 4 - waiting]:
        command = flow.send(Outcome(value, (MONOTONIC, WALL)))
    assert isinstance(command, [Admit, Sleep][waiting - 1])
    with pytest.raises(ProviderTimeoutError) as raised:
        flow.throw(DEADLINE)
    assert (type(raised.value.__cause__), raised.value.__cause__.status_code) == (ProviderError, 500)


def test_a_conversation_closed_halfway_says_nothing():
    flow = converse(a_setting(a_call()), a_batch())
    next(flow)
    flow.send(Outcome(None, (MONOTONIC, WALL)))
    flow.close()
    with pytest.raises(StopIteration):
        next(flow)


def test_the_error_says_what_the_provider_said():
    error = play(a_setting(a_call()), [bad(429, "rate_limit_exceeded", "Slow down.", retry_after="61")]).error
    assert isinstance(error, RateLimitError)
    assert str(error) == "[openai] text-embedding-3-small: Slow down."
    assert (error.status_code, error.code, error.param, error.error_type, error.retry_after) == (
        *(429, "rate_limit_exceeded", "some_param", "some_type", "61"),
    )


def lost(*, sent: int = 1, **how: bool) -> TransportError:
    error = TransportError("no answer", **how)
    error.sent = sent
    return error


LONG = "This model's maximum context length is 16 tokens, however you requested 18 tokens"
HALF = Cap(limits=Limits(items=1), named=False)
PROBLEMS = [
    # what comes of two inputs, at the first try -> worth another, counted or free; perhaps billed; what is too much
    ("late", lost(timed_out=True), (False, None, True, HALF)),
    ("late, and over", lost(timed_out=True, retryable=False), (False, None, True, None)),
    ("late, and never sent", lost(timed_out=True, sent=0), (True, None, False, None)),
    ("reset", lost(), (True, None, True, None)),
    ("never sent", lost(sent=0), (True, None, False, None)),
    ("cut off", lost(begun=True), (True, "look", True, None)),
    ("unreadable", lost(begun=True, retryable=False), (False, "look", True, None)),
    ("500", bad(500), (True, None, False, None)),
    ("too large", bad(413), (False, None, False, Cap(limits=Limits(bytes=sum(map(len, TEXTS)) // 2), named=False))),
    ("broken", BROKEN, (False, "look", True, None)),
    ("an empty account", bad(429, code="insufficient_quota"), (False, None, False, None)),
]


@pytest.mark.parametrize(("came", "worth"), [pytest.param(*story[1:], id=story[0]) for story in PROBLEMS])
def test_what_a_problem_says(came: object, worth: tuple[object, ...]):
    found = problem_of(a_setting(a_call(), retries=0), came)
    assert (found.again, found.free, found.twice, found.large, found.at) == (*worth, MONOTONIC)


def problem_of(setting, came, batch=None) -> Problem:
    """What the last of the tries says that end in this way."""
    kept: list[Problem] = []

    def flow():
        kept.append((yield from converse(setting, batch or a_batch())))

    looks = 1 + (came is BROKEN or getattr(came, "begun", False))
    play(setting, [came] * looks, flow=flow())
    return kept[0]


def test_a_problem_says_how_long_an_input_was_and_may_be():
    found = problem_of(a_setting(a_call(), retries=0), bad(400, message=LONG), a_batch(TEXTS[:1]))
    assert (found.long, found.large) == (Long(16, 18), None)


COUNTS = [
    # texts, tokens the reply counts -> measured, total
    (TEXTS, (9, 12), (9, 12)),
    (TEXTS, (9, 5), (9, 9)),
    (TEXTS, (9, None), (9, 9)),
    (TEXTS, (0, 0), (None, None)),  # of a text that is not blank, 0 is no count
    (["a", " "], (0, 0), (None, None)),
    (["", " "], (0, 0), (0, 0)),
]


@pytest.mark.parametrize(("texts", "counted", "told"), COUNTS)
def test_what_a_reply_counts_is_believed_where_it_can_be(texts, counted, told):
    usage = dict(zip(("prompt_tokens", "total_tokens"), counted, strict=True))
    answer = play(a_setting(a_call()), [good(usage=usage)], batch=a_batch(texts)).answer
    assert (answer.measured, answer.total_tokens) == told


def test_milliseconds_are_told_as_the_seconds_to_wait():
    error = play(a_setting(a_call()), [bad(429, retry_after_ms="61000")]).error
    assert (type(error), error.retry_after) == (RateLimitError, "61")


NOT_OURS = [
    # a call, what is known of the place, if anything is -> base64 was not our idea
    (a_call("together", "m"), None),
    (a_call("together", "m"), True),
    (a_call(extra={"encoding_format": "base64"}), None),
    (a_call(), False),
]


@pytest.mark.parametrize(("call", "base64"), NOT_OURS)
def test_where_base64_was_not_our_idea_it_is_not_asked_without(call, base64):
    memory = Memory()
    if base64 is not None:
        memory.learn(PLACE, MONOTONIC, base64=base64)
    refusal = bad(400, message="encoding_format: base64 is not supported")
    assert play(a_setting(call, memory=memory), [refusal]).trace == "go send"


def test_a_server_that_fails_is_not_asked_without_base64():
    assert play(a_setting(a_call(), retries=0), [bad(500, message="base64 broke")]).trace == "go send"


@pytest.mark.parametrize(("given", "halved"), [({}, 0), ({"halved": False}, 0), ({"halved": True}, 1)])
def test_what_was_sent_before_with_others_is_counted_as_halved(given: dict[str, bool], halved: int):
    setting = a_setting(a_call())
    play(setting, [good()], flow=converse(setting, a_batch(), **given))
    assert setting.tally.requests() == Requests(sent=1, halved=halved)


def test_where_nothing_is_tried_again_no_retry_is_spent():
    memory = Memory()
    for _ in range(200):
        error = play(a_setting(a_call(), memory=memory, retries=0), [bad(500)]).error
        assert not hasattr(error, "__notes__")
    assert play(a_setting(a_call(), memory=memory), [bad(500), good()]).error is None


def test_an_input_that_is_too_long_stays_so():
    played = play(a_setting(a_call(), count=4), [TOO_LARGE], batch=a_batch(TEXTS[:1], first=3))
    assert (played.trace, type(played.error), played.error.index) == ("go send", ContextLengthExceededError, 3)


@pytest.mark.parametrize("refused", [bad(404, retry_after="2"), bad(429, code="insufficient_quota", retry_after="2")])
def test_a_refusal_for_good_holds_nobody(refused):
    memory = Memory()
    assert play(a_setting(a_call(), memory=memory), [refused]).trace == "go send"
    assert play(a_setting(a_call(), memory=memory), [good()]).trace == "go send"


def at(end: int) -> dict[str, object]:
    """A refusal whose word of error ends at this byte."""
    return {"a": "b" * (end - len('{"a":"","error"')), "error": {"message": "no room"}}


DISGUISED = [
    # what comes as a 200 -> whether the provider's words are said too
    ("an error", {"error": {"message": "no room"}}, True),
    ("as late as may be", msgspec.json.encode(at(1024)), True),
    ("too late", msgspec.json.encode(at(1025)), False),
    ("not called one", {"detail": "no room"}, False),
    ("none", {"error": None}, False),
]


@pytest.mark.parametrize(("body", "says"), [pytest.param(*story[1:], id=story[0]) for story in DISGUISED])
def test_an_error_in_disguise_is_quoted(body, says):
    error = play(a_setting(a_call()), [reply(body)] * 2).error
    assert (type(error), error.status_code) == (InvalidResponseError, 200)
    assert ("; it says: no room" in str(error)) is says


SALVAGED = [
    # texts, their vectors -> the input at fault, and whether what stands beside it may be of use
    ("ab", ([1.0, 2.0], [0.0, 0.0]), 1, True),
    ("abc", ([1.0, 2.0], [0.0, 0.0], [1.0, 2.0]), 1, True),
    ("a", ([0.0, 0.0],), 0, False),
    ("ab", ([1.0, 2.0],), None, False),
]


@pytest.mark.parametrize(("texts", "vectors", "index", "kept"), SALVAGED)
def test_what_is_right_beside_a_wrong_vector_is_kept(texts, vectors, index, kept):
    setting = a_setting(a_call(), retries=0, count=len(texts))
    looks: list[Problem] = []

    def flow():
        looks.append((yield from converse(setting, a_batch(texts))))

    play(setting, [good(*vectors)] * 2, flow=flow())
    assert (looks[0].error.index, looks[0].salvage is not None) == (index, kept)


def test_a_batch_that_is_too_large_by_now_is_not_sent():
    with pytest.raises(OutgrownError):
        play(a_setting(a_call()), [], flow=converse(a_setting(a_call()), a_batch(), outgrown=lambda: True))


def test_only_a_batch_that_was_never_sent_may_be_too_large_by_now():
    asked = iter([False])
    setting = a_setting(a_call())
    flow = converse(setting, a_batch(), outgrown=lambda: next(asked))
    assert play(setting, [bad(500), good()], flow=flow).trace == "go send sleep 0.25 go send"
