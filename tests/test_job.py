"""Is a call more than its conversations: do batches come together in order, and is their usage added up honestly?"""

from __future__ import annotations

import json

import msgspec
import pytest

from any_llm.exceptions import AnyLLMError
from any_llm.flow.job import Job
from any_llm.flow.pace import Terms
from any_llm.wire import Outcome
from by_hand import MONOTONIC, TEXTS, VECTORS, WALL, a_call, a_setting, good

USAGES = [
    ([{"prompt_tokens": 3, "total_tokens": 4}] * 2, (6, 8, "measured")),
    ([{"total_tokens": 4}] * 2, (8, 8, "measured")),
    ([{"prompt_tokens": 3}] * 2, (6, 6, "measured")),
    ([{"prompt_tokens": 3, "total_tokens": 4}, None], (3, 4, "unknown")),
    ([None, None], (0, 0, "unknown")),
]


@pytest.mark.parametrize(("usages", "expected"), USAGES)
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_job_puts_its_batches_together(usages: list, expected: tuple, order: tuple[int, ...]):
    call = a_call("together", "m", batch_size=1)
    job = Job(a_setting(call), TEXTS)
    flows = [job.next_conversation(), job.next_conversation()]
    assert job.next_conversation() is None
    for position in order:
        flow = flows[position]
        next(flow)
        flow.send(Outcome(None, (MONOTONIC, WALL)))
        with pytest.raises(StopIteration):
            flow.send(Outcome(good(VECTORS[position], usage=usages[position]), (MONOTONIC, WALL)))
    response = job.response()
    assert [item.embedding for item in response.data] == list(VECTORS)
    assert (response.usage.prompt_tokens, response.usage.total_tokens, response.usage.source) == expected
    assert (response.provider, response.request_ids) == ("together", ("req-1", "req-1"))


def test_a_job_checks_the_options_before_anything_is_sent():
    with pytest.raises(AnyLLMError, match="dimensions"):
        Job(a_setting(a_call("together", "m", dimensions=8)), [])


BATCHES = [
    ("openai", None, 5, [5]),
    ("openai", 2, 5, [2, 2, 1]),
    ("openai", 9, 5, [5]),
    ("gemini", None, 201, [100, 100, 1]),
    ("gemini", 150, 201, [100, 100, 1]),
    ("ollama", None, 5000, [5000]),
    ("ollama", 2000, 5000, [2000, 2000, 1000]),
    ("openai", None, 0, []),
]


@pytest.mark.parametrize(("provider", "batch_size", "count", "sizes"), BATCHES)
def test_batch_size_is_a_limit_beside_the_providers_own(
    provider: str, batch_size: int | None, count: int, sizes: list[int]
):
    job = Job(a_setting(a_call(provider, batch_size=batch_size), count=count), ["a"] * count)
    assert [requested(flow) for flow in iter(job.next_conversation, None)] == sizes


MINUTES = [
    # what may go in a minute -> inputs a request: what is more would wait for an empty minute
    ("openai", Terms(tpm=20), [4, 4, 2]),  # of five tokens each, as far as can be told
    ("openai", Terms(tpm=1), [1] * 10),
    ("openai", Terms(rpm=2), [10]),
    ("cohere", Terms(rpm=4, count_inputs=True), [4, 4, 2]),
]


@pytest.mark.parametrize(("provider", "terms", "sizes"), MINUTES)
def test_a_request_is_no_more_than_a_minute_allows(provider: str, terms: Terms, sizes: list[int]):
    setting = msgspec.structs.replace(a_setting(a_call(provider), count=10), terms=terms)
    job = Job(setting, ["12345678"] * 10)
    assert [requested(flow) for flow in iter(job.next_conversation, None)] == sizes


DEADLINES = [
    # provider, requests, timeout (seconds a read) -> seconds the whole call may take
    ("openai", 1, 5.0, 60.0),
    ("openai", 1, 300.0, 300.0),
    ("openai", 2, 5.0, None),
    ("fake", 1, 5.0, None),  # in this process it takes the time it takes
]


@pytest.mark.parametrize(("provider", "count", "timeout", "expected"), DEADLINES)
def test_a_call_of_one_request_has_a_deadline(provider: str, count: int, timeout: float, expected: float | None):
    job = Job(a_setting(a_call(provider, "m", batch_size=1), count=count), ["text"] * count)
    for _ in range(count):
        job.next_conversation()
    assert job.deadline(timeout) == expected


def requested(flow) -> int:
    """How many inputs a conversation asks for."""
    next(flow)
    body = json.loads(flow.send(Outcome(None, (MONOTONIC, WALL))).body)
    return len(next(body[name] for name in ("requests", "texts", "input") if name in body))


def test_no_input_is_an_empty_response():
    response = Job(a_setting(a_call(), count=0), []).response()
    assert (response.data, response.usage.total_tokens, response.usage.source) == ([], 0, "measured")
