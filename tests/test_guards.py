"""Do counts stay low that no machine changes: requests, connections, modules, objects and copies of a vector?"""

from __future__ import annotations

import gc
import math
import sys
import tracemalloc
from pathlib import Path

import pytest

from any_llm import embedding
from colours import COLOURS
from numbered import known, numbers, texts, vectors
from programs import run

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
TAKES = 2048
"""Inputs a request of OpenAI's may have."""
WIDTH = 1536


@COLOURS
@pytest.mark.parametrize("count", [1, TAKES, TAKES + 1, 3 * TAKES])
def test_no_more_requests_than_it_takes(call, count, loopback):
    server = loopback(vectors)
    result = call(inputs=texts(count), **known(server.url))
    assert numbers(result) == list(range(count))
    assert len(server.requests) == result.requests.sent == math.ceil(count / TAKES)
    assert server.connections <= len(server.requests)


HEAVY = {
    *("aiohttp", "email", "http", "httpx", "numpy", "onnxruntime", "pydantic", "pydantic_core", "requests", "rich"),
    *("tokenizers", "typer", "urllib3"),
}
"""What no call to a provider needs, if its vectors are read as lists."""
CALLS = {"sync": "embedding(inputs='7', **options)", "async": "asyncio.run(aembedding(inputs='7', **options))"}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_call_loads_what_it_needs(call, loopback):
    program = f"""
        before = {{*sys.modules}}
        assert numbers({call}) == [7]
        loaded = {{*sys.modules}} - before
        providers = {{each for each in loaded if each.startswith("any_llm.providers.")}}
        print(*{{each.split(".")[0] for each in loaded}})
        print(*providers)
    """
    code, (loaded, providers), errors = run(program, loopback(vectors).url)
    assert (code, errors) == (0, "")
    assert not HEAVY & {*loaded.split()}
    assert not {*providers.split()} & {f"any_llm.providers.{each}" for each in ("cohere", "gemini", "aws", "fake")}


def held(count: int) -> tuple[int, int]:
    """Objects that the garbage collector watches, and blocks of memory, that a result is made of once it is numpy."""
    inputs = texts(count)
    gc.collect()
    before = len(gc.get_objects()), sys.getallocatedblocks()
    result = embedding("m", inputs, provider="fake", dimensions=8)
    matrix = result.to_numpy()
    gc.collect()
    after = len(gc.get_objects()), sys.getallocatedblocks()
    assert matrix.shape == (count, 8)
    return after[0] - before[0], after[1] - before[1]


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="counts blocks as CPython does")
def test_a_vector_read_as_numpy_is_no_object():
    held(10)
    few, many = held(100), held(20_000)
    assert many[0] - few[0] < 100
    assert many[1] - few[1] < 200


@pytest.fixture
def benchmarks(monkeypatch):
    """Make the programs of benchmarks/ importable."""
    monkeypatch.syspath_prepend(BENCHMARKS)


@pytest.mark.usefixtures("benchmarks")
@pytest.mark.parametrize("base64", [True, False], ids=["base64", "numbers"])
def test_a_reply_is_decoded_to_the_place_of_each_vector(base64):
    from clients.no_network import decode
    from provider import Replies
    from vectors import check_matrix, texts

    replies, asked, call = Replies(WIDTH), texts(TAKES), decode()
    call(b"".join(replies.body(asked[:1], base64=base64)), asked[:1])
    body = b"".join(replies.body(asked, base64=base64))
    tracemalloc.start()
    try:
        found = call(body, asked)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    check_matrix(asked, found, WIDTH)
    # Beside the matrix: where each vector lies in the body, and the input it belongs to. A copy would take 6,144 bytes.
    assert peak - found.nbytes < TAKES * 400


COPIES = """
    import tracemalloc

    sys.path.insert(0, sys.argv[5])
    from provider import Replies
    from vectors import check_matrix, texts

    asked, width = texts(int(sys.argv[2])), int(sys.argv[3])
    body = sum(map(len, Replies(width).body(asked, base64=True)))
    call = {"sync": embedding, "async": lambda **given: asyncio.run(aembedding(**given))}[sys.argv[4]]
    call(inputs=asked[:2], **options).to_numpy()
    tracemalloc.start()
    found = call(inputs=asked, **options).to_numpy()
    print(tracemalloc.get_traced_memory()[1] - body - found.nbytes)
    check_matrix(asked, found, width)
"""


@pytest.mark.usefixtures("benchmarks")
@pytest.mark.parametrize("colour", ["sync", "async"])
def test_a_reply_is_in_memory_once(colour):
    from served import provider

    with provider(WIDTH) as url:
        code, lines, errors = run(COPIES, url, TAKES, WIDTH, colour, BENCHMARKS)
    assert (code, errors) == (0, "")
    # Beside the body and the matrix; a copy of a vector as it came would take 8,192 bytes.
    assert int(lines[0]) < TAKES * 2000
