"""Which proxy does a request take, alike for threads and tasks, and is it trusted no more than a host?"""

from __future__ import annotations

import pytest

from any_llm import InvalidRequestError, ProviderConnectionError
from any_llm.transport.proxy import excepted
from colours import COLOURS
from forward_proxy import basic, forward
from loopback import Raw
from numbered import KEY, numbers, to, vectors
from tls import AUTHORITY, SecureLoopback, context_for

ELSEWHERE = "http://host.invalid:81/v1"


@pytest.fixture
def authority(tmp_path):
    """The file that names the servers' authority."""
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return tmp_path / "ca.pem"


@pytest.mark.parametrize(
    ("no_proxy", "host", "port", "expected"),
    [
        ("", "a.example.org", 443, False),
        ("*", "a.example.org", 443, True),
        (" , ,", "a.example.org", 443, False),
        ("example.org", "a.example.org", 443, True),
        (".example.org", "a.example.org", 443, True),
        ("*.example.org", "a.example.org", 443, True),
        ("example.org", "example.org", 443, True),
        (".example.org", "example.org", 443, True),
        ("EXAMPLE.org", "A.Example.ORG.", 443, True),
        ("example.org", "badexample.org", 443, False),
        ("example.org.evil", "example.org", 443, False),
        ("a.example.org", "example.org", 443, False),
        ("b.test, example.org ,c.test", "example.org", 443, True),
        ("example.org:443", "example.org", 443, True),
        ("example.org:8443", "example.org", 443, False),
        ("127.0.0.1", "127.0.0.1", 80, True),
        ("127.0.0.1:80", "127.0.0.1", 80, True),
        ("127.0.0.1:81", "127.0.0.1", 80, False),
        ("27.0.0.1", "127.0.0.1", 80, False),
        ("10.0.0.0/8", "10.1.2.3", 80, True),
        ("10.1.2.9/8", "10.1.2.3", 80, True),
        ("10.0.0.0/8", "11.1.2.3", 80, False),
        ("10.0.0.0/99", "10.1.2.3", 80, False),
        ("10.0.0.0/8", "ten.example.org", 80, False),
        ("::1", "::1", 80, True),
        ("[::1]", "::1", 80, True),
        ("[::1]:80", "::1", 80, True),
        ("[::1]:81", "::1", 80, False),
        ("fd00::/8", "fd12::5", 80, True),
        ("fd00::/8", "fe80::5", 80, False),
    ],
)  # fmt: skip
def test_whom_no_proxy_names(no_proxy, host, port, expected):
    assert excepted(host, port, no_proxy) is expected


ENVIRONMENTS = [
    # variables, in which {0} and {1} are two proxies -> which of them is asked
    ({"HTTP_PROXY": "{0}"}, 0),
    ({"http_proxy": "{0}"}, 0),
    ({"http_proxy": "{0}", "HTTP_PROXY": "{1}"}, 0),
    ({"ALL_PROXY": "{0}"}, 0),
    ({"all_proxy": "{0}"}, 0),
    ({"HTTP_PROXY": "{0}", "ALL_PROXY": "{1}"}, 0),
    ({"HTTP_PROXY": "{0}", "ALL_PROXY": "socks5://127.0.0.1:9"}, 0),
    ({"HTTPS_PROXY": "http://127.0.0.1:9", "ALL_PROXY": "{0}"}, 0),
    ({"HTTP_PROXY": "{0}", "no_proxy": "example.org"}, 0),
    ({"HTTP_PROXY": "{0}", "NO_PROXY": "example.org", "no_proxy": ""}, 0),
]


@COLOURS
@pytest.mark.parametrize(("variables", "asked"), ENVIRONMENTS, ids=[" ".join(each) for each, _ in ENVIRONMENTS])
def test_the_environment_names_a_proxy(variables, asked, call, loopback, monkeypatch):
    proxies = [loopback(forward), loopback(forward)]
    for name, value in variables.items():
        monkeypatch.setenv(name, value.format(*(proxy.url for proxy in proxies)))
    assert numbers(call(inputs="5", **to(ELSEWHERE))) == [5]
    assert [len(proxy.requests) for proxy in proxies] == [int(number == asked) for number in range(2)]


@COLOURS
def test_a_proxy_set_or_unset_later_is_heeded(call, loopback, monkeypatch):
    proxy, server = loopback(forward), loopback(vectors)
    for number, variables in enumerate([{}, {"HTTP_PROXY": proxy.url}, {}]):
        monkeypatch.delenv("HTTP_PROXY", raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        assert numbers(call(inputs=str(number), **to(server.url))) == [number]
    assert (len(server.requests), len(proxy.requests)) == (2, 1)


@COLOURS
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    ("login", "told"), [("", None), ("user:p%40ss", "user:p@ss"), ("user", "user:"), ("ü:%F0%9F%94%91", "ü:🔑")]
)
def test_a_proxy_behind_tls_is_gone_through(scheme, login, told, *, call, authority):
    with SecureLoopback(forward) as proxy, SecureLoopback(vectors) as server:
        address = proxy.url.replace("https://", f"https://{login}@" if login else "https://")
        url = server.url if scheme == "https" else ELSEWHERE
        for _ in range(2):
            assert numbers(call(inputs="5", **to(url, proxy=address, verify=authority))) == [5]
        expected = None if told is None else basic(told)
        assert proxy.requests[0].headers.get("proxy-authorization") == expected
        assert [each.method for each in proxy.requests][:1] == ["CONNECT" if scheme == "https" else "POST"]
        if scheme == "https":
            assert KEY not in str(proxy.requests)
            assert all("proxy-authorization" not in each.headers for each in server.requests)


@COLOURS
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("fault", ["unknown", "another host's"])
def test_a_proxy_that_cannot_prove_who_it_is_learns_nothing(scheme, fault, call, authority):
    context = context_for("example.org" if fault == "another host's" else "127.0.0.1")
    verify = {"verify": authority} if fault == "another host's" else {}
    with SecureLoopback(forward, context) as proxy, SecureLoopback(vectors) as server:
        url = server.url if scheme == "https" else ELSEWHERE
        with pytest.raises(ProviderConnectionError, match="CERTIFICATE_VERIFY_FAILED"):
            call(inputs="5", **to(url, proxy=proxy.url, **verify))
        assert (proxy.connections, proxy.requests, server.connections) == (1, [], 0)


@COLOURS
@pytest.mark.parametrize("given", [True, False], ids=["as an option", "in the environment"])
@pytest.mark.parametrize(
    "proxy",
    ["http://", "http://[", "http://u:s3cret@[::1", "http://a:99999", "http://a:b", "a:b:c", "http://a b",
     "http://u:s3cret@a..b", "http://a%00b", "http://127.1", "http://host/?x=1", "socks5h://u:s3cret@127.0.0.1:9",
     "file:///etc/passwd", "://", "http://:8080"],
)  # fmt: skip
def test_what_is_no_proxys_address_is_an_error_that_names_it(proxy, given, call, monkeypatch):
    if not given:
        monkeypatch.setenv("HTTP_PROXY", proxy)
    with pytest.raises(InvalidRequestError, match=r"(?i)proxy") as caught:
        call(inputs="5", **to("http://127.0.0.1:9", proxy=proxy if given else None))
    assert "s3cret" not in f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r}"


@COLOURS
@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (b"", "ends too soon"),
        (b"HTTP/1.1 200", "ends too soon"),
        (b"HTTP/1.1 200 OK\r\nbad header\r\n", "ends too soon"),
        (b"HTTP/1.1 200 OK\r\n\r\nrubbish before any handshake", "more came behind the proxy's leave"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "its head is no head"),
        (b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n", "status 407"),
        (b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 3\r\n\r\nno.", "status 502"),
        (b"HTTP/1.1 302 Found\r\nlocation: http://a/\r\n\r\n", "status 302"),
        (b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 403 Forbidden\r\n\r\n", "status 403"),
    ],
)
def test_a_proxy_that_opens_no_tunnel_is_a_connection_error(reply, words, call, loopback):
    proxy = loopback(lambda _: Raw(lambda connection: connection.send(reply))).url.replace("//", "//user:s3cret@")
    with pytest.raises(ProviderConnectionError, match=words) as caught:
        call(inputs="5", **to("https://host.invalid", proxy=proxy, max_retries=0), deadline=20)
    assert "s3cret" not in f"{caught.value} {caught.value.__cause__!r}"
    assert KEY not in f"{caught.value} {caught.value.__cause__!r}"
