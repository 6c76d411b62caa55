"""Do threads and tasks share what may be in flight, and is nobody left waiting: by an error, Ctrl-C, a loop, a fork?"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from any_llm import AnyLLM, AnyLLMError, ProviderTimeoutError, RateLimitError, aembedding, embedding
from any_llm.flow.memory import MEMORY
from any_llm.transport.admission import LOOK
from colours import COLOURS
from loopback import Answer, Raw
from numbered import KEY, known, numbers, texts, to, vectors
from patience import within
from programs import STRICT, run
from silent import Hold


def held():
    """Places that somebody holds or wants."""
    return [pace.lanes for pace in MEMORY._paces.values() if pace.lanes]


class Gate:
    """An answer that is given when the test says so."""

    def __init__(self):
        self.changed, self.arrived, self.open, self.most, self.flying = threading.Condition(), [], 0, 0, 0

    def __call__(self, request):
        with self.changed:
            place = len(self.arrived)
            self.arrived.append(request.json["input"][0])
            self.flying += 1
            self.most = max(self.most, self.flying)
            self.changed.notify_all()
            assert self.changed.wait_for(lambda: self.open > place, 20)
            self.flying -= 1
        return vectors(request)

    def let(self, count):
        """Answer the first so many that come."""
        with self.changed:
            self.open = count
            self.changed.notify_all()

    def until(self, count):
        """Wait until so many have come."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.arrived) >= count, 20)


def test_threads_and_tasks_of_a_client_share_what_may_be_in_flight(loopback):
    gate = Gate()
    server = known(loopback(gate).url)["api_base"]
    client = AnyLLM.create("openai", KEY, server, max_concurrency=3)

    async def tasks():
        return await asyncio.gather(*(client.aembedding("m", texts(5), batch_size=1) for _ in range(2)))

    with ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(client.embedding, "m", texts(5), batch_size=1) for _ in range(2)]
        calls += [pool.submit(asyncio.run, tasks())]
        gate.until(3)
        gate.let(99)
        found = [calls[0].result(), calls[1].result(), *calls[2].result()]
    client.close()
    assert [numbers(each) for each in found] == [list(range(5))] * 4
    assert (gate.most, held()) == (3, [])


def test_another_model_or_client_has_places_of_its_own(loopback):
    gate = Gate()
    options = to(loopback(gate).url, max_concurrency=1)
    others = [options, {**options, "model": "another"}, {**options, "client_args": {"max_concurrency": 1, "rpm": 99}}]
    with ThreadPoolExecutor(3) as pool:
        calls = [pool.submit(embedding, inputs="5", **each) for each in others]
        gate.until(3)
        gate.let(3)
        assert [numbers(each.result()) for each in calls] == [[5]] * 3


@pytest.mark.parametrize("single", ["thread", "task"])
@pytest.mark.parametrize("bulk", ["thread", "task"])
def test_one_text_overtakes_a_long_call(bulk, single, loopback):
    gate = Gate()
    options = known(loopback(gate).url, max_concurrency=2)

    def call(way, inputs):
        if way == "thread":
            return embedding(inputs=inputs, batch_size=1, **options)
        return asyncio.run(aembedding(inputs=inputs, batch_size=1, **options))

    with ThreadPoolExecutor(2) as pool:
        long = pool.submit(call, bulk, texts(20))
        gate.until(2)
        short = pool.submit(call, single, ["77"])
        waits_for(lambda: sum(len(lane.waiting) for lanes in held() for lane in lanes.values()) >= 1)
        waits_for(lambda: any(slot.caller.in_flight == 0 for lanes in held() for lane in lanes.values()
                              for slot in lane.waiting))  # fmt: skip
        gate.let(1)
        gate.until(3)
        gate.let(99)
        assert (numbers(short.result()), numbers(long.result())) == ([77], list(range(20)))
    assert gate.arrived[2] == "77"


def waits_for(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        threading.Event().wait(0.005)


ENDINGS = {
    "an error": (Answer(400, json={"error": {"message": "no"}}), {}),
    "a server's error": (Answer(500), {}),
    "hung up": (Raw(lambda connection: connection.reset()), {}),
    "a broken reply": (Answer(json={"data": []}), {}),
    "a deadline": (Raw(lambda connection: connection.wait(9)), {"deadline": 0.2}),
    "a timeout": (Raw(lambda connection: connection.wait(9)), {"timeout": 0.1}),
}


@COLOURS
@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("batches", [1, 6])
def test_whatever_ends_a_call_the_next_one_goes(ending, batches, call, loopback):
    answer, options = ENDINGS[ending]
    ill = [True]
    server = loopback(lambda request: answer if ill else vectors(request))
    call_options = {**to(server.url, max_concurrency=2, max_retries=0), "batch_size": 1}
    with pytest.raises(AnyLLMError):
        call(inputs=texts(batches), **call_options, **options)
    assert held() == []
    ill.clear()
    assert numbers(call(inputs=texts(4), **call_options, deadline=within(5))) == list(range(4))


@COLOURS
def test_a_deadline_ends_a_wait_for_a_place(call, loopback):
    hold = Hold(first=1)
    options = to(loopback(hold).url, max_concurrency=1)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(embedding, inputs="1", deadline=within(1), **options)
        assert hold.until(asked=1)
        begun = time.monotonic()
        with pytest.raises(ProviderTimeoutError, match="deadline"):
            call(inputs="2", deadline=0.2, **options)
        assert 0.15 < time.monotonic() - begun < within(0.6)
        with suppress(ProviderTimeoutError):
            first.result()
    assert held() == []


@pytest.mark.skipif(sys.platform == "win32", reason="no signal can be sent to a thread there")
def test_an_interrupt_ends_waits_for_a_place(loopback):
    """All threads of the call wait, for others have both places: they are not left behind until they look again."""
    hold = Hold(first=2)
    options = known(loopback(hold).url, max_concurrency=2)

    def interrupt():
        waits_for(lambda: any(len(lane.waiting) == 2 for lanes in held() for lane in lanes.values()))
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    with ThreadPoolExecutor(3) as pool:
        others = [pool.submit(embedding, inputs="9", deadline=within(2), **options) for _ in range(2)]
        assert hold.until(asked=2)
        others.append(pool.submit(interrupt))
        before = ours()
        with pytest.raises(KeyboardInterrupt):
            embedding(inputs=texts(2), batch_size=1, **options)
        assert ours() == before
        assert [type(each.exception()) for each in others] == [ProviderTimeoutError] * 2 + [type(None)]


def ours():
    return {each for each in threading.enumerate() if not each.name.startswith("loopback")}


async def test_a_cancelled_task_gives_its_place_or_its_wait_back(loopback):
    hold = Hold(first=1)
    options = to(loopback(hold).url, max_concurrency=1)
    flying = asyncio.create_task(aembedding(inputs="1", **options))
    assert await asyncio.to_thread(hold.until, asked=1)
    waiting = asyncio.create_task(aembedding(inputs="2", **options))
    last = asyncio.create_task(aembedding(inputs="3", **options))
    await asyncio.sleep(0)
    waiting.cancel()
    flying.cancel()
    assert numbers(await asyncio.wait_for(last, within(LOOK / 2))) == [3]
    assert [type(each) for each in await asyncio.gather(flying, waiting, return_exceptions=True)] == [
        asyncio.CancelledError
    ] * 2
    assert held() == []


@pytest.mark.skipif(sys.platform == "win32", reason="no signal can be sent to a thread there")
@pytest.mark.parametrize("batches", [1, 3])
def test_an_interrupt_gives_the_place_back(batches, loopback):
    def interrupt(request):
        if request.json["input"] == ["0"] and not interrupted:
            interrupted.append(1)
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
            return Raw(lambda connection: connection.wait(9))
        return vectors(request)

    interrupted = []
    options = {**known(loopback(interrupt).url, max_concurrency=1), "batch_size": 1}
    with pytest.raises(KeyboardInterrupt):
        embedding(inputs=texts(batches), **options)
    assert held() == []
    assert numbers(embedding(inputs=texts(batches), deadline=within(2), **options)) == list(range(batches))


async def test_a_call_that_holds_its_own_loop_up_does_not_wait_for_it(loopback):
    """As in a notebook: tasks of this loop hold all places, and cannot end before the blocking call here does."""
    hold = Hold(first=2)
    options = known(loopback(hold).url, max_concurrency=2)
    tasks = [asyncio.create_task(aembedding(inputs=text, **options)) for text in texts(4)]
    assert await asyncio.to_thread(hold.until, asked=2)
    assert numbers(embedding(inputs=texts(6), batch_size=1, deadline=within(LOOK), **options)) == list(range(6))
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert held() == []


def test_nobody_waits_for_a_loop_that_was_stopped(loopback):
    hold = Hold(first=1)
    options = to(loopback(hold).url, max_concurrency=1)
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        tasks = [loop.create_task(aembedding(inputs=text, **options)) for text in texts(3)]
        assert runner.run(asyncio.to_thread(hold.until, asked=1))
        # One is in flight and two wait: while their loop stands still, they are passed over.
        assert numbers(embedding(inputs="7", deadline=within(LOOK), **options)) == [7]
        tasks[0].cancel()
        found = runner.run(asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), within(2 * LOOK)))
    assert [numbers(each) for each in found[1:]] == [[1], [2]]
    assert held() == []


def test_one_who_waits_notices_that_a_loop_was_stopped(loopback):
    hold = Hold(first=1)
    options = to(loopback(hold).url, max_concurrency=1)
    with asyncio.Runner() as runner, ThreadPoolExecutor(1) as pool:
        task = runner.get_loop().create_task(aembedding(inputs="1", **options))

        async def until_another_waits():
            await asyncio.to_thread(hold.until, asked=1)
            waiting = pool.submit(embedding, inputs="7", deadline=within(5 * LOOK), **options)
            await asyncio.to_thread(waits_for, lambda: any(lane.waiting for lanes in held() for lane in lanes.values()))
            return waiting

        assert numbers(runner.run(until_another_waits()).result()) == [7]
        task.cancel()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_child_does_not_wait_for_its_parents_requests(loopback):
    hold = Hold(first=1)
    program = """
        options = to(sys.argv[1], max_concurrency=1)
        threading.Thread(target=lambda: embedding(inputs="1", **options), daemon=True).start()
        lane = lambda: [lane.flying for pace in MEMORY._paces.values() for lane in pace.lanes.values()]
        from any_llm.flow.memory import MEMORY
        while not any(lane()):
            time.sleep(0.01)
        if os.fork():
            os._exit(os.waitstatus_to_exitcode(os.wait()[1]))
        print(numbers(embedding(inputs="7", deadline=10, **options)), flush=True)
        os._exit(0)
    """
    flags = [flag for flag in STRICT if flag != "error"] + ["ignore"]  # a fork with threads is a warning from 3.12 on
    assert run(program, loopback(hold).url, flags=tuple(flags)) == (0, ["[7]"], "")


@COLOURS
def test_a_given_rate_holds_over_calls(call, loopback):
    """The third of two a minute is not begun when it could not end in time."""
    server = loopback(vectors)
    options = known(server.url, rpm=2)
    for _ in range(2):
        call(inputs="1", **options)
    begun = time.monotonic()
    with pytest.raises(ProviderTimeoutError, match="deadline would pass"):
        call(inputs="1", deadline=30, **options)
    assert time.monotonic() - begun < within(1)
    assert (len(server.requests), held()) == (2, [])


@COLOURS
def test_a_refusal_for_more_than_a_minute_is_raised_at_once(call, loopback):
    server = loopback(lambda _: Answer(429, headers={"retry-after": "90"}))
    with pytest.raises(RateLimitError) as caught:
        call(inputs="1", **to(server.url))
    assert (caught.value.retry_after, len(server.requests)) == ("90", 1)
