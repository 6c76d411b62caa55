"""Is a call more than its conversations: do batches come together in order, and is their usage added up honestly?"""

from __future__ import annotations

import pytest

from any_llm.exceptions import AnyLLMError
from any_llm.flow.job import Job
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


@pytest.mark.parametrize(
    ("batch_size", "limit", "sizes"),
    [(None, 2048, [5]), (2, 2048, [2, 2, 1]), (9, 2048, [5]), (None, 96, [5])],
)
def test_batch_size_is_a_limit_beside_the_providers_own(batch_size: int | None, limit: int, sizes: list[int]):
    job = Job(a_setting(a_call(batch_size=batch_size), count=5), "abcde")
    flows = iter(job.next_conversation, None)
    assert [len(sent_texts(flow)) for flow in flows] == sizes
