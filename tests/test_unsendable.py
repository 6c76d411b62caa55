"""Is what cannot be sent an error of ours that names it, in both colours, and nothing sent?"""

from __future__ import annotations

import re

import pytest

from any_llm import InvalidModelError, InvalidRequestError
from any_llm.transport.route import Routes
from colours import COLOURS
from numbered import numbers, to, vectors

SURROGATE = "\ud800"

REFUSED = [
    # arguments, a word of the error
    ({"client_args": 5}, "client_args"),
    ({"client_args": "timeout=5"}, "client_args"),
    ({"client_args": [("timeout", 5)]}, "client_args"),
    ({"client_args": {5: 5}}, "client_args"),
    ({"client_args": {None: 5}}, "client_args"),
    ({"client_args": {"timeout": object()}}, "timeout"),
    ({"client_args": {"max_retries": 1.5}}, "max_retries"),
    ({"client_args": {"default_query": {1: "a"}}}, "default_query"),
    ({"client_args": {"default_query": {"a": {"b": "c"}}}}, "default_query"),
    ({"client_args": {"default_query": {SURROGATE: "a"}}}, "default_query"),
    ({"client_args": {"default_query": {"a": SURROGATE}}}, "default_query"),
    ({"client_args": {"default_headers": {"Content-Length": "3"}}}, "Content-Length"),
    ({"client_args": {"default_headers": {"a b": "c"}}}, "a b"),
    ({"extra_query": 5}, "extra_query"),
    ({"extra_query": {5: "a"}}, "extra_query"),
    ({"extra_query": {None: None, (1, 2): "a"}}, "extra_query"),
    ({"extra_query": {"a": b"b"}}, "extra_query"),
    ({"extra_query": {"a": ["b"]}}, "extra_query"),
    ({"extra_query": {"a": object()}}, "extra_query"),
    ({"extra_query": {"a": SURROGATE}}, "extra_query"),
    ({"extra_query": {SURROGATE: "a"}}, "extra_query"),
    ({"extra_body": 5}, "extra_body"),
    ({"extra_body": {5: "a"}}, "JSON"),
    ({"extra_body": {None: None}}, "JSON"),
    ({"extra_body": {SURROGATE: 1}}, "JSON"),
    ({"extra_body": {"a": SURROGATE}}, "JSON"),
    ({"extra_body": {"a": {(1, 2): 3}}}, "JSON"),
    ({"extra_body": {"a": [{"b": {5: 6}}]}}, "JSON"),
    ({"extra_body": {"a": float("nan")}}, "JSON"),
    ({"extra_body": {"a": 1j}}, "JSON"),
    ({"extra_headers": 5}, "extra_headers"),
    ({"extra_headers": {5: "a"}}, "header"),
    ({"extra_headers": {"a": "b\nc: d"}}, "header"),
    ({"extra_headers": {"a": SURROGATE}}, "header"),
    *(({"extra_headers": {name: "1"}}, "connection's business")
      for name in ("Content-Length", "transfer-encoding", "Expect", "TE", "Trailer", "Upgrade")),
    ({"model": SURROGATE}, "model"),
    ({"model": f"a{SURROGATE}b"}, "model"),
    ({"model": b"m"}, "model"),
    ({"api_key": SURROGATE}, "key"),
    ({"api_key": "a\nb"}, "key"),
    ({"api_key": lambda: SURROGATE}, "key"),
    ({"api_key": lambda: 5}, "key"),
    *(({"api_base": address}, "api_base")
      for address in ("http://", "http://[", "http://a:99999", "http://a:b", "http://a:0", "http://a%00b", "http://%31",
                      "http://[::1%lo]", "http://127.1", "http://0x7f.1", "http://1.2.3.4.5", "http://256.0.0.1",
                      "http://0127.0.0.1", f"http://{SURROGATE}", "http://a..b", f"http://{'a' * 70}.b", 5, b"http://a")),
    ({"timeout": float("inf")}, "timeout"),
    ({"deadline": 0}, "deadline"),
]  # fmt: skip


@COLOURS
@pytest.mark.parametrize(
    ("given", "word"), REFUSED, ids=[re.sub(r" at 0x\w+", "", ascii(given))[:70] for given, _ in REFUSED]
)
def test_it_is_refused_before_anything_is_sent(given, word, call, loopback):
    server = loopback(vectors)
    with pytest.raises(InvalidRequestError, match=word) as caught:
        call(inputs="5", **{**to(server.url), **given})
    assert isinstance(caught.value, InvalidModelError) == ("model" in given)
    assert server.requests == []


TAKEN = [
    *({name: value} for name in ("timeout", "deadline") for value in (10**400, 1e300, 1e12, 2**63, 3600)),
    *({"client_args": {"timeout": value}} for value in (10**400, 1e300, 1e12)),
    {"client_args": {"max_retries": 10**30}},
    {"client_args": {"max_concurrency": 10**9}},
    {"client_args": {"default_headers": {"Connection": "close"}}},
    {"extra_query": {"": "", "a&b=c": "d e", "é": "ü", "n": 1.5, "yes": True, "none": None}},
]


@COLOURS
@pytest.mark.parametrize("given", TAKEN, ids=[ascii(given)[:70] for given in TAKEN])
def test_it_is_taken(given, call, loopback):
    server = loopback(vectors)
    assert numbers(call(inputs=["5", "6"], batch_size=1, **{**to(server.url), **given})) == [5, 6]
    expected = {"": "", "a&b=c": "d e", "é": "ü", "n": "1.5", "yes": "true"} if "extra_query" in given else {}
    assert server.requests[0].query == expected


WAYS = [
    # an address -> where its connections lead, its Host header, what the request line names
    ("http://[::1]", ("::1", 80, False), "[::1]", "/"),
    ("https://[::1]/v1", ("::1", 443, True), "[::1]", "/v1"),
    ("http://[::1]:9/v1?a=b", ("::1", 9, False), "[::1]:9", "/v1?a=b"),
    ("https://a.example", ("a.example", 443, True), "a.example", "/"),
    ("https://a.example:443/x", ("a.example", 443, True), "a.example", "/x"),
    ("https://bücher.example/x", ("xn--bcher-kva.example", 443, True), "xn--bcher-kva.example", "/x"),
    ("http://127.0.0.1", ("127.0.0.1", 80, False), "127.0.0.1", "/"),
]


@pytest.mark.parametrize(("address", "host", "name", "target"), WAYS)
def test_where_an_address_leads(address, host, name, target, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")
    route, named, more = Routes(None).to(address)
    assert (route.host, route.name, named, more) == (host, name, target, {})
