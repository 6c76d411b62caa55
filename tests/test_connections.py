"""How many connections do calls open, and do the right vectors come back over them?"""

from __future__ import annotations

import asyncio
import gc
import logging
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from any_llm import AnyLLM, aembedding, embedding
from any_llm.shared import CAPACITY
from colours import COLOURS, in_a_loop
from loopback import Raw
from numbered import KEY, known, numbers, texts, to, vectors

CALLS = 1000
AT_ONCE = 2
"""Requests in flight on this machine, where nobody said how many."""


def test_a_thousand_calls_open_one_connection(loopback):
    server = loopback(vectors)
    assert [numbers(embedding(inputs=text, **to(server.url))) for text in texts(CALLS)] == [[n] for n in range(CALLS)]
    assert (server.connections, len(server.requests)) == (1, CALLS)


async def test_a_thousand_calls_in_one_loop_open_one_connection(loopback):
    server = loopback(vectors)
    found = [numbers(await aembedding(inputs=text, **to(server.url))) for text in texts(CALLS)]
    assert found == [[n] for n in range(CALLS)]
    assert (server.connections, len(server.requests)) == (1, CALLS)


@COLOURS
def test_a_client_closes_what_it_opened_and_can_be_used_again(call, loopback):
    gone = threading.Semaphore(0)

    def until_closed(connection):
        connection.send(vectors(server.requests[-1]).encode())
        assert connection.socket.recv(1) == b""
        gone.release()

    server = loopback(lambda _: Raw(until_closed))
    client = AnyLLM.create("openai", KEY, server.url)

    async def twice():
        for _ in range(2):
            async with client:
                assert numbers(await client.aembedding("m", "5")) == [5]
            assert await asyncio.to_thread(gone.acquire, timeout=10)

    if call is in_a_loop:
        asyncio.run(twice())
    else:
        for _ in range(2):
            with client:
                assert numbers(client.embedding("m", "5")) == [5]
            assert gone.acquire(timeout=10)
    assert server.connections == 2


def test_threads_share_the_connections_of_a_client(loopback):
    server = loopback(vectors)
    with ThreadPoolExecutor(64) as pool:
        found = list(pool.map(lambda text: embedding(inputs=text, **to(server.url)), texts(640)))
    assert [numbers(each) for each in found] == [[n] for n in range(640)]
    assert server.connections <= 64


async def test_tasks_share_the_connections_of_a_client(loopback):
    server = loopback(vectors)
    found = await asyncio.gather(*(aembedding(inputs=text, **to(server.url)) for text in texts(200)))
    assert [numbers(each) for each in found] == [[n] for n in range(200)]
    assert server.connections <= AT_ONCE


def test_a_crowd_of_threads_is_no_warning(loopback, caplog):
    crowd = 105
    together = threading.Barrier(crowd)

    def all_at_once(request):
        together.wait(30)
        return vectors(request)

    server = loopback(all_at_once)
    with caplog.at_level(logging.WARNING), ThreadPoolExecutor(crowd) as pool:
        # Each with a model of its own, for which as many may be in flight as for any other.
        found = list(pool.map(lambda n: embedding(inputs=n, **{**to(server.url), "model": n}), texts(crowd)))
    assert [numbers(each) for each in found] == [[n] for n in range(crowd)]
    assert (server.connections, caplog.records) == (crowd, [])


def hang_up(server, gone):
    """Answer as if the connection were kept, and close it."""

    def answer(connection):
        connection.send(vectors(server().requests[-1]).encode())
        connection.socket.shutdown(socket.SHUT_RDWR)
        gone.release()

    return lambda _: Raw(answer)


def test_a_connection_the_server_closed_meanwhile_is_not_used(loopback):
    gone = threading.Semaphore(0)
    server = loopback(hang_up(lambda: server, gone))
    for _ in range(3):
        assert numbers(embedding(inputs="5", **to(server.url, max_retries=0))) == [5]
        assert gone.acquire(timeout=10)
    assert len(server.requests) == 3


@pytest.mark.parametrize("loop_is_blocked", [False, True])
async def test_a_connection_the_server_closed_meanwhile_is_not_used_by_tasks(loop_is_blocked, loopback):
    gone = threading.Semaphore(0)
    server = loopback(hang_up(lambda: server, gone))
    for _ in range(3):
        # A loop that was blocked has not heard of it, and must look.
        assert numbers(await aembedding(inputs="5", **to(server.url, max_retries=0))) == [5]
        assert gone.acquire(timeout=10) if loop_is_blocked else await asyncio.to_thread(gone.acquire, timeout=10)


@COLOURS
def test_order_is_that_of_the_inputs_whatever_comes_first(call, loopback):
    last_is_answered = threading.Event()

    def answer(request):
        if request.json["input"] == ["0"]:
            assert last_is_answered.wait(10)
        elif request.json["input"] == ["11"]:
            last_is_answered.set()
        return vectors(request)

    server = loopback(answer)
    result = call(inputs=texts(12), batch_size=1, **known(server.url, max_concurrency=3))
    assert numbers(result) == list(range(12))
    assert (len(server.requests), server.connections) == (12, 3)


@COLOURS
def test_a_client_dropped_from_the_shared_ones_ends_its_call(call, loopback):
    begun, go_on = threading.Event(), threading.Event()

    def answer(request):
        begun.set()
        assert go_on.wait(10)
        return vectors(request)

    server = loopback(answer)
    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(call, inputs=texts(6), batch_size=2, **to(server.url))
        assert begun.wait(10)
        for number in range(CAPACITY + 1):
            embedding("m", "x", provider="fake", client_args={"max_retries": number})
        gc.collect()
        go_on.set()
        assert numbers(found.result(10)) == list(range(6))
    gc.collect()  # what was left open would be a ResourceWarning
