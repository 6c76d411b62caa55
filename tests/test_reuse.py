"""Is a connection used again only when that is safe, and a request sent again when only its connection was at fault?"""

from __future__ import annotations

import asyncio
import io
import itertools
import json
import socket
import threading

import pytest

from any_llm import AnyLLM, ProviderConnectionError, ProviderTimeoutError
from colours import COLOURS, in_a_loop
from loopback import Answer, Raw
from numbered import KEY, known, numbers, texts, vectors
from tls import AUTHORITY, SecureLoopback

IN_TIME = 20


class Client:
    """One client, called in one way, in one loop if it needs one."""

    def __init__(self, call, url, **options):
        self._asynchronously = call is in_a_loop
        known(url)
        self._client = AnyLLM.create("openai", KEY, url, max_retries=0, **options)
        self._runner = asyncio.Runner()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._run(self._client.aclose())
        self._runner.close()

    def _run(self, coroutine):
        return self._runner.run(coroutine)

    def __call__(self, *inputs, **options):
        options = {"deadline": IN_TIME, **options}
        if self._asynchronously:
            return numbers(self._run(self._client.aembedding("m", list(inputs), **options)))
        return numbers(self._client.embedding("m", list(inputs), **options))


def kept(end):
    """Answer each request on a connection that seems to be kept, and then `end` it in this way when told to."""
    go, gone = threading.Semaphore(0), threading.Semaphore(0)

    def answer(request):
        def write(connection):
            connection.send(vectors(request).encode())
            assert go.acquire(timeout=IN_TIME)
            end(connection)
            gone.release()

        return Raw(write)

    return answer, go, gone


def swallow(connection):
    """Read the next request, and hang up without a word."""
    connection.socket.recv(65536)


def swallow_and_reset(connection):
    connection.socket.recv(65536)
    connection.reset()


def shut(connection):
    connection.socket.shutdown(socket.SHUT_RDWR)


def stray(connection):
    """Say something nobody asked for: a whole reply, to another question."""
    connection.send(Answer(json={"data": [{"index": 0, "embedding": [666.0, 1.0]}], "model": "m"}).encode())


@COLOURS
@pytest.mark.parametrize("end", [shut, lambda connection: connection.reset(), stray], ids=["shut", "reset", "stray"])
def test_a_connection_that_ended_or_stirred_while_idle_is_not_used(end, call, loopback):
    answer, go, gone = kept(end)
    server = loopback(answer)
    with Client(call, server.url) as client:
        for number in range(3):
            # The loop stands still meanwhile: it does not hear of the end, and must look.
            assert client(str(number)) == [number]
            go.release()
            assert gone.acquire(timeout=IN_TIME)
    assert (len(server.requests), server.connections) == (3, 3)


def half_stray(connection):
    """Say half of something nobody asked for, and the rest of it to whoever asks next."""
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Le")
    threading.Thread(target=_rest, args=(connection.socket.dup(),)).start()


def _rest(sock):
    with sock:
        if sock.recv(65536):
            sock.sendall(b"ngth: 0\r\n\r\n")


@pytest.mark.parametrize("end", [shut, stray, half_stray])
async def test_a_running_loop_hears_of_it(end, loopback):
    answer, go, gone = kept(end)
    server = loopback(answer)
    async with AnyLLM.create("openai", KEY, server.url, max_retries=0) as client:
        for number in range(3):
            assert numbers(await client.aembedding("m", str(number))) == [number]
            go.release()
            assert await asyncio.to_thread(gone.acquire, timeout=IN_TIME)
    assert server.connections == 3


@COLOURS
@pytest.mark.parametrize("end", [swallow, swallow_and_reset])
def test_a_kept_connection_that_is_closed_on_a_request_is_no_failure(end, call, loopback):
    count = itertools.count()

    def answer(request):
        if next(count) % 2:
            return vectors(request)

        def write(connection):
            connection.send(vectors(request).encode())
            end(connection)

        return Raw(write)

    server = loopback(answer)
    with Client(call, server.url) as client:
        assert [client(text) for text in texts(6)] == [[number] for number in range(6)]
    # What was swallowed the server did not count as a request: nothing is billed twice.
    assert len(server.requests) == 6


@COLOURS
@pytest.mark.parametrize("end", [swallow, swallow_and_reset])
def test_of_several_kept_connections_that_are_closed_each_request_meets_one(end, call, loopback):
    together = threading.Barrier(4)
    count = itertools.count()

    def answer(request):
        if next(count) >= 4:
            return vectors(request)

        def write(connection):
            together.wait(IN_TIME)
            connection.send(vectors(request).encode())
            end(connection)

        return Raw(write)

    server = loopback(answer)
    with Client(call, server.url, max_concurrency=4) as client:
        assert client(*texts(4), batch_size=1) == [0, 1, 2, 3]
        assert client("5") == [5]
        assert client("6") == [6]


@COLOURS
def test_a_new_connection_that_is_closed_on_a_request_is_a_failure(call, loopback):
    server = loopback(lambda _: Raw(lambda _: None))
    with Client(call, server.url) as client, pytest.raises(ProviderConnectionError):
        client("5")
    assert len(server.requests) == 1


@COLOURS
def test_a_kept_connection_that_breaks_within_a_reply_is_a_failure(call, loopback):
    count = itertools.count()

    def answer(request):
        return Raw(lambda connection: connection.send(b"HTTP/1.1 2")) if next(count) else vectors(request)

    server = loopback(answer)
    with Client(call, server.url) as client:
        assert client("5") == [5]
        with pytest.raises(ProviderConnectionError):
            client("6")
    assert len(server.requests) == 2


@COLOURS
@pytest.mark.parametrize("limit", ["timeout", "deadline"])
@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 200 OK\r\nContent-Le"], ids=["before", "within"])
def test_the_reply_to_an_abandoned_request_reaches_nobody(begun, limit, call, loopback):
    abandoned = threading.Event()

    def answer(request):
        if request.json["input"] != ["0"]:
            return vectors(request)

        def late(connection):
            connection.send(begun)
            assert abandoned.wait(IN_TIME)
            connection.send(vectors(request).encode()[len(begun) :])

        return Raw(late)

    server = loopback(answer)
    with Client(call, server.url) as client:
        assert client("9") == [9]
        with pytest.raises(ProviderTimeoutError):
            client("0", **{limit: 0.2})
        abandoned.set()
        assert [client(text) for text in ("1", "2", "3")] == [[1], [2], [3]]
    # It was not sent again on a new connection, either: a server that is slow was not asleep.
    assert [each.json["input"] for each in server.requests] == [["9"], ["0"], ["1"], ["2"], ["3"]]
    assert server.requests[1].connection not in {each.connection for each in server.requests[2:]}


async def test_the_reply_to_a_cancelled_task_reaches_nobody(loopback):
    held, cancelled = threading.Event(), threading.Event()

    def answer(request):
        if request.json["input"] != ["0"]:
            return vectors(request)

        def late(connection):
            held.set()
            assert cancelled.wait(IN_TIME)
            connection.send(vectors(request).encode())

        return Raw(late)

    async with AnyLLM.create("openai", KEY, loopback(answer).url) as client:
        task = asyncio.create_task(client.aembedding("m", "0"))
        assert await asyncio.to_thread(held.wait, IN_TIME)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        cancelled.set()
        for number in (1, 2, 3):
            assert numbers(await client.aembedding("m", str(number))) == [number]


@COLOURS
def test_a_call_in_flight_outlives_the_closing_of_its_client(call, loopback):
    flying, closed = threading.Barrier(4), threading.Event()

    def answer(request):
        if request.json["input"][0] in texts(3):
            flying.wait(IN_TIME)
            assert closed.wait(IN_TIME)
        return vectors(request)

    server = loopback(answer)
    known(server.url)
    client = AnyLLM.create("openai", KEY, server.url, max_retries=0, max_concurrency=3)
    options = {"batch_size": 1, "deadline": IN_TIME}

    async def close_meanwhile():
        if call is in_a_loop:
            task = asyncio.create_task(client.aembedding("m", texts(6), **options))
        else:
            task = asyncio.create_task(asyncio.to_thread(client.embedding, "m", texts(6), **options))
        await asyncio.to_thread(flying.wait, IN_TIME)
        await client.aclose()
        closed.set()
        assert numbers(await task) == list(range(6))
        await client.aclose()

    asyncio.run(close_meanwhile())
    assert len(server.requests) == 6


class OneRecord(SecureLoopback):
    """Answers the first request with the right reply and, in the same TLS record, the reply to another question."""

    def _serve(self, connection):
        if connection.number > 0:
            super()._serve(connection)
            return
        connection.socket = self._context.wrap_socket(connection.socket, server_side=True)
        with connection.socket as sock:
            sock.recv(65536)
            body = json.dumps({"data": [{"index": 0, "embedding": [5.0, 1.0]}], "model": "m"}).encode()
            head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"
            room = io.DEFAULT_BUFFER_SIZE - len(head % 1000)  # all of it, and no more, is read at once
            reply = head % room + body.ljust(room)
            assert len(reply) == io.DEFAULT_BUFFER_SIZE
            sock.sendall(
                reply + Answer(json={"data": [{"index": 0, "embedding": [666.0, 1.0]}], "model": "m"}).encode()
            )
            sock.recv(65536)


@COLOURS
def test_a_second_reply_that_tls_holds_back_is_not_taken_for_the_next(call, tmp_path):
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with OneRecord(vectors) as server, Client(call, server.url, verify=tmp_path / "ca.pem") as client:
        assert client("5") == [5]
        assert client("6") == [6]


@COLOURS
def test_half_a_second_reply_is_left_alone(call, loopback):
    count = itertools.count()

    def answer(request):
        if next(count):
            return vectors(request)

        def write(connection):
            connection.send(vectors(request).encode() + b"HTTP/1.1 200 OK\r\nContent-Le")
            _rest(connection.socket.dup())

        return Raw(write)

    with Client(call, loopback(answer).url) as client:
        assert [client("5"), client("6")] == [[5], [6]]
