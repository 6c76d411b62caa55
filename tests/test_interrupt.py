"""Does Ctrl-C end a call at once, leave nothing behind, and let the same call be made again?"""

from __future__ import annotations

import signal
import sys
import time

import pytest

from loopback import Loopback
from numbered import vectors
from patience import within
from programs import STRICT, start
from silent import NOWHERE, Hold

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no signal of its own can be sent to a process there")

AT_ONCE = 4
PROGRAM = """
    # A test run in the background hands on an interrupt that is ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    url, proxy, way, batches = *sys.argv[1:4], int(sys.argv[4])
    options = {
        **known(url, max_concurrency=4, proxy=proxy or None, max_retries=0),
        "inputs": texts(batches), "batch_size": 1,
    }

    def call():
        if way == "sync":
            return embedding(**options)
        if way == "uvloop":
            import uvloop
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                return runner.run(aembedding(**options))
        return asyncio.run(aembedding(**options))

    try:
        call()
    except KeyboardInterrupt:
        print(time.monotonic())
    print(threading.active_count())
    print(numbers(call()) if not proxy else "")
"""


def interrupted(hold, way, batches, *, url=None, proxy=""):
    """Run a call, interrupt it once it hangs: seconds until it ended, threads then, and what a second call gave."""
    process = start(PROGRAM, url, proxy, way, batches, flags=STRICT)
    with process:
        try:
            assert hold.until(asked=min(batches, AT_ONCE))
            sent = time.monotonic()
            process.send_signal(signal.SIGINT)
            output, errors = process.communicate(timeout=20)
        finally:
            process.kill()
    assert errors == ""
    ended, threads, again = output.splitlines()
    return float(ended) - sent, int(threads), again


@pytest.mark.parametrize("way", ["sync", "async", "uvloop"])
@pytest.mark.parametrize("batches", [1, 9])
def test_an_interrupt_ends_a_blocked_call_and_the_next_one_works(way, batches):
    hold = Hold(first=min(batches, AT_ONCE))
    with Loopback(hold) as server:
        seconds, threads, again = interrupted(hold, way, batches, url=server.url)
        assert hold.until(left=hold.asked)
    assert (threads, again) == (1, str(list(range(batches))))
    assert seconds < within(0.2)


@pytest.mark.parametrize("way", ["sync", "async", "uvloop"])
@pytest.mark.parametrize("batches", [1, AT_ONCE])
def test_an_interrupt_ends_handshakes(way, batches):
    hold = Hold(first=batches, tunnel=True)
    with Loopback(hold) as proxy:
        seconds, threads, _ = interrupted(hold, way, batches, url=NOWHERE, proxy=proxy.url)
        assert hold.until(left=hold.asked)
    assert threads == 1
    assert seconds < within(0.2)


CARRIED = """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    options = {**to(sys.argv[1], max_concurrency=2, max_retries=0), "inputs": texts(9), "batch_size": 1}

    async def call():
        try:
            await aembedding(**options)
        except asyncio.CancelledError as ended:
            print([item.embedding and int(item.embedding[0]) for item in ended.partial.data])
            raise

    try:
        embedding(**options) if sys.argv[2] == "sync" else asyncio.run(call())
    except KeyboardInterrupt as ended:
        if sys.argv[2] == "sync":
            print([item.embedding and int(item.embedding[0]) for item in ended.partial.data])
"""


@pytest.mark.parametrize("way", ["sync", "async"])
def test_an_interrupt_carries_what_was_paid_for(way):
    hold, answered = Hold(), {"0", "1"}
    with (
        Loopback(lambda request: vectors(request) if {*request.json["input"]} <= answered else hold(request)) as server,
        start(CARRIED, server.url, way) as process,
    ):
        try:
            assert hold.until(asked=2)
            process.send_signal(signal.SIGINT)
            output, errors = process.communicate(timeout=20)
        finally:
            process.kill()
    assert (output.strip(), errors) == (str([0, 1] + [None] * 7), "")
