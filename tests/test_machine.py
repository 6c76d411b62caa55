"""Does a call stand a machine that is short of files, whose clock jumps, and a text of ten megabytes?"""

from __future__ import annotations

import itertools
import sys

import pytest

from colours import COLOURS
from loopback import Answer
from numbered import to, vectors
from programs import STRICT, run

WAYS = pytest.mark.parametrize("way", ["sync", "async"])
CALL = """
    def call(**options):
        return embedding(**options) if sys.argv[2] == "sync" else asyncio.run(aembedding(**options))
"""
FEW_FILES = """
    import resource
    resource.setrlimit(resource.RLIMIT_NOFILE, (48, 48))
    options = known(sys.argv[1], max_concurrency=12)
    print(all(numbers(call(inputs=texts(99), batch_size=1, **options)) == list(range(99)) for _ in range(2)))
"""
JUMPING_CLOCK = """
    import itertools
    real, jumps = time.time, itertools.cycle([-1e8, 0.0, 1e8])
    time.time = lambda: real() + next(jumps)
    begun = time.monotonic()
    print(numbers(call(inputs=texts(16), batch_size=1, deadline=60, **options)) == list(range(16)))
    assert time.monotonic() - begun < 30
"""


@pytest.mark.skipif(sys.platform == "win32", reason="its files have no limit that can be set")
@WAYS
def test_no_more_files_are_opened_than_requests_are_in_flight(way, loopback):
    assert run(CALL + FEW_FILES, loopback(vectors).url, way, flags=STRICT) == (0, ["True"], "")


@WAYS
def test_a_clock_that_jumps_stalls_nobody(way, loopback):
    count = itertools.count(1)
    told = {
        "x-ratelimit-limit-requests": "100",
        "x-ratelimit-remaining-requests": "99",
        "x-ratelimit-reset-requests": "1s",
    }
    later = Answer(429, json={}, headers={"retry-after": "0.01"})

    def answer(request):
        right = vectors(request)
        return later if next(count) % 8 == 0 else Answer(json=right.json, headers=told)

    assert run(CALL + JUMPING_CLOCK, loopback(answer).url, way, flags=STRICT) == (0, ["True"], "")


@COLOURS
def test_a_text_of_ten_megabytes_arrives_as_it_is(call, loopback):
    text = "7" * 3_000_000 + "\u202e\u0645\u200d\U0001f468\u2028\0" * 500_000
    server = loopback(lambda _: Answer(json={"data": [{"embedding": [1.0], "index": 0}], "model": "m"}))
    assert call(inputs=text, **to(server.url)).data[0].embedding == [1.0]
    assert server.requests[0].json["input"] == [text]
