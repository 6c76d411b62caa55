"""Does every wait end in time: by a read's timeout, by the deadline, by cancellation?"""

from __future__ import annotations

import asyncio
import socket
import sys
import threading
import time
from contextlib import contextmanager

import pytest

from any_llm import AnyLLM, ProviderConnectionError, ProviderTimeoutError, aembedding
from colours import COLOURS, KEY, Hold, in_a_loop, texts, to, vectors
from loopback import Answer, Loopback, Raw

DEADLINE = 0.3
LATEST = 0.5
BATCHES = pytest.mark.parametrize("batches", [1, 8])


@contextmanager
def never_accepting(*, scheme="http", backlog=8, fill=0):
    """Listen, and leave it to the system to open connections; `fill` of them are already there."""
    with socket.create_server(("127.0.0.1", 0), backlog=backlog) as listener:
        waiting = [socket.create_connection(listener.getsockname()) for _ in range(fill)]
        yield f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"
        for each in waiting:
            each.close()


@contextmanager
def answering(answer, *, proxied=False):
    """Serve; `proxied`: as a proxy on the way to a host behind TLS."""
    with Loopback(answer) as server:
        yield ("https://127.0.0.1:9", server.url) if proxied else server.url


def drip(head):
    """Send the head whole, then a byte every 50 ms for ever."""

    def write(connection):
        connection.send(head)
        while not connection.wait(0.05):
            connection.send(b"x")

    return lambda _: Raw(write)


BODY = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n"
SERVERS = {
    "drips its status": lambda: answering(drip(b"HTTP/1.1 200 ")),
    "drips headers": lambda: answering(drip(b"HTTP/1.1 200 OK\r\nname: ")),
    "drips a body": lambda: answering(drip(BODY)),
    "never answers": lambda: answering(Hold()),
    "never reads": never_accepting,
    "never shakes hands": lambda: never_accepting(scheme="https"),
    "proxy drips": lambda: answering(drip(b"HTTP/1.1 200 OK\r\nname: "), proxied=True),
    "proxy never answers": lambda: answering(Hold(), proxied=True),
}
if sys.platform == "linux":  # elsewhere a full backlog refuses, which is no wait
    SERVERS["never opens"] = lambda: never_accepting(backlog=0, fill=1)
QUIET = [name for name in SERVERS if "drips" not in name]


def arguments(address, batches, *, name="", **client_args):
    """Make a call of so many batches at once; to the server that never reads, of more than its system keeps."""
    url, proxy = address if isinstance(address, tuple) else (address, None)
    inputs = texts(batches) if name != "never reads" else ["x" * 12_000_000] * batches
    return {**to(url, max_concurrency=4, proxy=proxy, **client_args), "inputs": inputs, "batch_size": 1}


@contextmanager
def ends_in_time(expected=ProviderTimeoutError, *, latest=LATEST):
    """Nothing is left when it has: no thread of ours."""
    before = set(threading.enumerate())
    begun = time.monotonic()
    with pytest.raises(expected) as caught:
        yield caught
    assert time.monotonic() - begun < latest
    assert [each for each in set(threading.enumerate()) - before if not each.name.startswith("loopback")] == []


@COLOURS
@BATCHES
@pytest.mark.parametrize("name", SERVERS)
def test_a_deadline_ends_a_call_to_a_server_that(name, batches, call):
    batches = 2 if name == "never reads" and batches > 1 else batches
    with SERVERS[name]() as address:
        options = arguments(address, batches, name=name)
        with ends_in_time() as caught:
            call(**options, deadline=DEADLINE)
    assert "the deadline has passed" in str(caught.value)


@COLOURS
@BATCHES
@pytest.mark.parametrize("name", [name for name in QUIET if name != "never reads"])
def test_a_timeout_ends_a_read_from_a_server_that(name, batches, call):
    with SERVERS[name]() as address, ends_in_time() as caught:
        call(**arguments(address, batches, max_retries=0), timeout=DEADLINE)
    assert "no answer in time" in str(caught.value)


@COLOURS
def test_a_timeout_is_one_of_each_read(call, loopback):
    def slow(connection):
        for piece in vectors(server.requests[-1]).encode().partition(b"\r\n\r\n"):
            assert not connection.wait(0.15)
            connection.send(piece)

    server = loopback(lambda _: Raw(slow))
    assert call(inputs="5", **to(server.url), timeout=0.3).data[0].embedding == [5.0, 1.0]


@COLOURS
def test_a_client_has_a_timeout_too(call, loopback):
    server = loopback(Hold())
    with ends_in_time():
        call(inputs="5", **to(server.url, timeout=DEADLINE, max_retries=0))


@COLOURS
@BATCHES
def test_a_pause_that_would_outlast_the_deadline_is_not_begun(batches, call, loopback):
    server = loopback(lambda _: Answer(429, headers={"retry-after": "30"}, json={"error": {"message": "slow down"}}))
    for _ in range(2):  # the second call knows of the pause, and sends nothing
        # A key of its own: what is learnt of a host and key lasts longer than a test.
        options = {**arguments(server.url, batches), "api_key": f"sk-paused-{batches}-{call.__name__}"}
        with ends_in_time(latest=0.25):
            call(**options, deadline=0.5)
    assert 1 <= len(server.requests) <= min(batches, 4)


@COLOURS
@BATCHES
def test_a_call_that_was_ended_leaves_no_connection_in_flight(batches, call, loopback):
    hold = Hold()
    server = loopback(hold)
    with pytest.raises(ProviderTimeoutError):
        call(**arguments(server.url, batches), deadline=DEADLINE)
    assert hold.until(asked=min(batches, 4), left=hold.asked)


@COLOURS
def test_the_first_error_ends_a_connection_still_being_opened(call, loopback):
    def refuse(_):
        return Raw(lambda connection: connection.reset())

    # One proxy for all: the first answer is a refusal, the others never come.
    asked = threading.Barrier(2)

    def answer(request):
        if asked.wait(10) == 0:
            return Answer(407)
        return Raw(lambda connection: connection.socket.recv(1) and None)

    proxy = loopback(answer)
    options = to("https://127.0.0.1:9", proxy=proxy.url, max_retries=0, max_concurrency=2)
    with ends_in_time(ProviderConnectionError):
        call(**options, inputs=texts(2), batch_size=1)


@BATCHES
@pytest.mark.parametrize("name", ["drips a body", "never answers"])
async def test_a_cancelled_task_ends_at_once_and_leaves_nothing(name, batches, loopback):
    hold = Hold()
    server = loopback(hold)
    before = asyncio.all_tasks()
    task = asyncio.create_task(aembedding(**arguments(server.url, batches)))
    assert await asyncio.to_thread(hold.until, asked=min(batches, 4))
    begun = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - begun < 0.2
    assert asyncio.all_tasks() == before
    assert await asyncio.to_thread(hold.until, left=hold.asked)


async def test_a_deadline_that_falls_due_early_by_the_loops_clock_is_a_provider_timeout(loopback):
    ...
