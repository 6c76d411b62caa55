"""Does what a call says it sent, and was billed, equal what the server saw? On real connections, one story at a time.

Random ones are in test_chaos.py.
"""

from __future__ import annotations

import asyncio
import itertools
import socket
from contextlib import closing

import pytest

from any_llm import AnyLLM, AuthenticationError, ProviderConnectionError
from any_llm.types.requests import Requests
from colours import COLOURS, in_a_loop
from loopback import Answer, Raw
from numbered import KEY, known, texts, to, vectors
from tls import SecureLoopback

HANGS_UP = Raw(lambda _: None)


def closed_port():
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


def sent_of(call, url, **client_args):
    """How often a request went, by what its error was made from."""
    with pytest.raises(ProviderConnectionError) as caught:
        call(inputs=["0"], **to(url, max_retries=0, **client_args))
    return caught.value.original_exception.sent


@COLOURS
def test_what_never_had_a_connection_was_not_sent(call, loopback):
    proxy = loopback(lambda _: Answer(502))
    silent = loopback(lambda _: HANGS_UP)
    assert sent_of(call, closed_port()) == 0
    with SecureLoopback(vectors) as stranger, SecureLoopback(vectors, hang_up=9) as rude:
        assert sent_of(call, stranger.url) == 0  # its certificate is not known here
        assert sent_of(call, rude.url) == 0
    assert sent_of(call, "https://127.0.0.1:9", proxy=proxy.url) == 0
    assert [request.method for request in proxy.requests] == ["CONNECT"]
    assert sent_of(call, silent.url) == 1


@COLOURS
def test_what_a_connection_at_its_end_swallowed_is_counted(call, loopback):
    count = itertools.count()

    def answer(request):
        """Swallow the second request, and hang up without a word."""

        def write(connection):
            connection.send(vectors(request).encode())
            connection.socket.recv(65536)

        return Raw(write) if next(count) == 0 else vectors(request)

    server = loopback(answer)
    result = call(inputs=texts(3), batch_size=1, **known(server.url, max_concurrency=1, max_retries=0))
    assert [item.embedding[0] for item in result.data] == [0, 1, 2]
    assert len(server.requests) == 3  # and one that it swallowed
    assert result.requests == Requests(sent=4, retried=1, possibly_billed_twice=1)
    assert result.usage.prompt_tokens == 3


@COLOURS
def test_what_an_error_carries_says_what_was_paid_for_it(call, loopback):
    count = itertools.count()
    refuse = {2: Answer(503, json={"error": {"message": "busy"}}, headers={"retry-after": "0"}), 6: Answer(401)}
    server = loopback(lambda request: refuse.get(next(count)) or vectors(request))
    with pytest.raises(AuthenticationError) as caught:
        call(inputs=texts(9), batch_size=1, **known(server.url, max_concurrency=1))
    partial = caught.value.partial
    assert len(server.requests) == 7
    assert partial.requests == Requests(sent=7, retried=1)
    assert partial.usage.prompt_tokens == sum(item.embedding is not None for item in partial.data) == 5


@COLOURS
def test_all_that_was_sent_by_many_at_once_is_counted(call, loopback):
    """A third is refused once, a third is lost in its reply once, and all are of equal inputs by threes."""
    lost, seen = {}, []

    def answer(request):
        text = request.json["input"][0]
        seen.append(text)
        first = lost.setdefault(text, len(lost)) == len(lost) - 1 and seen.count(text) == 1
        if first and int(text) % 3 == 0:
            return Answer(503, json={"error": {"message": "busy"}}, headers={"retry-after-ms": "1"})
        if first and int(text) % 3 == 1:
            return Raw(lambda connection: connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"))
        return vectors(request)

    server = loopback(answer)
    inputs = texts(6) * 3
    client = AnyLLM.create("openai", KEY, server.url, max_concurrency=4)

    async def in_tasks():
        async with client:
            return await client.aembedding("m", inputs, batch_size=1)

    if call is in_a_loop:
        result = asyncio.run(in_tasks())
    else:
        with client:
            result = client.embedding("m", inputs, batch_size=1)
    assert [item.embedding[0] for item in result.data] == [0, 1, 2, 3, 4, 5] * 3
    assert len(server.requests) == 10
    assert result.requests == Requests(sent=10, retried=4, deduplicated=12, possibly_billed_twice=2)
    assert result.usage.prompt_tokens == 6
