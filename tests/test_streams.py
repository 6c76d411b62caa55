"""Do streams of any length come back in order, in bounded memory, and end as they should? For threads and for tasks."""

from __future__ import annotations

import asyncio
import itertools
import threading
from contextlib import aclosing, closing

import pytest

from any_llm import (
    AnyLLM,
    AuthenticationError,
    Chunk,
    InvalidRequestError,
    InvalidResponseError,
    ProviderTimeoutError,
    aembed_iter,
    embed_iter,
)
from loopback import Answer
from numbered import KEY, known, numbers, texts, to, vectors
from programs import STRICT, run
from silent import Hold


def in_a_loop(inputs, model, **options):
    """The async twin, read in a loop of its own as the sync one is."""
    with asyncio.Runner() as runner:
        chunks = aembed_iter(inputs, model, **options)
        try:
            while True:
                try:
                    yield runner.run(anext(chunks))
                except StopAsyncIteration:
                    return
        finally:
            runner.run(chunks.aclose())


COLOURS = pytest.mark.parametrize("stream", [embed_iter, in_a_loop], ids=["sync", "async"])


def drain(chunks, taken):
    """Take all chunks, and keep what was taken when one is an error."""
    for chunk in chunks:
        taken += numbers(chunk.result)


def found(chunks):
    return [number for chunk in chunks for number in numbers(chunk.result)]


@COLOURS
@pytest.mark.parametrize(("count", "size"), [(0, 4), (1, 4), (4, 4), (5, 4), (100, 7), (100, 1), (30, 1000)])
def test_chunks_come_in_order_each_with_its_inputs(stream, count, size, loopback):
    server = loopback(vectors)
    chunks = list(stream(iter(texts(count)), chunk_size=size, **to(server.url)))
    assert [len(chunk) for chunk in chunks] == [size] * (count // size) + [count % size] * (count % size > 0)
    assert [chunk.start for chunk in chunks] == list(range(0, count, size))
    assert [text for chunk in chunks for text in chunk.inputs] == texts(count)
    assert found(chunks) == list(range(count))
    assert all(item.index == place for chunk in chunks for place, item in enumerate(chunk.result.data))


@COLOURS
def test_the_last_may_be_answered_first(stream, loopback):
    last = threading.Event()

    def answer(request):
        if "0" in request.json["input"]:
            assert last.wait(20)
        elif "5" in request.json["input"]:
            last.set()
        return vectors(request)

    options = known(loopback(answer).url, max_concurrency=3)
    assert found(stream(texts(6), chunk_size=2, **options)) == list(range(6))


@COLOURS
def test_a_chunk_need_not_wait_for_those_before_it(stream, loopback):
    taken = threading.Event()

    def answer(request):
        if "0" in request.json["input"]:
            assert taken.wait(20)
        return vectors(request)

    chunks = stream(texts(7), chunk_size=2, ordered=False, **known(loopback(answer).url, max_concurrency=2))
    starts = []
    with closing(chunks):
        for chunk in chunks:
            starts.append(chunk.start)
            assert numbers(chunk.result) == list(range(chunk.start, chunk.start + len(chunk)))
            if len(starts) == 3:
                taken.set()
    assert starts == [2, 4, 6, 0]


@COLOURS
def test_an_error_carries_those_of_which_no_chunk_was_given(stream, loopback):
    taken = threading.Event()

    def answer(request):
        if "3" in request.json["input"]:
            assert taken.wait(20)
            return Answer(401)
        return vectors(request)

    options = known(loopback(answer).url, max_concurrency=2)
    chunks = stream(texts(6), chunk_size=2, batch_size=1, ordered=False, **options)
    assert [next(chunks).start, next(chunks).start] == [0, 4]
    taken.set()
    with pytest.raises(AuthenticationError) as caught:
        next(chunks)
    assert [item.embedding and item.embedding[0] for item in caught.value.partial.data] == [2, None]


@COLOURS
def test_it_reads_no_further_than_it_may_work_ahead(stream, loopback):
    read = []

    def endless():
        for number in itertools.count():
            read.append(number)
            yield str(number)

    chunks = stream(endless(), chunk_size=5, **known(loopback(vectors).url, max_concurrency=2))
    with closing(chunks):
        for taken in range(1, 40):
            assert numbers(next(chunks).result) == list(range(5 * taken - 5, 5 * taken))
            assert len(read) <= 5 * (taken + 2 + 1)


class Two:
    """Answers the first chunk once the second is asked for, and the second once the first was taken."""

    def __init__(self):
        self.asked, self.taken, self.answered = threading.Event(), threading.Event(), threading.Event()

    def __call__(self, request):
        if "0" in request.json["input"]:
            assert self.asked.wait(20)
            return vectors(request)
        self.asked.set()
        assert self.taken.wait(20)
        self.answered.set()
        return vectors(request)


def test_threads_go_on_while_a_chunk_is_looked_at(loopback):
    two = Two()
    with closing(embed_iter(texts(20), chunk_size=10, **known(loopback(two).url))) as chunks:
        next(chunks)
        two.taken.set()
        assert two.answered.wait(20)


async def test_tasks_go_on_while_something_else_is_awaited(loopback):
    two = Two()
    async with aclosing(aembed_iter(texts(20), chunk_size=10, **known(loopback(two).url))) as chunks:
        await anext(chunks)
        two.taken.set()
        assert await asyncio.to_thread(two.answered.wait, 20)


def test_an_iterable_is_read_on_the_thread_that_asks(loopback):
    threads = set()

    def source():
        for text in texts(50):
            threads.add(threading.get_ident())
            yield text

    assert found(embed_iter(source(), chunk_size=3, **to(loopback(vectors).url))) == list(range(50))
    assert threads == {threading.get_ident()}


async def test_an_async_iterable(loopback):
    async def source():
        for text in texts(50):
            await asyncio.sleep(0)
            yield text

    chunks = [chunk async for chunk in aembed_iter(source(), chunk_size=7, **to(loopback(vectors).url))]
    assert found(chunks) == list(range(50))


@pytest.mark.parametrize("inputs", ["one text", b"bytes", 5, None, [["a"]]], ids=repr)
def test_what_is_no_iterable_of_texts_is_refused(inputs, loopback):
    server = loopback(vectors)
    with pytest.raises(InvalidRequestError):
        list(embed_iter(inputs, **to(server.url)))
    with pytest.raises(InvalidRequestError):
        list(in_a_loop(inputs, **to(server.url)))
    assert server.requests == []


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"chunk_size": 0}, "chunk_size"),
        ({"batch_size": -1}, "batch_size"),
        ({"on_error": "x"}, "on_error"),
        ({"ordered": 1}, "ordered"),
    ],
)
def test_a_wrong_option_is_refused_before_anything_is_read(options, word, loopback):
    read = iter(["1"])
    for stream in (embed_iter, aembed_iter):
        with pytest.raises(InvalidRequestError, match=word):
            stream(read, **options, **to(loopback(vectors).url))
    assert next(read) == "1"


@COLOURS
def test_an_error_says_where_in_the_stream_and_carries_what_was_not_yet_taken(stream, loopback):
    def answer(request):
        return Answer(400, json={"error": {"message": "no"}}) if "17" in request.json["input"] else vectors(request)

    chunks = stream(texts(40), chunk_size=5, **to(loopback(answer).url, max_concurrency=1))
    taken = []
    with pytest.raises(InvalidRequestError) as caught:
        drain(chunks, taken)
    assert taken == list(range(len(taken)))
    assert caught.value.index == 17
    kept = [item for item in caught.value.partial.data if item.embedding is not None]
    assert all(item.embedding[0] == len(taken) + item.index for item in kept)
    assert len(kept) >= 2


@COLOURS
def test_bad_inputs_may_be_collected(stream, loopback):
    def answer(request):
        refused = {"3", "17"} & {*request.json["input"]}
        return Answer(400, json={"error": {"message": "no"}}) if refused else vectors(request)

    chunks = list(stream(texts(20), chunk_size=5, on_error="collect", **to(loopback(answer).url)))
    assert [(chunk.start, [*chunk.result.errors]) for chunk in chunks] == [(0, [3]), (5, []), (10, []), (15, [2])]
    assert [item.embedding is None for item in chunks[3].result.data] == [False, False, True, False, False]


@COLOURS
def test_an_exception_of_the_iterable_comes_after_what_was_good(stream, loopback):
    def source():
        yield from texts(7)
        raise LookupError("the table ended")

    chunks = stream(source(), chunk_size=3, **to(loopback(vectors).url))
    taken = []
    with pytest.raises(LookupError, match="the table ended"):
        drain(chunks, taken)
    assert taken == list(range(6))


@COLOURS
def test_what_is_no_text_is_named_by_its_place_after_what_was_good(stream, loopback):
    chunks = stream([*texts(7), None], chunk_size=3, **to(loopback(vectors).url))
    taken = []
    with pytest.raises(InvalidRequestError, match=r"inputs\[7\] is NoneType") as caught:
        drain(chunks, taken)
    assert (caught.value.index, taken) == (7, list(range(6)))


@COLOURS
@pytest.mark.parametrize("change", ["width", "model"])
def test_a_provider_that_changes_its_model_midway_is_seen(stream, change, loopback):
    def answer(request):
        body = vectors(request)
        if "9" not in request.json["input"]:
            return body
        data = [{"embedding": [1.0, 2.0, 3.0][: 3 if change == "width" else 2], "index": 0}]
        return Answer(json={"data": data, "model": "other" if change == "model" else "m"})

    with pytest.raises(InvalidResponseError, match=r"3 wide, not the 2" if change == "width" else "several models"):
        list(stream(texts(10), chunk_size=9, **to(loopback(answer).url)))


@COLOURS
def test_leaving_early_ends_what_is_under_way(stream, loopback):
    hold = Hold()

    def answer(request):
        if request.json["input"] != ["0"]:
            return hold(request)
        assert hold.until(asked=1)
        return vectors(request)

    before = threading.active_count()
    chunks = stream(map(str, itertools.count()), chunk_size=1, **known(loopback(answer).url, max_concurrency=3))
    assert numbers(next(chunks).result) == [0]
    chunks.close()
    assert hold.until(left=hold.asked)
    loopback_threads = sum(thread.name.startswith("loopback") for thread in threading.enumerate())
    assert threading.active_count() - loopback_threads <= before


@COLOURS
def test_a_deadline_is_for_the_whole_stream(stream, loopback):
    hold = Hold()
    with pytest.raises(ProviderTimeoutError, match="deadline"):
        list(stream(texts(9), chunk_size=3, deadline=0.3, **known(loopback(hold).url)))
    assert hold.until(left=hold.asked)


async def test_tasks_may_cancel_a_stream(loopback):
    hold = Hold()

    async def read():
        async with aclosing(aembed_iter(texts(9), chunk_size=3, **known(loopback(hold).url))) as chunks:
            async for _ in chunks:
                pass

    task = asyncio.create_task(read())
    assert await asyncio.to_thread(hold.until, asked=2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(hold.until, left=hold.asked)


def test_a_client_has_both(loopback):
    with AnyLLM.create("openai", KEY, loopback(vectors).url) as client:
        assert found(client.embed_iter(texts(10), "m", chunk_size=4, dimensions=2, batch_size=3)) == list(range(10))

        async def read():
            return [chunk async for chunk in client.aembed_iter(texts(10), "m", chunk_size=4)]

        assert found(asyncio.run(read())) == list(range(10))


def test_a_chunk_shows_no_text():
    chunk = next(embed_iter(["a secret"], "fake:m"))
    assert isinstance(chunk, Chunk)
    assert "secret" not in repr(chunk)
    assert len(chunk) == 1


def test_no_stream_leaves_anything_behind(loopback):
    program = """
        import gc
        from any_llm import aembed_iter, embed_iter
        options = to(sys.argv[1])
        print(sum(len(chunk) for chunk in embed_iter(texts(50), chunk_size=7, **options)))
        for chunk in embed_iter(texts(50), chunk_size=7, **options):
            break
        async def some():
            async for chunk in aembed_iter(texts(50), chunk_size=7, **options):
                break
            return sum([len(chunk) async for chunk in aembed_iter(texts(50), chunk_size=7, **options)])
        print(asyncio.run(some()))
        gc.collect()
    """
    assert run(program, loopback(vectors).url, flags=STRICT) == (0, ["50", "50"], "")
