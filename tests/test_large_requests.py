"""Is a large request sent for as long as its reader goes on, and its reply heard whenever it comes?"""

from __future__ import annotations

import asyncio
import sys
import time

import pytest

from any_llm import AnyLLM, InvalidRequestError
from loopback import Answer, Loopback
from numbered import vectors
from tls import AUTHORITY, context_for

LARGE = "x" * 12_000_000
"""Far more than a system holds for one who does not read."""
REFUSAL = Answer(413, json={"error": {"message": "too much at once"}})
WAYS = ["sync", "async", pytest.param("uvloop", marks=pytest.mark.skipif(sys.platform == "win32", reason="no uvloop"))]
every_way = pytest.mark.parametrize("way", WAYS)
both = pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])


@pytest.fixture
def calls(way, tmp_path):
    """Calls by one client in one loop, if it needs one."""
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    factory = None
    if way == "uvloop":
        factory = pytest.importorskip("uvloop").new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        clients = {}

        def call(url, text, **options):
            made = {"max_retries": 0, "verify": tmp_path / "ca.pem"}
            client = clients.setdefault(url, None) or AnyLLM.create_openai_compatible("mine", url, "k", **made)
            clients[url] = client
            if way == "sync":
                return client.embedding("m", text, **options)
            return runner.run(client.aembedding("m", text, **options))

        yield call
        for client in clients.values():
            runner.run(client.aclose())


def served(serve, *, secure):
    """A server that does so with each connection, in TLS if need be."""
    context = context_for("127.0.0.1") if secure else None

    class Served(Loopback):
        def _serve(self, connection):
            if context is not None:
                connection.socket = context.wrap_socket(connection.socket, server_side=True)
            with connection.socket:
                serve(connection)

    server = Served(vectors)
    server.url = server.url.replace("http:", "https:") if secure else server.url
    return server


def holds(connection):
    """Refuse, and read no more of it."""
    connection.socket.recv(1000)
    connection.send(REFUSAL.encode())
    connection.wait(60)


def hangs_up(connection):
    connection.socket.recv(1000)
    connection.send(REFUSAL.encode())


def says_wait(connection):
    """Say more than once that it goes on, and then that it does not."""
    connection.socket.recv(1000)
    for _ in range(4):
        connection.send(b"HTTP/1.1 102 Processing\r\n\r\n")
        connection.wait(0.01)
    connection.send(REFUSAL.encode())
    connection.wait(60)


@every_way
@both
@pytest.mark.parametrize("serve", [holds, hangs_up, says_wait])
def test_a_refusal_is_heard_before_all_is_sent_and_serves_no_other_call(serve, secure, way, calls):
    with served(serve, secure=secure) as server:
        for number in range(3):
            with pytest.raises(InvalidRequestError, match="too much at once"):
                calls(server.url, LARGE if number < 2 else "5", timeout=20)
        assert server.connections == 3


@every_way
@both
def test_who_reads_slowly_is_waited_for(secure, way, calls):
    def sips(connection):
        heard = b""
        while not heard.endswith(b"}"):
            assert not connection.wait(0.01)
            for _ in range(8):  # TLS gives a record at a time
                heard = heard if heard.endswith(b"}") else connection.socket.recv(1 << 14)
        connection.send(Answer(json={"data": [{"index": 0, "embedding": [5.0]}], "model": "m"}).encode())

    with served(sips, secure=secure) as server:
        begun = time.monotonic()
        assert calls(server.url, LARGE, timeout=0.4).data[0].embedding == [5.0]
        assert time.monotonic() - begun > 0.5


@every_way
@both
def test_who_reads_no_more_is_not_waited_for(secure, way, calls):
    with served(lambda connection: connection.wait(60), secure=secure) as server:
        begun = time.monotonic()
        with pytest.raises(TimeoutError):
            calls(server.url, LARGE, timeout=0.4)
        assert time.monotonic() - begun > 0.36
