"""How is a conversation led for an adapter of somebody's own: in this process, step by step, or failing as it likes?"""

from __future__ import annotations

from array import array

import msgspec
import pytest

from any_llm.exceptions import ContextLengthExceededError, InvalidResponseError
from any_llm.flow.converse import POLL, converse
from any_llm.flow.overflow import Long
from any_llm.flow.setting import Problem
from any_llm.types.vectors import Vectors
from any_llm.wire import Part, Refusal, Run, Send
from by_hand import MONOTONIC, TEXTS, VECTORS, a_batch, a_call, a_setting, play, reply, vectors_of

LONG = ContextLengthExceededError(
    "This model's maximum context length is 16 tokens, however you requested 18 tokens", index=0
)
RIGHT = Vectors(bytearray(array("f", [*VECTORS[0], *VECTORS[1]])), 3)
ZERO = Vectors(bytearray(24), 3)


class InProcess:
    """A model in this process; what is asked of a reply of HTTP has no place here."""

    def __init__(self, **part: object) -> None:
        self.part = part

    def encode(self, call, batch):
        return Run(lambda: self.part)

    def decode(self, call, reply):
        return Part(**reply)

    def explain(self, reply):
        return Refusal(message="")

    def follow(self, call, reply):
        raise AssertionError

    def status(self, reply):
        raise AssertionError


class Steps:
    """A service that is asked until it is done, and says in the body how it went."""

    def encode(self, call, batch):
        return Send(url="https://a.test/begin", body=b"", headers={"a": "1", "b": "1"})

    def follow(self, call, reply):
        return Send(method="GET", url="https://a.test/on", headers={"b": "2"}) if reply.body == b"not yet" else None

    def decode(self, call, reply):
        reply.body.decode()
        return Part(vectors=RIGHT)

    def explain(self, reply):
        return Refusal(message="refused")


class Failing(Steps):
    """One that cannot write, or not read."""

    def __init__(self, writing=None, reading=None) -> None:
        self.writing, self.reading = writing, reading

    def encode(self, call, batch):
        if self.writing is not None:
            raise self.writing
        return super().encode(call, batch)

    def decode(self, call, reply):
        if self.reading is not None:
            raise self.reading
        return super().decode(call, reply)


def led(adapter, replies=(), texts=TEXTS):
    """Lead it: how it was played, what came of it, and the setting."""
    setting = msgspec.structs.replace(a_setting(a_call(), retries=0, count=len(texts)), adapter=adapter)
    kept = []

    def flow():
        kept.append((yield from converse(setting, a_batch(texts))))

    return play(setting, replies, flow=flow()), kept[0], setting


COUNTED = [
    # texts, what the part says of tokens -> measured, in total
    (TEXTS, {"prompt_tokens": 7, "total_tokens": 9}, (7, 9)),
    (TEXTS, {"prompt_tokens": 7, "total_tokens": 9, "estimated": True}, (None, 9)),
    (TEXTS, {}, (None, None)),
    (TEXTS, {"prompt_tokens": -1}, (None, None)),
    ([" ", ""], {"prompt_tokens": -1}, (None, None)),
    ([" ", ""], {"prompt_tokens": 0}, (0, 0)),
]


@pytest.mark.parametrize(("texts", "tokens", "told"), COUNTED)
def test_a_model_in_this_process_is_run_once_and_its_numbers_stand(texts, tokens, told):
    played, answer, setting = led(InProcess(vectors=RIGHT, **tokens), texts=texts)
    assert (played.trace, vectors_of(setting)) == ("go run", list(VECTORS))
    assert (answer.measured, answer.total_tokens, answer.at) == (*told, MONOTONIC)


def test_what_it_makes_wrong_it_is_not_asked_for_again():
    played, problem, _ = led(InProcess(vectors=ZERO))
    assert (played.trace, type(problem.error), problem.free) == ("go run", InvalidResponseError, None)
    assert problem.error.index == 0


STEPS = [
    # replies -> how it is played, whether it is an answer
    (["done"], "go send", True),
    (["not yet", "done"], f"go send sleep {POLL} send", True),
    (["not yet", "not yet", "done"], f"go send sleep {POLL} send sleep {POLL} send", True),
    ([("not yet", 404)], "go send", False),
    (["not yet", ("not yet", 404)], f"go send sleep {POLL} send", False),
]


@pytest.mark.parametrize(("replies", "trace", "well"), STEPS)
def test_it_is_asked_until_it_is_done(replies, trace, well):
    came = [reply(one.encode()) if isinstance(one, str) else reply(one[0].encode(), one[1]) for one in replies]
    played, result, setting = led(Steps(), came)
    assert (played.trace, isinstance(result, Problem)) == (trace, not well)
    for send in played.sent[1:]:
        assert (send.method, send.url, send.limit) == ("GET", "https://a.test/on", played.sent[0].limit)
        assert send.headers == {**setting.call.headers, "a": "1", "b": "2"}


FAILS = [
    # what goes wrong -> how it is played, the error, how long an input was
    (Failing(writing=RecursionError("too deep")), "go", InvalidResponseError, None),
    (Failing(writing=LONG), "go", ContextLengthExceededError, Long(16, 18)),
    (Failing(reading=LONG), "go send", ContextLengthExceededError, Long(16, 18)),
    (Failing(reading=RecursionError("too deep")), "go send go send", InvalidResponseError, None),
    (Failing(reading=UnicodeDecodeError("utf-8", b"\xff", 0, 1, "no")), "go send go send", InvalidResponseError, None),
]


@pytest.mark.parametrize(("adapter", "trace", "raised", "long"), FAILS)
def test_what_an_adapter_raises_is_told(adapter, trace, raised, long):
    played, problem, _ = led(adapter, [reply(b"x")] * trace.count("send"), TEXTS[:1])
    assert (played.trace, type(problem.error), problem.long, problem.at) == (trace, raised, long, MONOTONIC)
