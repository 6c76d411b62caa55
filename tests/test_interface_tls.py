"""verify, cert and ssl_context: whom a client trusts, and who it says it is."""

from __future__ import annotations

import ssl

import pytest

from any_llm import ProviderConnectionError
from interface_calls import BOTH, SPOKEN, at
from loopback import Loopback

# Made for 127.0.0.1 and for this file; it protects nothing.
PEM = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgpVWuVFEZ8bBJFj6T
7RU921qEeS5tz7QAJcAe3TTakPihRANCAAS7vX31xY1GWJ6k+oZ6DKg6bpsExkkb
jktPY/OXtiFtBtbRtmRdfh9hPlLtIAyIeY7q2Kz4uOt+p+Khhnipc069
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBijCCATGgAwIBAgIBATAKBggqhkjOPQQDAjATMREwDwYDVQQDDAhsb29wYmFj
azAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowEzERMA8GA1UEAwwI
bG9vcGJhY2swWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAS7vX31xY1GWJ6k+oZ6
DKg6bpsExkkbjktPY/OXtiFtBtbRtmRdfh9hPlLtIAyIeY7q2Kz4uOt+p+Khhnip
c069o3QwcjAPBgNVHREECDAGhwR/AAABMA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0P
AQH/BAQDAgKEMB0GA1UdDgQWBBSYozrsVzHkzRTLYOo/YN7QayaUNjAfBgNVHSME
GDAWgBSYozrsVzHkzRTLYOo/YN7QayaUNjAKBggqhkjOPQQDAgNHADBEAiARQkv/
UrgGaTEyoFKwwjTGMdlb/+XZbvWQE8hyiyAN9gIgU6YY6tGqGKIjq1aZa1uxM/vE
J5ndykyKhK6/0erR9ak=
-----END CERTIFICATE-----
"""


@pytest.fixture
def pem(tmp_path):
    file = tmp_path / "loopback.pem"
    file.write_text(PEM)
    return file


class TlsLoopback(Loopback):
    """The same server behind TLS."""

    def __init__(self, answer, pem, *, asks_for_certificate=False):
        super().__init__(answer)
        self.url = self.url.replace("http:", "https:")
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(pem)
        if asks_for_certificate:
            self.context.verify_mode = ssl.CERT_REQUIRED
            self.context.load_verify_locations(pem)

    def _serve(self, connection):
        plain = connection.socket
        try:
            connection.socket = self.context.wrap_socket(plain, server_side=True)
        except OSError:
            plain.close()  # a client that does not trust us hangs up
        else:
            with self._lock:  # what was accepted is an empty shell now: the end must find the one in use
                self._open.add(connection.socket)
            super()._serve(connection)
        with self._lock:
            self._open.discard(plain)


def trusting(pem):
    return ssl.create_default_context(cafile=str(pem))


def showing(pem):
    context = trusting(pem)
    context.load_cert_chain(pem)
    return context


@BOTH
@pytest.mark.parametrize(
    ("asks", "options", "trusted"),
    [
        (False, lambda _: {}, False),
        (False, lambda _: {"verify": True}, False),
        (False, lambda _: {"verify": False}, True),
        (False, lambda pem: {"verify": str(pem)}, True),
        (False, lambda pem: {"ssl_context": trusting(pem)}, True),
        (False, lambda _: {"ssl_context": ssl.create_default_context()}, False),
        (True, lambda pem: {"verify": str(pem)}, False),
        (True, lambda pem: {"verify": str(pem), "cert": str(pem)}, True),
        (True, lambda pem: {"verify": str(pem), "cert": (str(pem), str(pem))}, True),
        (True, lambda pem: {"verify": str(pem), "cert": (str(pem), str(pem), "no password needed")}, True),
        (True, lambda pem: {"ssl_context": showing(pem)}, True),
    ],
    ids=[
        *("nothing said", "verify", "verify nobody", "verify a file", "own context", "own context, no trust"),
        *("no certificate", "one file", "two files", "two files and a password", "own context with certificate"),
    ],
)
def test_whom_a_client_trusts_and_what_it_shows(embed, asks, options, trusted, pem):
    with TlsLoopback(SPOKEN["openai"].answer, pem, asks_for_certificate=asks) as server:
        call = {**at(server), "client_args": {**options(pem), "max_retries": 0}}
        if options(pem).get("verify") is False:
            with pytest.warns(UserWarning, match="verify=False"):
                assert embed(**call).provider == "openai"
        elif trusted:
            assert embed(**call).provider == "openai"
        else:
            with pytest.raises(ProviderConnectionError):
                embed(**call)
        assert len(server.requests) == trusted


@BOTH
def test_a_host_nobody_trusts_is_asked_once(embed, pem):
    with TlsLoopback(SPOKEN["openai"].answer, pem) as server:
        with pytest.raises(ProviderConnectionError, match=r"(?i)certificate"):
            embed(**at(server))
        assert (server.connections, server.requests) == (1, [])
