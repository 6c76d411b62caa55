"""Does every event loop get on with us: one at a time, one that runs for long, one closed by hand, one that waits?"""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref

import pytest

from any_llm import InvalidRequestError, aembedding, embedding
from numbered import numbers, texts, to, vectors
from programs import run


def test_a_loop_closed_by_hand_says_nothing(loopback):
    program = """
        loop = asyncio.new_event_loop()
        print(numbers(loop.run_until_complete(aembedding(inputs=texts(5), **options))))
        client = AnyLLM.create("openai", KEY, sys.argv[1])
        print(numbers(loop.run_until_complete(client.aembedding("m", texts(5)))))
        loop.close()
        del client
        gc.collect()
    """
    assert run(program, loopback(vectors).url) == (0, [str(list(range(5)))] * 2, "")


async def test_the_sync_function_works_in_a_running_loop(loopback):
    options = to(loopback(vectors).url)
    assert numbers(embedding(inputs=texts(5), batch_size=1, **options)) == list(range(5))
    assert numbers(await aembedding(inputs=texts(5), batch_size=1, **options)) == list(range(5))


@pytest.mark.parametrize("batches", [1, 2])
async def test_an_async_key_in_a_running_loop_is_an_error_that_names_aembedding(batches, loopback):
    async def key():
        return "sk-async"

    options = {"inputs": texts(batches), "batch_size": 1, **to(loopback(vectors).url, key)}
    with pytest.raises(InvalidRequestError, match="use aembedding"):
        embedding(**options)
    assert numbers(await aembedding(**options)) == list(range(batches))
    assert numbers(await asyncio.to_thread(embedding, **options)) == list(range(batches))


def test_a_loop_that_runs_for_long_takes_calls_from_anywhere(loopback):
    options = to(loopback(vectors).url)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    found = [
        asyncio.run_coroutine_threadsafe(aembedding(inputs=texts(5), batch_size=1, **options), loop).result(10)
        for _ in range(3)
    ]
    asyncio.run_coroutine_threadsafe(loop.shutdown_asyncgens(), loop).result(10)
    asyncio.run_coroutine_threadsafe(loop.shutdown_default_executor(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
    assert [numbers(each) for each in found] == [list(range(5))] * 3


def test_a_loop_that_ended_is_not_kept(loopback):
    server = loopback(vectors)
    loops = []

    async def call():
        loops.append(weakref.ref(asyncio.get_running_loop()))
        await aembedding(inputs="5", **to(server.url))

    for _ in range(4):
        asyncio.run(call())
    gc.collect()
    assert [loop() for loop in loops[:3]] == [None] * 3
