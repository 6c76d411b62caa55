"""Do many calls to one place, each with many requests, get on with its limits and with each other, whatever it says?

In virtual time: conversations, pace and turns are the real ones; servers, network, drivers and clock are played.
"""

from __future__ import annotations

import json
import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from any_llm.exceptions import ProviderError, RateLimitError
from any_llm.flow.converse import converse
from any_llm.flow.job import Job
from any_llm.flow.memory import Memory
from any_llm.flow.pace import Terms
from any_llm.wire import Batch, Outcome, TransportError
from by_hand import MONOTONIC, PLACE, PROPERTY, WALL, a_call, a_setting, bad, good, reply
from virtual_time import World

TEXT = "Of forty bytes, which are some 20 tokens"
GO = Outcome(None, (MONOTONIC, WALL))


class Town:
    """A world with one server, and calls to it."""

    def __init__(self, server, *, seed=0, **terms):
        self.memory, self.terms, self.world = Memory(), Terms(**terms), World(server)
        self.chance = random.Random(seed).random  # noqa: S311

    def setting(self, count, *, row=None):
        setting = a_setting(a_call("together", "m", batch_size=1, dedupe=False), memory=self.memory, count=count)
        patient = msgspec.structs.replace(setting.retry, attempts=None)
        return msgspec.structs.replace(setting, retry=patient, terms=self.terms, chance=self.chance)

    def call(self, name, count, *, at=0.0, workers=8):
        """A call of so many requests."""
        job = Job(self.setting(count), [TEXT] * count)
        self.world.call(name, job.next_conversation, at=at, workers=min(workers, count))

    def batches(self, name, sizes, *, at=0.0, workers=8):
        """A call of requests with so many inputs and tokens each."""
        setting = self.setting(sum(items for items, _ in sizes))
        firsts = [sum(items for items, _ in sizes[:place]) for place in range(len(sizes))]
        flows = (
            converse(setting, Batch([TEXT] * items, range(first, first + items), max(tokens, 8 * items)))
            for first, (items, tokens) in zip(firsts, sizes, strict=True)
        )
        self.world.call(name, lambda: next(flows, None), at=at, workers=min(workers, len(sizes)))

    def run(self, **options):
        self.world.run(**options)
        return self

    def left_behind(self):
        """What still holds or wants a place, and who never came to an end."""
        return self.memory.pace(PLACE, MONOTONIC).lanes, self.world.stuck()


def inputs_of(sent):
    return len(json.loads(sent.send.body)["input"])


def answered(sent, **headers):
    count = inputs_of(sent)
    usage = {"prompt_tokens": 8 * count, "total_tokens": 8 * count}
    return reply(good(*[[1.0, 2.0]] * count, usage=usage).body, **headers)


def in_flight(world, at):
    return sum(sent.at <= at < sent.ended for sent in world.sent)


# --- rates that were given -------------------------------------------------------------------------------------------

calls = st.lists(
    st.tuples(st.floats(0, 90), st.lists(st.tuples(st.integers(1, 12), st.integers(1, 120)), min_size=1, max_size=8)),
    min_size=1,
    max_size=6,
)


@pytest.mark.parametrize("count_inputs", [False, True], ids=["requests", "inputs"])
@given(
    calls=calls, rpm=st.none() | st.integers(2, 12), tpm=st.none() | st.integers(30, 200), at_once=st.integers(1, 4),
    seed=st.integers(0, 9),
)  # fmt: skip
@settings(PROPERTY, max_examples=150)
def test_no_minute_holds_more_than_was_said(count_inputs, calls, rpm, tpm, at_once, seed):  # noqa: PLR0917
    latency = random.Random(seed)  # noqa: S311
    town = Town(lambda _, sent: (latency.uniform(0, 5), answered(sent)),
                rpm=rpm, tpm=tpm, at_once=at_once, count_inputs=count_inputs)  # fmt: skip
    for number, (at, sizes) in enumerate(calls):
        town.batches(str(number), sizes, at=at)
    world = town.run().world
    assert (town.left_behind(), world.errors) == (({}, []), [])
    assert len(world.sent) == sum(len(sizes) for _, sizes in calls)
    assert max(in_flight(world, sent.at) for sent in world.sent) <= at_once
    for first in world.sent:
        minute = [sent for sent in world.sent if first.at <= sent.at <= first.at + 60]
        units = sum(inputs_of(sent) if count_inputs else 1 for sent in minute)
        tokens = sum(8 * inputs_of(sent) for sent in minute)
        assert rpm is None or units <= rpm or len(minute) == 1
        assert tpm is None or tokens <= tpm or len(minute) == 1


@given(calls=calls, rpm=st.none() | st.integers(2, 12), at_once=st.integers(1, 4), seed=st.integers(0, 9))
@settings(PROPERTY, max_examples=150)
def test_nobody_waits_when_there_is_room(calls, rpm, at_once, seed):
    latency = random.Random(seed)  # noqa: S311
    town = Town(lambda _, sent: (latency.uniform(0, 5), answered(sent)), rpm=rpm, at_once=at_once)
    for number, (at, sizes) in enumerate(calls):
        town.batches(str(number), sizes, at=at)
    for sent in town.run().world.sent:
        if sent.at > sent.asked:  # it waited: just before it went, all places were taken or the minute was full
            before = sent.at - 1e-6
            minute = sum(before - 60.2 <= other.at <= before for other in town.world.sent)
            assert in_flight(town.world, before) == at_once or (rpm is not None and minute >= rpm)


def test_given_rates_use_the_whole_minute():
    town = Town(lambda _, sent: (0.1, answered(sent)), rpm=100)
    town.call("bulk", 350)
    town.run()
    assert 180 <= town.world.now < 182


@pytest.mark.parametrize(("estimate", "seconds"), [(8, 122), (16, 122), (80, 185)])
def test_a_rate_is_kept_by_what_the_provider_counted_not_by_what_was_thought(estimate, seconds):
    town = Town(lambda _, sent: (0.1, answered(sent)), tpm=800)  # each request is counted as 8: 100 a minute
    town.batches("bulk", [(1, estimate)] * 250)
    town.run()
    assert 120 <= town.world.now < seconds


# --- who goes first --------------------------------------------------------------------------------------------------


def silent(left, limit, back):
    return {}


def limited(limit, window, headers=silent):
    """A server that takes so many requests a window of its own clock, and says what `headers` give."""
    taken: dict[int, int] = {}

    def server(now, sent):
        this = int((WALL + now) // window)
        left, back = limit - taken.get(this, 0), window - (WALL + now) % window
        if left <= 0:
            return 0.05, bad(429, **headers(0, limit, back))
        taken[this] = taken.get(this, 0) + 1
        return 0.2, answered(sent, **headers(left - 1, limit, back))

    return server


def bucket(rate, most, headers=silent):
    """A server whose limit is refilled all the time, as OpenAI's."""
    left, at = float(most), 0.0

    def server(now, sent):
        nonlocal left, at
        left, at = min(float(most), left + (now - at) * rate), now
        if left < 1:
            return 0.05, bad(429, **headers(0, most, (most - left) / rate))
        left -= 1
        return 0.2, answered(sent, **headers(int(left), most, (most - left) / rate))

    return server


def openai(left, limit, back):
    return {
        "x_ratelimit_limit_requests": str(limit), "x_ratelimit_remaining_requests": str(left),
        "x_ratelimit_reset_requests": f"{back:.3f}s",
    }  # fmt: skip


def together(left, limit, back):
    return {"x_ratelimit_limit": str(limit), "x_ratelimit_remaining": str(left), "x_ratelimit_reset": "1"}


def mistral(left, limit, back):
    return {"x_ratelimit_limit_req_minute": str(limit), "x_ratelimit_remaining_req_minute": str(left)}


def jina(left, limit, back):
    return {"x_ratelimit_remaining_requests": str(left)}


def retry_after(left, limit, back):
    return {} if left else {"retry_after": f"{back:.0f}"}


def slow(now, sent):
    return 1.0 + len(sent.name) % 3 / 10, answered(sent)


OVERTAKING = [
    # a server that has seen nobody, terms ->
    # the one text asked for at 30.1 s, in the middle of a long call, has gone after so many seconds
    ("places are scarce", lambda: slow, {"at_once": 4}, 1.1),
    ("one place", lambda: slow, {"at_once": 1}, 1.1),
    ("a given rate", lambda: slow, {"rpm": 60}, 31),  # the long call was first, and took the whole minute
    ("a told limit, refilled", lambda: bucket(1, 60, openai), {}, 5),
    ("a told limit, by the minute", lambda: limited(60, 60, openai), {}, 5),
    ("a found limit", lambda: bucket(1, 5), {}, 15),
]


@pytest.mark.parametrize(("server", "terms", "soon"), [pytest.param(*line[1:], id=line[0]) for line in OVERTAKING])
def test_one_text_overtakes_a_hundred_thousand(server, terms, soon):
    town = Town(server(), **terms)
    town.call("bulk", 2000)
    town.call("one", 1, at=30.1)
    town.run(until=100)
    (one,) = [sent.at for sent in town.world.sent if sent.name == "one"]
    assert [sent for sent in town.world.sent if 30.1 <= sent.at < one] == []
    assert one < 30.1 + soon


def test_a_long_call_is_not_starved_by_short_ones():
    town = Town(lambda _, sent: (1.0, answered(sent)), at_once=4)
    town.call("bulk", 100)
    for number in range(600):  # five a second, where four can be answered
        town.call("one", 1, at=number / 5)
    town.run(until=120)
    assert sum(sent.name == "bulk" for sent in town.world.sent) > 40  # of 480; one of nine are 53


def test_many_tokens_are_not_starved_by_few():
    town = Town(lambda _, sent: (0.5, answered(sent)), tpm=1000)
    for number in range(1200):  # 1,600 tokens a minute, where 1,000 may go
        town.batches("few", [(1, 8)], at=number / 3)
    town.batches("many", [(100, 800)], at=30)
    town.run(until=300)
    (many,) = [sent for sent in town.world.sent if sent.name == "many"]
    assert many.at < 30 + 61 + 5


# --- limits that are told, and limits that are found -----------------------------------------------------------------

LIMITS = [
    # a server that has seen nobody, requests, at once -> seconds at the most; of a hundred requests refused at the most
    ("OpenAI, 500 a minute", lambda: bucket(500 / 60, 500, openai), 2000, 8, 250, 0),
    ("OpenAI, 3,000 a minute", lambda: bucket(50, 3000, openai), 9000, 16, 240, 0),
    ("Groq, 100 a minute, by the minute", lambda: limited(100, 60, openai), 500, 8, 300, 0),
    ("Mistral, 60 a minute", lambda: limited(60, 60, mistral), 300, 8, 300, 0),
    ("Together, 10 a second", lambda: limited(10, 1, together), 500, 8, 80, 0),
    ("Jina, 500 a minute", lambda: bucket(500 / 60, 500, jina), 2000, 8, 250, 0),
    ("untold, 100 a second", lambda: bucket(100, 10), 4000, 32, 60, 4),
    ("untold, 100 a second, many at once", lambda: bucket(100, 10), 4000, 128, 60, 7),
    ("untold, 1 a second", lambda: bucket(1, 5), 300, 8, 330, 9),
    ("untold, 10 a second, by the second", lambda: limited(10, 1), 500, 32, 70, 9),
    ("untold, 1,000 a minute, by the minute", lambda: limited(1000, 60), 3000, 16, 200, 3),
    ("untold, 3 a minute, by the minute", lambda: limited(3, 60), 12, 8, 300, 70),
    ("only when to come back, 100 a minute", lambda: limited(100, 60, retry_after), 500, 8, 300, 9),
]


@pytest.mark.parametrize(
    ("server", "count", "at_once", "seconds", "refused"), [pytest.param(*line[1:], id=line[0]) for line in LIMITS]
)
def test_a_long_call_takes_what_it_may(server, count, at_once, seconds, refused):
    town = Town(server(), at_once=at_once)
    town.call("bulk", count, workers=at_once)
    world = town.run().world
    assert (town.left_behind(), world.errors) == (({}, []), [])
    assert world.now <= seconds
    assert 100 * (len(world.sent) - count) / len(world.sent) <= refused


def test_256_who_wait_do_not_hold_each_other_up():
    """They did when each reserved a time ahead, at a rate that was soon to rise: 4 a second went of 100."""
    town = Town(bucket(100, 100), at_once=256)
    town.call("bulk", 4000, workers=256)
    town.run()
    assert 4000 / town.world.now > 60


# --- storms and faults -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", [bad(503), bad(429), TransportError("reset")], ids=["503", "429", "reset"])
def test_a_storm_ends(outcome):
    town = Town(lambda *_: (0.1, outcome))
    for number in range(300):
        town.call("one", 1, at=number / 1000)
    world = town.run().world
    assert (town.left_behind(), len(world.errors)) == (({}, []), 300)
    assert 300 < len(world.sent) <= 300 + 50 + 50 * world.now / 60


def test_many_at_once_who_are_refused_together_all_come_through():
    """The first refusal comes to hundreds; their retries are no storm, for pause and pace hold them."""
    town = Town(limited(100, 1), at_once=256)
    town.call("bulk", 1000, workers=256)
    assert (town.run().world.errors, town.left_behind()) == ([], ({}, []))


OUTCOMES = [bad(429), bad(429, retry_after="1"), bad(500), bad(503, retry_after="2"), bad(400), TransportError("reset"),
            TransportError("ended", retryable=False), reply(b"{")]  # fmt: skip


@given(seed=st.integers(0, 10**6), share=st.floats(0, 0.7), at_once=st.integers(1, 5), stop=st.none() | st.floats(0, 9))
@settings(PROPERTY, max_examples=200)
def test_nothing_is_left_in_flight(seed, share, at_once, stop):
    chance = random.Random(seed)  # noqa: S311

    def server(now, sent):
        outcome = chance.choice(OUTCOMES) if chance.random() < share else answered(sent)
        return chance.uniform(0, 3), outcome

    town = Town(server, at_once=at_once, seed=seed, rpm=chance.choice([None, 30]))
    for number in range(6):
        town.call(str(number), chance.randrange(1, 9), at=chance.uniform(0, 5), workers=4)
    if stop is not None:  # Ctrl-C, a cancellation, another's error: whatever is under way is closed
        town.run(until=stop)
        for worker in town.world.workers:
            if worker.flow is not None:
                worker.flow.close()
        assert town.memory.pace(PLACE, MONOTONIC).lanes == {}
    else:
        town.run()
        assert town.left_behind() == ({}, [])


ENDINGS = [KeyboardInterrupt, SystemExit, GeneratorExit, TransportError("the call was ended", retryable=False)]


@pytest.mark.parametrize("ending", ENDINGS, ids=str)
@pytest.mark.parametrize("at", ["wait", "go", "send"])
def test_whatever_ends_a_conversation_its_place_is_free(at, ending):
    town = Town(None, at_once=1)
    other = converse(town.setting(1), Batch(["a"], [0], 1))
    assert next(other).ask(MONOTONIC) == 0
    if at != "wait":
        other.close()
    flow = converse(town.setting(1), Batch(["a"], [0], 1))
    command = next(flow)
    assert (command.ask(MONOTONIC) == 0) == (at != "wait")
    if at == "send":
        flow.send(GO)
    with pytest.raises((KeyboardInterrupt, SystemExit, GeneratorExit, ProviderError, StopIteration)):
        flow.throw(ending)
    other.close()
    assert town.memory.pace(PLACE, MONOTONIC).lanes == {}


PATIENCES = [
    # requests, max_retries of the client -> sent for the first, whose server always fails
    (1, None, 3),
    (9, None, 5),
    (1, 0, 1),
    (9, 0, 1),
    (9, 1, 2),
    (1, 7, 8),
]


@pytest.mark.parametrize(("count", "attempts", "sent"), PATIENCES)
def test_a_long_call_is_more_patient_unless_the_client_says_how_much(count, attempts, sent):
    town = Town(lambda *_: (0.1, bad(500)))
    setting = town.setting(count)
    setting = msgspec.structs.replace(setting, retry=msgspec.structs.replace(setting.retry, attempts=attempts))
    town.world.call("call", Job(setting, [TEXT] * count).next_conversation)
    town.run()
    assert (len(town.world.sent), [type(error) for error in town.world.errors]) == (sent, [ProviderError])


def test_a_refusal_that_says_when_holds_all_until_then():
    refusals = iter([bad(429, retry_after="20")])
    town = Town(lambda _, sent: (0.5, next(refusals, None) or answered(sent)))
    for number in range(20):
        town.call("one", 1, at=number / 2 + (0.1 if number == 0 else 0.2))
    town.run()
    first, *late = [sent.at for sent in town.world.sent]
    assert (first, min(late), len(late)) == (0.1, pytest.approx(20.6), 20)


def test_one_who_is_told_to_wait_too_long_holds_nobody():
    town = Town(lambda now, sent: (0.1, bad(429, retry_after="61") if now == 0 else answered(sent)))
    town.call("one", 1)
    town.call("another", 1, at=0.2)
    town.run()
    (error,) = town.world.errors
    assert isinstance(error, RateLimitError)
    assert (error.retry_after, town.world.sent[-1].name, len(town.world.sent)) == ("61", "another", 2)
    assert town.world.sent[-1].at < 1
