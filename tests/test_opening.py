"""What does it cost many calls at once to learn how much an unknown host takes?"""

from __future__ import annotations

import msgspec
import pytest

from any_llm.exceptions import InvalidRequestError
from any_llm.flow.job import Job
from any_llm.flow.memory import Memory
from any_llm.flow.pace import Terms
from any_llm.wire import Outcome
from by_hand import MONOTONIC, WALL, a_call, a_setting, bad
from planned import Provider, called, vector_of
from virtual_time import World

TEN = 10
AT_ONCE = 8


def stormed(provider, inputs, memory=None, **fields):
    """Calls that begin together; each has one conversation under way at most."""
    memory, world, jobs = memory or Memory(), World(provider), []
    for texts in inputs:
        setting = a_setting(a_call("together", "m"), memory=memory, count=len(texts))
        jobs.append(job := Job(msgspec.structs.replace(setting, terms=Terms(at_once=AT_ONCE), **fields), texts))
        world.call("call", lambda job=job: job.opening(MONOTONIC + world.now) or job.next_conversation())
    world.run()
    assert not world.errors
    assert not world.stuck()
    responses = [job.response() for job in jobs]
    for texts, response in zip(inputs, responses, strict=True):
        assert [item.embedding for item in response.data] == [vector_of(text) for text in texts]
    return [response.requests for response in responses]


def calls(count: int, size: int) -> list[list[str]]:
    return [[f"{call:02}-{number:03}" for number in range(size)] for call in range(count)]


NAMED = lambda sent: bad(400, message=f"batch size {len(sent)} > maximum allowed batch size 10")  # noqa: E731
UNNAMED = lambda _: bad(413)  # noqa: E731


@pytest.mark.parametrize(("refusal", "requests", "refusals"), [(NAMED, 308, AT_ONCE), (UNNAMED, 520, 5 * AT_ONCE)])
def test_those_who_wait_send_what_is_known_to_be_taken_when_they_are_admitted(refusal, requests, refusals):
    provider = Provider(lambda sent: refusal(sent) if len(sent) > TEN else None)
    counts = stormed(provider, calls(50, 60))
    assert sum(size > TEN for size in provider.sizes) <= refusals
    assert len(provider.sizes) <= requests
    assert sum(each.sent for each in counts) == len(provider.sizes)
    assert {(each.retried, each.possibly_billed_twice) for each in counts} == {(0, 0)}
    assert max(provider.billed.values()) == 1
    assert sum(each.halved > 0 for each in counts) <= refusals  # what was never sent was not halved


def test_nor_do_the_requests_of_one_call_that_wait():
    inputs, seen = [f"{number:05}" for number in range(2000)], []

    def rule(sent):
        seen.append(len(sent))
        return NAMED(sent) if len(seen) > 1 and len(sent) > TEN else None  # it takes less from the second on

    provider = Provider(rule)
    ended = called(inputs, provider, workers=32, setting={"terms": Terms(at_once=AT_ONCE)})
    assert ended.error is None
    assert sum(size > TEN for size in provider.sizes[1:]) == AT_ONCE
    assert ended.result.requests.sent == len(provider.sizes)
    assert max(provider.billed.values()) == 1


def test_values_for_each_input_are_not_parted_either():
    memory, provider = Memory(), Provider(lambda sent: NAMED(sent) if len(sent) > TEN else None)
    setting = a_setting(a_call("together", "m", extra={"titles": list("x" * 60)}), memory=memory, count=60)
    job = Job(setting, calls(1, 60)[0])
    flow = job.next_conversation()
    admit = next(flow)
    assert called(calls(1, 60)[0], provider, memory=memory).error is None
    assert admit.ask(MONOTONIC) == 0
    with pytest.raises(StopIteration):
        flow.send(Outcome(None, (MONOTONIC, WALL)))
    with pytest.raises(InvalidRequestError, match="titles holds as many values"):
        next(job.next_conversation())
