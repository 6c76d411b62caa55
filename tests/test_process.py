"""Does a process get on with us: over forks and spawns, to an exit that says nothing?"""

from __future__ import annotations

import os
from textwrap import dedent

import pytest

from loopback import Answer
from numbered import vectors
from programs import STRICT, run

FORKS = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
NUMBERS = str([0, 1, 2, 3, 4])
ENDINGS = {
    "sync": """
        print(numbers(embedding(inputs=texts(5), batch_size=1, **options)))
    """,
    "async": """
        print(numbers(asyncio.run(aembedding(inputs=texts(5), batch_size=1, **options))))
    """,
    "five loops": """
        found = [numbers(asyncio.run(aembedding(inputs=texts(5), **options))) for _ in range(5)]
        assert found[1:] == found[:-1]
        print(found[0])
    """,
    "both": """
        async def both():
            assert numbers(embedding(inputs=texts(5), **options)) == list(range(5))
            return await asyncio.gather(*(aembedding(inputs=text, **options) for text in texts(5)))
        print([number for each in asyncio.run(both()) for number in numbers(each)])
    """,
    "uvloop": """
        import uvloop
        async def call():
            return await aembedding(inputs=texts(5), batch_size=1, **options)
        for _ in range(2):
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                found = runner.run(call())
        print(numbers(found))
    """,
    "clients": """
        async def call(client):
            async with client:
                return numbers(await client.aembedding("m", texts(5)))
        client = AnyLLM.create("openai", KEY, sys.argv[1])
        with client:
            assert numbers(client.embedding("m", texts(5))) == list(range(5))
        print(asyncio.run(call(client)))
    """,
    "clients let go of": """
        async def call():
            client = AnyLLM.create("openai", KEY, sys.argv[1])
            found = numbers(await client.aembedding("m", texts(5)))
            del client
            gc.collect()
            return found
        assert numbers(AnyLLM.create("openai", KEY, sys.argv[1]).embedding("m", texts(5))) == list(range(5))
        gc.collect()
        print(asyncio.run(call()))
    """,
    "errors": """
        for call in (embedding, lambda **all: asyncio.run(aembedding(**all))):
            try:
                call(inputs=["no number", "1", "2"], batch_size=1, **to(sys.argv[1], max_retries=0))
            except Exception as error:
                assert type(error).__name__ == "InvalidRequestError", error
        gc.collect()
        print(list(range(5)))
    """,
    "threads": """
        found = []
        threads = [threading.Thread(target=lambda: found.append(numbers(embedding(inputs=texts(5), **options)))),
                   threading.Thread(target=lambda: asyncio.run(aembedding(inputs=texts(5), **options)))]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        print(*found)
    """,
}


def answer(request):
    # An error ends other requests midway: of some, no body comes.
    refused = b"no number" in request.body or not request.body
    return Answer(400, json={"error": {"message": "no"}}) if refused else vectors(request)


@pytest.mark.parametrize("program", ENDINGS)
def test_an_exit_without_close_says_nothing(program, loopback):
    assert run(ENDINGS[program], loopback(answer).url, flags=STRICT) == (0, [NUMBERS], "")


@FORKS
@pytest.mark.parametrize("way", ["sync", "async"])
def test_parent_and_child_of_a_fork_use_connections_of_their_own(way, loopback):
    program = """
        def call():
            if sys.argv[2] == "sync":
                return numbers(embedding(inputs=texts(5), **options))
            return numbers(asyncio.run(aembedding(inputs=texts(5), **options)))
        call()
        child = os.fork()
        for _ in range(3):
            sys.stdout.write(f"{call()}\\n")
            sys.stdout.flush()
        if child:
            assert os.waitpid(child, 0)[1] == 0
    """
    server = loopback(vectors)
    assert run(program, server.url, way, flags=STRICT) == (0, [NUMBERS] * 6, "")
    assert len(server.requests) == 7
    # Sync: the parent keeps its own, and the child opens one. Async: each loop opens one.
    assert server.connections == (2 if way == "sync" else 7)


@FORKS
def test_a_fork_while_a_lock_is_held_does_not_lock_the_child(loopback):
    program = """
        from any_llm import shared
        from any_llm.flow.memory import MEMORY
        from any_llm.providers.table import ROWS
        from any_llm.registry import REGISTRY, register_provider
        client = AnyLLM.create("openai", KEY, sys.argv[1])
        client.embedding("m", texts(5))
        asyncio.run(client.aembedding("m", texts(5)))
        tls = client._connections._blocking._tls, client._connections._asynchronous._tls
        locks = shared._lock, MEMORY.lock, REGISTRY._lock, tls[0]._lock, tls[1]._lock
        for lock in locks: lock.acquire()
        child = os.fork()
        if child:
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        else:
            signal.alarm(10)
            embedding(inputs=texts(5), **options)
            MEMORY.learn(("", "", 0), 0.0)
            register_provider(ROWS["openai"])
            for each in tls:
                each.context()
            client.embedding("m", texts(5))
            asyncio.run(client.aembedding("m", texts(5)))
    """
    assert run(program, loopback(vectors).url) == (0, ["0"], "")


@FORKS
@pytest.mark.parametrize("way", ["sync", "async"])
def test_forks_beside_threads_that_call_for_the_first_time(way, loopback):
    program = """
        over = threading.Event()
        def call():
            if sys.argv[2] == "sync":
                return numbers(embedding(inputs=texts(5), batch_size=1, **options))
            return numbers(asyncio.run(aembedding(inputs=texts(5), batch_size=1, **options)))
        def calls():
            while not over.is_set():
                call()
        threads = [threading.Thread(target=calls) for _ in range(3)]
        for thread in threads: thread.start()
        statuses = []
        for _ in range(8):  # a module half imported at the fork would stay so in the child, and lock it
            child = os.fork()
            if not child:
                signal.alarm(10)
                os._exit(0 if call() == list(range(5)) else 3)
            statuses.append(os.waitpid(child, 0)[1])
        over.set()
        for thread in threads: thread.join()
        print(statuses)
    """
    # Python itself warns of forks beside threads from 3.12 on.
    assert run(program, loopback(vectors).url, way, flags=("-W", "ignore")) == (0, [str([0] * 8)], "")


def test_a_spawned_process_makes_its_own(loopback, tmp_path):
    program = """
        import multiprocessing
        sys.path.insert(0, sys.argv[2])
        from calls import call
        if __name__ == "__main__":
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                print(call(sys.argv[1]), pool.apply(call, sys.argv[1:2]), sep="\\n")
                pool.close()
                pool.join()
    """
    calls = """
        from any_llm import embedding
        from numbered import numbers, texts, to

        def call(url):
            return numbers(embedding(inputs=texts(5), **to(url)))
    """
    (tmp_path / "calls.py").write_text(dedent(calls))
    assert run(program, loopback(vectors).url, tmp_path) == (0, [NUMBERS] * 2, "")
