"""Is a reply read as it was sent, however it is cut on the way, and as the standard library reads it?"""

from __future__ import annotations

import gzip
import http.client
import io
import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_llm.transport.exchange import HEAD, Exchange
from any_llm.transport.http1 import SCRATCH, GarbledError, Reader, request
from any_llm.wire import Send, TransportError
from patience import within

SEND = Send(url="http://a.test")
BODIES = st.binary(max_size=300) | st.integers(SCRATCH - 9, 2 * SCRATCH).map(lambda size: b"0123456789" * (size // 10))
NAMES = st.text("abcdefgh-XYZ", min_size=1, max_size=9).filter(lambda name: name.strip("-") == name)
WORDS = st.text(st.characters(codec="latin-1", exclude_categories=["Cc", "Zl", "Zp", "Zs"]), max_size=20)


def received(data, sizes=(), *, ends=True):
    """What a reader makes of these bytes, of which so many come at a time; in the end the connection does."""
    exchange = Exchange()
    reader, rest, sizes = Reader(SEND, exchange), memoryview(data), iter(sizes)
    while not reader.done and rest:
        room = reader.room()
        count = min(len(room), len(rest), next(sizes, len(rest)))
        room[:count], rest = rest[:count], rest[count:]
        reader.took(count)
    if not reader.done and ends:
        reader.took(0)
    return reader, bytes(rest)


class Sock:
    """What http.client reads from."""

    def __init__(self, data):
        self.data = data

    def makefile(self, *_, **__):
        return io.BytesIO(self.data)


@st.composite
def replies(draw):
    """A reply in one of its forms, its body, and whether another may follow it on its connection."""
    body, form = draw(BODIES), draw(st.sampled_from(["length", "chunks", "until the end"]))
    headers = {f"x-{name}": word for name, word in draw(st.dictionaries(NAMES, WORDS, max_size=4)).items()}
    lines = [f"{name}: {word}".encode("latin-1") for name, word in headers.items()]
    payload = body
    if form == "length":
        lines.append(b"content-LENGTH:%d" % len(body))
    elif form == "chunks":
        lines.append(b"Transfer-Encoding: chunked")
        size = draw(st.integers(1, 70_000))
        pieces = [body[start : start + size] for start in range(0, len(body), size)]
        payload = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    interim = b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" * draw(st.integers(0, 2))
    head = b"\r\n".join([b"HTTP/1.1 %d Whatever" % draw(st.sampled_from([200, 201, 404, 500])), *lines, b"", b""])
    return interim, head + payload, body, form != "until the end"


@given(replies(), st.lists(st.integers(1, 5000), max_size=40))
def test_a_reply_is_read_however_it_is_cut(reply, sizes):
    interim, sent, body, kept = reply
    reader, rest = received(interim + sent, sizes)
    theirs = http.client.HTTPResponse(Sock(sent))
    theirs.begin()
    ours = reader.whole()
    assert (ours.status, bytes(ours.body)) == (theirs.status, theirs.read()) == (theirs.status, body)
    assert {name.lower(): word.strip(" \t") for name, word in theirs.getheaders()} == dict(ours.headers)
    assert (reader.kept, rest) == (kept, b"")


@given(replies(), st.data())
def test_a_reply_that_ends_too_soon_is_never_taken_for_whole(reply, data):
    interim, sent, _, kept = reply
    whole = interim + sent
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]
    if kept:
        with pytest.raises(GarbledError):
            received(cut)
        assert not received(cut, ends=False)[0].done


@given(replies(), st.binary(min_size=1, max_size=50))
def test_what_comes_behind_a_reply_is_not_of_it(reply, more):
    _, sent, body, kept = reply
    if kept:
        reader, rest = received(sent + more)
        assert bytes(reader.whole().body) == body
        assert not reader.kept or rest == more  # what a direct read left in the socket is seen there


CONNECTIONS = [
    # version, header -> whether it is kept
    (b"1.1", b"", True),
    (b"1.1", b"Connection: keep-alive\r\n", True),
    (b"1.1", b"Connection: Close\r\n", False),
    (b"1.1", b"Connection: x\r\nConnection: close\r\n", False),
    (b"1.0", b"", False),
    (b"1.0", b"Connection: Keep-Alive\r\n", True),
    (b"1.0", b"Connection: keep-alive, close\r\n", False),
]


@pytest.mark.parametrize(("version", "header", "kept"), CONNECTIONS)
def test_a_connection_is_kept_as_its_reply_says(version, header, kept):
    assert received(b"HTTP/%s 200 OK\r\n%scontent-length: 2\r\n\r\n{}" % (version, header))[0].kept == kept


KIND = [
    # oddities that cannot end in wrong data
    b"HTTP/1.1 200\r\ncontent-length: 2\r\n\r\n{}",
    b"HTTP/1.1 200 \r\ncontent-length: 2\r\n\r\n{}",
    b"HTTP/1.1 200 OK\ncontent-length: 2\n\n{}",
    b"HTTP/1.1 200 OK\r\ncontent-length:2 \t\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nx: a\r\n  b\r\n\tc\r\ncontent-length: 2\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nx: \xff\xfe\r\ncontent-length: 2\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n2 ;a=b\n{}\n00\ntrailer: x\r\n\n",
    b"HTTP/1.1 200 OK\r\n"
    + b"".join(b"x-%d: %s\r\n" % (n, b"y" * 999) for n in range(99))
    + b"content-length: 2\r\n\r\n{}",
]


@pytest.mark.parametrize("reply", KIND)
@pytest.mark.parametrize("size", [1, 7, 10**6])
def test_it_is_kind_where_it_may_be(reply, size):
    reader, _ = received(reply, [size] * len(reply))
    assert (reader.whole().body, reader.kept) == (b"{}", True)


STRICT = [
    b"HTTP/2 200 OK\r\ncontent-length: 2\r\n\r\n{}",
    b"HTTP/1.1 99 OK\r\ncontent-length: 2\r\n\r\n{}",
    b"HTTP/1.1 2000 OK\r\ncontent-length: 2\r\n\r\n{}",
    b"HTTP/1.1  200 OK\r\ncontent-length: 2\r\n\r\n{}",
    b"\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\n content-length: 2\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\ncontent length: 2\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\ncontent-length : 2\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\n: 2\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nx: a\0b\r\ncontent-length: 2\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nx: a\rcontent-length: 2\r\n\r\n{}",
    "HTTP/1.1 200 OK\r\ncontent-length: \u00b2\r\n\r\n{}".encode("latin-1"),
    b"HTTP/1.1 200 OK\r\ncontent-length: +2\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\ncontent-length: 2, 2\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\ncontent-length:\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\ncontent-length: " + b"9" * 5000 + b"\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2" + b" " * (1 << 17),
    b"HTTP/1.1 200 OK\r\nx: " + b"y" * (2 << 20),
]  # fmt: skip


@pytest.mark.parametrize("reply", STRICT)
@pytest.mark.parametrize("size", [7, 10**6])
def test_it_is_strict_where_doubt_could_end_in_wrong_data(reply, size):
    with pytest.raises(GarbledError):
        received(reply, [size] * len(reply))


ENDLESS = [
    # a head, and what comes behind it again and again
    (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"1;" + b"e" * 20_011 + b"\r\nx\r\n"),
    (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n", b"x: " + b"y" * 9_999 + b"\r\n"),
    (b"HTTP/1.1 400 No\r\ntransfer-encoding: chunked\r\n\r\n0\r\n", b"x: " + b"y" * 9_999 + b"\r\n"),
    (b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n", gzip.compress(b"") * 99),
    (b"", b"HTTP/1.1 103 Hints\r\n\r\n" * 99),
]


@pytest.mark.parametrize(("head", "piece"), ENDLESS)
def test_what_has_no_end_is_not_followed_to_it_and_finds_no_room(head, piece):
    exchange = Exchange()
    reader = Reader(Send(url="http://a.test", limit=10_000), exchange)
    rooms = []

    def go_on(sent=head):
        while exchange.heard < 2 * HEAD:
            room = reader.room()
            rooms.append(len(room))
            sent += piece * (1 + len(room) // len(piece))
            room[:], sent = sent[: len(room)], sent[len(room) :]
            reader.took(len(room))

    with pytest.raises(GarbledError, match="no end"):
        go_on()
    assert max(rooms) <= 2 * SCRATCH


def test_a_header_that_is_said_very_often_costs_no_more_than_its_bytes():
    times = 200_000
    begun = time.process_time()
    reader, _ = received(b"HTTP/1.1 200 OK\r\n" + b"a:b\n" * times + b"content-length: 2\r\n\r\n{}")
    assert reader.whole().headers["a"] == ", ".join("b" * times)
    assert time.process_time() - begun < within(1.5)


def test_a_reply_in_small_chunks_takes_no_more_room_than_its_size():
    sent = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + b"2\r\n{}\r\n" * 10_000 + b"0\r\n\r\n"
    tracemalloc.start()
    try:
        reader, _ = received(sent)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert reader.whole().body == b"{}" * 10_000
    assert most < 3 * 20_000 + SCRATCH


@pytest.mark.parametrize("status", [204, 304])
def test_some_replies_have_no_body(status):
    assert received(b"HTTP/1.1 %d No\r\ncontent-length: 9\r\n\r\n" % status, ends=False)[0].kept


def test_a_request_is_written_as_it_should_be():
    head = request("POST", "/v1/embeddings?a=b", "a.test:81", {"X": "y"}, 3)
    assert head == b"POST /v1/embeddings?a=b HTTP/1.1\r\nHost: a.test:81\r\nX: y\r\nContent-Length: 3\r\n\r\n"
    assert b"Content-Length" not in request("GET", "/", "a.test", {}, None)
    assert request("GET", "/", "a.test", {"host": "b.test"}, None).lower().count(b"host:") == 1


UNSENDABLE = [
    ("/a b", {}), ("/é", {}), ("/\r\nx: y", {}), ("/", {"a": "b\nc: d"}), ("/", {"a": "b\rc"}), ("/", {"a\n": "b"}),
    ("/", {"a": "é"}),
]  # fmt: skip


@pytest.mark.parametrize(("target", "headers"), UNSENDABLE)
def test_what_no_head_can_hold_is_not_sent(target, headers):
    with pytest.raises(TransportError, match="cannot carry") as caught:
        request("GET", target, "a.test", headers, None)
    assert not caught.value.retryable
