"""Does a process that gave up calls end at once, saying nothing, and does a bomb find no room in it?"""

from __future__ import annotations

import gzip
import time
from textwrap import dedent

import pytest

from loopback import Answer
from numbered import vectors
from patience import within
from programs import STRICT, run
from silent import Hold

AT_ONCE = 8
"""Seconds for a process, most of which go into its start: what hangs takes thirty."""
GIVEN_UP = {
    "a deadline": """
        try:
            call(inputs=texts(4), batch_size=1, deadline=0.3, **options)
        except TimeoutError:
            print("ended")
    """,
    "a deadline in a key": """
        def key(): time.sleep(30)
        try:
            call(inputs=texts(4), batch_size=1, deadline=0.3, **to(sys.argv[1], key))
        except TimeoutError:
            print("ended")
    """,
    "a deadline in a name": """
        import socket
        real = socket.getaddrinfo
        def slow(host, *rest, **more):
            if more.get("flags"): raise socket.gaierror(socket.EAI_NONAME, "no number")
            time.sleep(30)
        socket.getaddrinfo = slow
        try:
            call(inputs="1", deadline=0.3, **to("http://a.name.test", max_retries=0))
        except TimeoutError:
            print("ended")
    """,
    "a call in a thread, left alone": """
        threading.Thread(target=lambda: call(inputs="1", **options), daemon=True).start()
        time.sleep(0.5)
        print("ended")
    """,
    "a task, left alone": """
        async def leave():
            task = asyncio.create_task(aembedding(inputs=texts(4), batch_size=1, **options))
            await asyncio.sleep(0.5)
        asyncio.run(leave())
        print("ended")
    """,
    "a task of a loop that is stopped": """
        loop = asyncio.new_event_loop()
        task = loop.create_task(aembedding(inputs=texts(4), batch_size=1, **options))
        loop.run_until_complete(asyncio.sleep(0.5))
        task.cancel()
        loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
        print("ended")
    """,
    "a cancelled group": """
        async def cancel():
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(aembedding(inputs=texts(4), batch_size=1, **options)) for _ in range(4)]
                await asyncio.sleep(0.5)
                for task in tasks: task.cancel()
        asyncio.run(cancel())
        print("ended")
    """,
    "a wait_for": """
        async def bounded():
            try:
                await asyncio.wait_for(aembedding(inputs=texts(4), batch_size=1, **options), 0.5)
            except TimeoutError:
                print("ended")
        asyncio.run(bounded())
    """,
    "a client that is dropped": """
        client = AnyLLM.create("openai", KEY, sys.argv[1], max_retries=0)
        try:
            if sys.argv[2] == "async":
                asyncio.run(client.aembedding("m", texts(4), batch_size=1, deadline=0.3))
            else:
                client.embedding("m", texts(4), batch_size=1, deadline=0.3)
        except TimeoutError:
            print("ended")
        del client
        gc.collect()
    """,
}


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("story", GIVEN_UP)
def test_a_process_that_gave_up_ends_at_once_and_says_nothing(story, way, loopback):
    colour = """
        def call(**options):
            if sys.argv[2] == "sync":
                return embedding(**options)
            return asyncio.run(aembedding(**options))
    """
    begun = time.monotonic()
    assert run(_joined(colour, GIVEN_UP[story]), loopback(Hold()).url, way, flags=STRICT) == (0, ["ended"], "")
    assert time.monotonic() - begun < within(AT_ONCE)


def _joined(*programs):
    return "".join(map(dedent, programs))


BOMBS = {
    "plain": lambda: Answer(body=b" " * (300 << 20)),
    "gzip": lambda: Answer(body=gzip.compress(b" " * (300 << 20), 1), headers={"content-encoding": "gzip"}),
    "gzip in parts": lambda: Answer(body=gzip.compress(b" " * (1 << 20)) * 300, headers={"content-encoding": "gzip"}),
    "a refusal": lambda: Answer(500, body=gzip.compress(b" " * (1 << 20)) * 300, headers={"content-encoding": "gzip"}),
}


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("bomb", BOMBS)
def test_three_hundred_megabytes_find_no_room(bomb, way, loopback):
    program = """
        import tracemalloc
        inputs = texts(2000 if sys.argv[4] == "a refusal" else 3)  # of a refusal no more is read for more inputs
        def call(url):
            try:
                if sys.argv[2] == "sync":
                    embedding(inputs=inputs, **to(url, max_retries=0))
                else:
                    asyncio.run(aembedding(inputs=inputs, **to(url, max_retries=0)))
            except Exception as error:
                return type(error).__name__
        call(sys.argv[3])
        tracemalloc.start()
        print(call(sys.argv[1]))
        print(tracemalloc.get_traced_memory()[1])
    """
    answer = BOMBS[bomb]()
    code, (name, peak), errors = run(program, loopback(lambda _: answer).url, way, loopback(vectors).url, bomb)
    assert (code, name, errors) == (0, "ProviderError" if bomb == "a refusal" else "InvalidResponseError", "")
    assert int(peak) < 24 << 20
