"""Is a wait bounded where nothing can interrupt it: in a key's callable, a name's look-up, a list of dead addresses?"""

from __future__ import annotations

import asyncio
import contextvars
import socket
import sys
import threading
import time
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import pytest

from any_llm import ProviderTimeoutError
from colours import COLOURS
from forward_proxy import forward
from loopback import Answer, Loopback, Raw
from numbered import numbers, texts, to, vectors
from patience import within
from silent import listening
from tls import SecureLoopback

NAMED = "http://a.name.test:80"


@contextmanager
def ends_after(seconds):
    """Within a little more than so many seconds, and not before."""
    begun = time.monotonic()
    with pytest.raises(ProviderTimeoutError) as caught:
        yield caught
    assert seconds * 0.9 < time.monotonic() - begun < within(seconds + 0.3)


@pytest.fixture
def stuck():
    """What waits for it waits until the test is over; then its threads end."""
    over, before = threading.Event(), set(threading.enumerate())
    yield over
    over.set()
    for thread in set(threading.enumerate()) - before:
        if not thread.name.startswith("loopback"):
            thread.join(10)
            assert not thread.is_alive()


async def asleep():
    await asyncio.sleep(60)


@COLOURS
@pytest.mark.parametrize("batches", [1, 3])
@pytest.mark.parametrize("way", ["def", "async def", "def that gives an awaitable"])
def test_a_deadline_ends_the_wait_for_a_key(way, batches, call, loopback, stuck):
    key = {"def": lambda: str(stuck.wait(60)), "async def": asleep, "def that gives an awaitable": lambda: asleep()}  # noqa: PLW0108
    server = loopback(vectors)
    with ends_after(0.3) as caught:
        call(inputs=texts(batches), batch_size=1, deadline=0.3, **to(server.url, key[way]))
    assert "the deadline has passed" in str(caught.value)
    assert server.requests == []


@COLOURS
def test_without_a_deadline_a_key_may_take_its_time(call, loopback):
    def key():
        threading.Event().wait(0.3)  # longer than a read may take
        return "sk-slow"

    server = loopback(vectors)
    assert numbers(call(inputs="5", timeout=0.2, **to(server.url, key))) == [5]


@COLOURS
@pytest.mark.parametrize("batches", [1, 3])
def test_a_key_is_asked_for_in_the_callers_context(batches, call, loopback):
    tenant = contextvars.ContextVar("tenant", default="nobody")
    tenant.set("sk-of-this-tenant")  # though it may be asked for in another thread
    server = loopback(vectors)
    call(inputs=texts(batches), batch_size=1, **to(server.url, tenant.get))
    assert {each.headers["authorization"] for each in server.requests} == {"Bearer sk-of-this-tenant"}


def resolving(monkeypatch, look_up):
    """Let this function look names up; numbers are read as ever."""
    real = socket.getaddrinfo

    def getaddrinfo(host, *arguments, **options):
        with suppress(socket.gaierror):
            return real(host, *arguments, **{**options, "flags": socket.AI_NUMERICHOST})
        if options.get("flags", 0) & socket.AI_NUMERICHOST:
            raise socket.gaierror(socket.EAI_NONAME, "no number")
        return look_up(host)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@COLOURS
@pytest.mark.parametrize("batches", [1, 3])
@pytest.mark.parametrize("limit", ["timeout", "deadline"])
def test_the_wait_for_a_name_ends(limit, batches, call, stuck, monkeypatch):
    resolving(monkeypatch, lambda _: stuck.wait(60))
    with ends_after(0.3):
        call(inputs=texts(batches), batch_size=1, **{limit: 0.3}, **to(NAMED, max_retries=0))


@COLOURS
def test_a_name_that_is_not_found_says_so(call, monkeypatch):
    def look_up(_):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    resolving(monkeypatch, look_up)
    with pytest.raises(ConnectionError, match="gaierror: Name or service not known"):
        call(inputs="5", **to(NAMED, max_retries=0))


def at(*urls):
    """Addresses of a name, as the system's resolver gives them."""
    ports = [urlsplit(url).port for url in urls]
    return lambda _: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)) for port in ports]


@COLOURS
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a full backlog refuses, which is no wait")
def test_dead_addresses_share_one_timeout_and_leave_time_for_a_good_one(call, loopback, monkeypatch):
    good = loopback(vectors)
    with listening(backlog=0, full=True) as (first, _), listening(backlog=0, full=True) as (second, _):
        resolving(monkeypatch, at(first, second, good.url))
        assert numbers(call(inputs="5", timeout=1.5, **to(NAMED, max_retries=0))) == [5]
        resolving(monkeypatch, at(first, second, first))
        with ends_after(0.6):
            call(inputs="5", timeout=0.6, **to(NAMED.replace("a.", "b."), max_retries=0))


@COLOURS
def test_an_address_that_refuses_is_passed_over(call, loopback, monkeypatch):
    resolving(monkeypatch, at("http://127.0.0.1:9", loopback(vectors).url))
    assert numbers(call(inputs="5", **to(NAMED, max_retries=0))) == [5]


@COLOURS
def test_an_address_of_a_kind_the_system_has_not_is_passed_over(call, loopback, monkeypatch):
    good = loopback(vectors)
    resolving(monkeypatch, lambda host: [(99, socket.SOCK_STREAM, 6, "", ("::1", 80)), *at(good.url)(host)])
    assert numbers(call(inputs="5", **to(NAMED, max_retries=0))) == [5]
    resolving(monkeypatch, lambda _: [(99, socket.SOCK_STREAM, 6, "", ("::1", 80))])
    with pytest.raises(ConnectionError):
        call(inputs="5", **to(NAMED.replace("a.", "b."), max_retries=0))


@COLOURS
def test_a_server_that_takes_its_time_to_read_is_waited_for(call, loopback):
    class Slow(Loopback):
        """Reads a large body in sips, for longer than a read may take, then answers."""

        def _serve(self, connection):
            heard = b""
            with connection.socket:
                while not heard.endswith(b"}"):
                    assert not connection.wait(0.05)
                    heard = connection.socket.recv(1 << 20)
                connection.send(Answer(json={"data": [{"index": 0, "embedding": [5.0]}], "model": "m"}).encode())

    with Slow(vectors) as server:
        begun = time.monotonic()
        assert numbers(call(inputs="x" * 16_000_000, timeout=0.5, **to(server.url, max_retries=0))) == [5]
        assert time.monotonic() - begun > 0.6


@COLOURS
def test_the_silence_of_a_proxy_is_part_of_connecting(call, loopback):
    def drip(connection):
        connection.send(b"HTTP/1.1 200 OK\r\nname: ")
        while not connection.wait(0.02):
            connection.send(b"x")

    proxy = loopback(lambda _: Raw(drip))
    with ends_after(0.4):  # each byte comes in time, and all of them never do
        call(inputs="5", timeout=0.4, **to("https://host.invalid", proxy=proxy.url, max_retries=0))


class Drips(Loopback):
    """Begins to shake hands, and goes on a byte at a time."""

    def _serve(self, connection):
        with connection.socket, suppress(OSError):
            connection.socket.recv(1)  # whoever speaks before is no host in TLS
            connection.send(b"\x16\x03\x03\x40\x00")  # a record of so many bytes
            while not connection.wait(0.02):
                connection.send(b"x")


@COLOURS
@pytest.mark.filterwarnings("ignore:.*whoever answers")
def test_a_handshake_within_tls_that_drips_is_part_of_connecting(call):
    with Drips(vectors) as host, SecureLoopback(forward) as proxy:
        options = {"proxy": proxy.url, "verify": False, "max_retries": 0}
        with ends_after(0.6):
            call(inputs="5", timeout=0.6, **to(host.url.replace("http:", "https:"), **options))
