"""Does a call take the way it was told, through proxies and TLS, and show its key to nobody else?"""

from __future__ import annotations

import socket
import ssl
from contextlib import nullcontext
from urllib.parse import urlsplit

import pytest
import trustme

from any_llm import InvalidRequestError, ProviderConnectionError
from colours import COLOURS
from forward_proxy import basic, forward
from loopback import Answer
from numbered import KEY, numbers, texts, to, vectors
from tls import AUTHORITY, SecureLoopback, context_for

LOGIN = "user:p%40ss%2Fword"
CREDENTIALS = "user:p@ss/word"


@pytest.fixture
def authority(tmp_path):
    """The file that names the servers' authority."""
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return tmp_path / "ca.pem"


@pytest.fixture
def identity(tmp_path):
    """A client's certificate: its authority, one file, and (certificate, key)."""
    ca = trustme.CA()
    issued = ca.issue_cert("client@example.org")
    issued.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "both.pem"))
    issued.cert_chain_pems[0].write_to_path(str(tmp_path / "certificate.pem"))
    issued.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    return ca, str(tmp_path / "both.pem"), (str(tmp_path / "certificate.pem"), str(tmp_path / "key.pem"))


def trusting():
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    return context


def warned(*, nobody):
    """Expect to be told that nobody is verified, if so."""
    return pytest.warns(UserWarning, match="whoever answers") if nobody else nullcontext()


@COLOURS
@pytest.mark.parametrize("batches", [1, 3])
def test_an_unknown_authority_is_refused_before_anything_is_sent(batches, call):
    with SecureLoopback(vectors) as server:
        with pytest.raises(ProviderConnectionError, match="CERTIFICATE_VERIFY_FAILED") as caught:
            call(inputs=texts(batches), batch_size=1, **to(server.url, max_concurrency=1))
        assert (server.connections, server.requests) == (1, [])  # and not tried again
    assert KEY not in str(caught.value)


@COLOURS
@pytest.mark.parametrize("trusted", ["variable", "path", "text", "context", "nobody asked"])
def test_a_known_authority_is_trusted(trusted, call, authority, monkeypatch):
    client_args = {
        "variable": {},
        "path": {"verify": authority},
        "text": {"verify": str(authority)},
        "context": {"ssl_context": trusting()},
        "nobody asked": {"verify": False},
    }
    if trusted == "variable":
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    with SecureLoopback(vectors) as server, warned(nobody=trusted == "nobody asked"):
        assert numbers(call(inputs=texts(5), **to(server.url, **client_args[trusted]))) == list(range(5))
        assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


@COLOURS
@pytest.mark.parametrize("verify", [True, False])
def test_another_hosts_certificate_is_refused_if_asked(verify, call, authority, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    with SecureLoopback(vectors, context_for("example.org")) as server:
        if verify:
            with pytest.raises(ProviderConnectionError, match="IP address mismatch"):
                call(inputs="5", **to(server.url))
            assert (server.connections, server.requests) == (1, [])
        else:
            with warned(nobody=True):
                assert numbers(call(inputs="5", **to(server.url, verify=False))) == [5]


@COLOURS
def test_a_name_with_a_dot_at_its_end_is_known_by_its_certificate(call, authority, monkeypatch):
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *more, **options: real(host.rstrip("."), *more, **options))
    with SecureLoopback(vectors, context_for("localhost")) as server:
        url = server.url.replace("127.0.0.1", "localhost.")
        assert numbers(call(inputs="5", **to(url, verify=authority))) == [5]


@COLOURS
@pytest.mark.parametrize("shown", ["nothing", "one file", "two files"])
def test_a_client_shows_its_certificate(shown, call, authority, identity):
    ca, one, two = identity
    cert = {"nothing": None, "one file": one, "two files": two}[shown]
    options = to("", verify=authority, cert=cert, max_retries=0)
    with SecureLoopback(vectors, context_for("127.0.0.1", client_ca=ca)) as server:
        options["api_base"] = server.url
        if cert is None:
            with pytest.raises(ProviderConnectionError):
                call(inputs="5", **options)
            assert server.requests == []
        else:
            assert numbers(call(inputs="5", **options)) == [5]


@COLOURS
@pytest.mark.parametrize("options", [{"verify": "nowhere.pem"}, {"cert": "nowhere.pem"}, {"verify": 5}], ids=str)
def test_a_file_that_cannot_be_used_is_an_error_that_names_the_option(options, call):
    with pytest.raises(InvalidRequestError, match=next(iter(options))):
        call(inputs="5", **to("https://127.0.0.1:9", **options))


@COLOURS
def test_a_host_that_hung_up_in_the_handshake_is_asked_again(call, authority):
    with SecureLoopback(vectors, hang_up=1) as server:
        assert numbers(call(inputs="5", **to(server.url, verify=authority))) == [5]
        assert server.connections == 2


PROXIED = pytest.mark.parametrize(
    ("variable", "login"),
    [(None, ""), (None, LOGIN), ("proxy", ""), ("PROXY", LOGIN), ("PROXY without scheme", LOGIN)],
)


@COLOURS
@PROXIED
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_is_gone_through(scheme, variable, login, *, call, loopback, authority, monkeypatch):
    proxy = loopback(forward)
    address = proxy.url.replace("http://", f"http://{login}@" if login else "http://")
    client_args = {"verify": authority}
    if variable is None:
        client_args["proxy"] = address
    else:
        prefix = scheme if variable == "proxy" else scheme.upper()
        name = f"{prefix}_{variable.split()[0]}"
        monkeypatch.setenv(name, address if "without" not in variable else address.removeprefix("http://"))
    with SecureLoopback(vectors) as server:
        url = server.url if scheme == "https" else "http://host.invalid:81/v1"
        for _ in range(2):
            assert numbers(call(inputs=texts(5), **to(url, **client_args))) == list(range(5))
        seen = proxy.requests[0]
        assert seen.headers.get("proxy-authorization") == (basic(CREDENTIALS) if login else None)
        if scheme == "http":
            assert (seen.method, seen.path) == ("POST", "http://host.invalid:81/v1/embeddings")
            assert (seen.headers["host"], server.requests) == ("host.invalid:81", [])
            return
        assert (seen.method, seen.path, seen.body) == ("CONNECT", urlsplit(server.url).netloc, b"")
        assert KEY not in str(proxy.requests)
        assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
        assert LOGIN not in str(server.requests)
        assert "proxy-authorization" not in server.requests[0].headers


@COLOURS
@pytest.mark.parametrize(
    ("excepted", "direct"),
    [("127.0.0.1", True), ("example.org,127.0.0.1", True), ("*", True), ("127.0.0.1:{port}", True),
     ("127.0.0.1:9", False), ("example.org", False), ("", False)],
)  # fmt: skip
def test_no_proxy_names_who_is_asked_directly(excepted, direct, call, loopback, monkeypatch):
    proxy, server = loopback(forward), loopback(vectors)
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("NO_PROXY", excepted.format(port=urlsplit(server.url).port))
    assert numbers(call(inputs="5", **to(server.url))) == [5]
    assert (len(server.requests), len(proxy.requests)) == (int(direct), int(not direct))


@COLOURS
@pytest.mark.parametrize(
    ("url", "error"), [("http://host.invalid", InvalidRequestError), ("https://host.invalid", ProviderConnectionError)]
)
def test_a_proxy_that_refuses_is_an_error_without_its_password(url, error, call, loopback):
    proxy = loopback(lambda _: Answer(407)).url.replace("//", f"//{LOGIN}@")
    with pytest.raises(error) as caught:
        call(inputs="5", **to(url, proxy=proxy, max_retries=0, default_query={"q": "hush"}))
    assert "407" in f"{caught.value} {caught.value.status_code}"
    told = f"{caught.value} {caught.value.__cause__!r} {caught.value.original_exception!r}"
    assert not any(secret in told for secret in ("p@ss", "p%40ss", "hush", KEY, basic(CREDENTIALS)))


@COLOURS
@pytest.mark.parametrize(("status", "asked"), [(407, 1), (502, 2)])
def test_a_proxy_that_refuses_a_login_is_asked_once(status, asked, call, loopback):
    proxy = loopback(lambda _: Answer(status))
    with pytest.raises(ProviderConnectionError, match=str(status)):
        call(inputs="5", **to("https://host.invalid", proxy=proxy.url, max_retries=1))
    assert len(proxy.requests) == asked


@COLOURS
def test_a_proxy_that_is_not_there_is_a_connection_error(call):
    with pytest.raises(ProviderConnectionError, match="ConnectionRefusedError"):
        call(inputs="5", **to("https://host.invalid", proxy="http://127.0.0.1:9", max_retries=0))


@COLOURS
@pytest.mark.parametrize("given", [True, False], ids=["as an option", "in the environment"])
@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:9", "ftp://127.0.0.1:9"])
def test_a_proxy_that_speaks_no_http_is_an_error_that_says_so(proxy, given, call, monkeypatch):
    if not given:
        monkeypatch.setenv("HTTP_PROXY", proxy)
    with pytest.raises(InvalidRequestError, match=r"(?i)proxy .*http://host:port"):
        call(inputs="5", **to("http://127.0.0.1:9", proxy=proxy if given else None))
