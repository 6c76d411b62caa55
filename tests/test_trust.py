"""Is a host believed for the right reasons alone, and can that never be lost by accident?"""

from __future__ import annotations

import datetime as dt
import shutil
import ssl
import subprocess

import pytest

from any_llm import AnyLLM, InvalidRequestError, ProviderConnectionError
from colours import COLOURS
from numbered import KEY, numbers, to, vectors
from tls import AUTHORITY, SecureLoopback, context_for


@pytest.fixture
def authority(tmp_path):
    """The file that names the servers' authority."""
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return tmp_path / "ca.pem"


@pytest.fixture
def folder(tmp_path, authority):
    """A folder of authorities, as OpenSSL wants it: files named by the hash of the subject."""
    if shutil.which("openssl") is None:
        pytest.skip("only openssl itself knows that hash")
    (tmp_path / "folder").mkdir()
    command = ["openssl", "x509", "-hash", "-noout", "-in", authority]
    named = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    (tmp_path / "folder" / f"{named}.0").write_bytes(authority.read_bytes())
    return tmp_path / "folder"


@COLOURS
@pytest.mark.parametrize("way", ["SSL_CERT_FILE", "SSL_CERT_DIR", "a file", "a folder"])
def test_an_authority_is_trusted_where_it_is_named(way, call, authority, folder, monkeypatch):
    options = {"a file": {"verify": str(authority)}, "a folder": {"verify": folder}}.get(way, {})
    if not options:
        monkeypatch.setenv(way, str(folder if way == "SSL_CERT_DIR" else authority))
    with SecureLoopback(vectors) as server:
        assert numbers(call(inputs="5", **to(server.url, **options))) == [5]


@COLOURS
def test_an_authority_that_is_named_later_is_heeded(call, authority, monkeypatch):
    with SecureLoopback(vectors) as server:
        with pytest.raises(ProviderConnectionError, match="CERTIFICATE_VERIFY_FAILED"):
            call(inputs="5", **to(server.url))
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        assert numbers(call(inputs="5", **to(server.url))) == [5]


def expired():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    gone = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    AUTHORITY.issue_cert("127.0.0.1", not_before=gone, not_after=gone).configure_cert(context)
    return context


def outdated():
    context = context_for("127.0.0.1")
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.options &= ~(ssl.OP_NO_TLSv1 | ssl.OP_NO_TLSv1_1)
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    return context


@COLOURS
@pytest.mark.parametrize(
    ("make", "words"),
    [(expired, "certificate has expired"), (outdated, "PROTOCOL"), (lambda: context_for("example.org"), "mismatch")],
    ids=["expired", "TLS 1.1", "another host's"],
)
def test_what_cannot_be_believed_is_asked_once_and_told_nothing(make, words, call, authority):
    with SecureLoopback(vectors, make()) as server:
        with pytest.raises(ProviderConnectionError, match=words) as caught:
            call(inputs="5", **to(server.url, verify=authority))
        assert (server.connections, server.requests) == (1, [])
    assert KEY not in str(caught.value)


@COLOURS
def test_an_untrusted_certificate_names_the_way_out(call):
    with (
        SecureLoopback(vectors) as server,
        pytest.raises(ProviderConnectionError, match=r"verify=.*SSL_CERT_FILE"),
    ):
        call(inputs="5", **to(server.url))


def nobody_verified():
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@pytest.mark.parametrize("beside", [{"verify": False}, {"verify": True}, {"cert": __file__}], ids=str)
@pytest.mark.parametrize("make", [ssl.create_default_context, nobody_verified])
def test_two_words_on_whom_to_trust_are_an_error(make, beside):
    with pytest.raises(InvalidRequestError, match=rf"ssl_context=.*without {next(iter(beside))}="):
        AnyLLM.create("openai", KEY, ssl_context=make(), **beside)


@pytest.mark.parametrize("options", [{"verify": False}, {"ssl_context": nobody_verified()}], ids=", ".join)
def test_to_verify_nobody_is_a_warning_where_it_is_asked_for(options):
    with pytest.warns(UserWarning, match="key and the texts go to whoever answers") as caught:
        AnyLLM.create("openai", KEY, **options)
    assert [each.filename for each in caught] == [__file__]


@COLOURS
def test_verify_false_holds_for_its_client_alone(call):
    with SecureLoopback(vectors) as server:
        with pytest.warns(UserWarning, match="verify=False"):
            assert numbers(call(inputs="5", **to(server.url, verify=False))) == [5]
        with pytest.raises(ProviderConnectionError, match="CERTIFICATE_VERIFY_FAILED"):
            call(inputs="5", **to(server.url))
        with pytest.raises(ProviderConnectionError, match="CERTIFICATE_VERIFY_FAILED"):
            call(inputs="5", **to(server.url, verify=True))
        assert len(server.requests) == 1


@COLOURS
def test_a_context_is_used_as_it_is_and_not_changed(call, authority):
    context = ssl.create_default_context(cafile=str(authority))
    before = (context.verify_mode, context.check_hostname, context.minimum_version, context.options)
    with SecureLoopback(vectors) as server:
        assert numbers(call(inputs="5", **to(server.url, ssl_context=context))) == [5]
    assert (context.verify_mode, context.check_hostname, context.minimum_version, context.options) == before
