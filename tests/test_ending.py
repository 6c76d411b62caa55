"""Does every wait end in time: by a read's timeout, by the deadline, by cancellation, by another's error?"""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from contextlib import contextmanager

import pytest

from any_llm import InvalidRequestError, ProviderConnectionError, ProviderTimeoutError, aembedding, embedding
from colours import COLOURS, in_a_loop
from loopback import Answer, Raw
from numbered import known, numbers, texts, vectors
from patience import within
from silent import NOWHERE, SERVERS, TUNNEL, Hold

DEADLINE = 0.3
TIMEOUT = 0.2
LONG = "x" * 16_000_000
"""More than the system keeps for a server that does not read."""
BATCHES = pytest.mark.parametrize("batches", [1, 8], ids=["one", "many"])
AT_ONCE = 4
"""Of many batches, so many are under way."""


def arguments(url, batches, **client_args):
    """Make a call of so many batches."""
    options = known(url, **{"max_concurrency": AT_ONCE, **client_args})
    return {**options, "inputs": texts(batches), "batch_size": 1}


@contextmanager
def ends_in_time(expected=ProviderTimeoutError, *, latest=0.5):
    """Within so many seconds, and no thread of ours is left."""
    before = set(threading.enumerate())
    begun = time.monotonic()
    with pytest.raises(expected) as caught:
        yield caught
    assert time.monotonic() - begun < within(latest)
    assert [each for each in set(threading.enumerate()) - before if not each.name.startswith("loopback")] == []


@pytest.mark.parametrize(
    ("call", "batches"), [(embedding, 1), (embedding, 8), (in_a_loop, 8)], ids=["sync one", "sync many", "async many"]
)
@pytest.mark.parametrize("server", SERVERS)
def test_a_deadline_ends_a_call_to_a_server_that(server, batches, call):
    with SERVERS[server]() as (url, proxy):
        options = arguments(url, batches, proxy=proxy)
        if "reads" in server:
            options["inputs"][0] = LONG
        with ends_in_time() as caught:
            call(**options, deadline=DEADLINE)
    assert "the deadline has passed" in str(caught.value)


@COLOURS
@BATCHES
@pytest.mark.parametrize("server", [name for name in SERVERS if "drips" not in name and "sips" not in name])
def test_a_timeout_ends_a_wait_for_a_server_that(server, batches, call):
    """A call of many requests has no deadline of its own."""
    with SERVERS[server]() as (url, proxy):
        options = arguments(url, batches, proxy=proxy, max_retries=0)
        if "reads" in server:
            options["inputs"][0] = LONG
        with ends_in_time() as caught:
            call(**options, timeout=TIMEOUT)
    assert "no answer in time" in str(caught.value)


async def test_a_timeout_of_one_task_ends_the_others_and_carries_what_was_paid_for(loopback):
    """It is a TimeoutError, as a deadline that has passed is."""
    hold, unseen = Hold(), []
    server = loopback(lambda request: vectors(request) if request.json["input"] == ["0"] else hold(request))
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unseen.append(context["message"]))
    before = asyncio.all_tasks()
    with pytest.raises(ProviderTimeoutError, match="no answer in time") as caught:
        await aembedding(**arguments(server.url, 8, max_retries=0), timeout=TIMEOUT)
    assert caught.value.partial.data[0].embedding is not None
    assert asyncio.all_tasks() == before
    del caught
    gc.collect()
    assert unseen == []


@COLOURS
def test_a_timeout_is_that_of_one_read(call, loopback):
    def slow(connection):
        for piece in vectors(server.requests[-1]).encode().partition(b"\r\n\r\n"):
            assert not connection.wait(TIMEOUT / 2)
            connection.send(piece)

    server = loopback(lambda _: Raw(slow))
    assert numbers(call(**arguments(server.url, 1), timeout=TIMEOUT)) == [0]


@COLOURS
def test_a_client_may_have_the_timeout(call, loopback):
    server = loopback(Hold())
    with ends_in_time():
        call(**arguments(server.url, 1, timeout=TIMEOUT, max_retries=0))
    assert len(server.requests) == 1


@COLOURS
@BATCHES
def test_a_pause_that_would_outlast_the_deadline_is_not_begun(batches, call, loopback):
    server = loopback(lambda _: Answer(429, headers={"retry-after": "30"}, json={"error": {"message": "slow down"}}))
    # A key of its own: what is learnt of an address and a key lasts longer than a test.
    options = {**arguments(server.url, batches), "api_key": f"sk-paused-{batches}-{call.__name__}"}
    for _ in range(2):  # the second call knows of the pause, and sends nothing
        with ends_in_time(latest=0.25):
            call(**options, deadline=0.5)
    assert 1 <= len(server.requests) <= min(batches, AT_ONCE)


@COLOURS
@BATCHES
def test_a_call_that_was_ended_leaves_no_connection_in_flight(batches, call, loopback):
    hold = Hold()
    server = loopback(hold)
    with pytest.raises(ProviderTimeoutError):
        call(**arguments(server.url, batches), deadline=DEADLINE)
    assert hold.until(asked=min(batches, AT_ONCE), left=hold.asked)


@BATCHES
async def test_a_cancelled_task_ends_at_once_and_leaves_nothing(batches, loopback):
    hold = Hold()
    server = loopback(hold)
    before = asyncio.all_tasks()
    task = asyncio.create_task(aembedding(**arguments(server.url, batches)))
    assert await asyncio.to_thread(hold.until, asked=min(batches, AT_ONCE))
    begun = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - begun < within(0.2)
    assert asyncio.all_tasks() == before
    assert await asyncio.to_thread(hold.until, left=hold.asked)


@COLOURS
def test_the_first_error_ends_the_rest_and_leaves_bare(call, loopback):
    hold = Hold()

    def answer(request):
        if request.json["input"] != ["2"]:
            return hold(request)
        assert hold.until(asked=3)
        return Answer(400, json={"error": {"message": "no"}})

    server = loopback(answer)
    with ends_in_time(InvalidRequestError) as caught:
        call(**arguments(server.url, 50))
    assert (caught.value.status_code, len(server.requests)) == (400, AT_ONCE)
    assert hold.until(left=3)


@COLOURS
def test_the_first_error_ends_a_pause(call, loopback):
    both = threading.Barrier(2)

    def refuse_later(connection):
        assert not connection.wait(0.15)  # the other one begins its pause meanwhile
        connection.send(Answer(400, json={"error": {"message": "no"}}).encode())

    def answer(request):
        both.wait(10)
        if request.json["input"] == ["0"]:
            return Answer(503, headers={"retry-after": "30"})
        return Raw(refuse_later)

    options = arguments(loopback(answer).url, 2, api_key=f"sk-paused-{call.__name__}")
    with ends_in_time(InvalidRequestError):
        call(**options)


@COLOURS
def test_the_first_error_ends_a_handshake(call, loopback):
    hold = Hold(tunnel=True)
    first = threading.Lock()

    def break_off(connection):
        assert hold.until(asked=1)
        connection.send(TUNNEL)
        connection.socket.recv(1)
        connection.reset()

    proxy = loopback(lambda request: Raw(break_off) if first.acquire(blocking=False) else hold(request))
    with ends_in_time(ProviderConnectionError):
        call(**arguments(NOWHERE, 2, proxy=proxy.url, max_retries=0))
    assert hold.until(left=1)
