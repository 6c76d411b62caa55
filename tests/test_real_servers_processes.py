"""Do the servers that others wrote end with the tests, however these end, and is it told why one does not start?"""

from __future__ import annotations

import socket
from contextlib import suppress
from time import monotonic
from urllib.parse import urlsplit

import pytest

from any_llm import ProviderConnectionError
from doors import COLOURS, DOORS, client
from patience import within
from programs import start
from real_servers import LLAMACPP, LLAMACPP_KEY, TINY, run

TEXTS = ["cab", "the cat"]


@COLOURS
def test_a_server_that_ends_is_a_connection_error_and_is_gone(call, tmp_path):
    with run("xllamacpp", LLAMACPP, TINY, LLAMACPP_KEY, folder=tmp_path) as server:
        made = client(DOORS["llamacpp"], server.url, max_retries=0)
        assert len(call(made, "tiny", TEXTS).data) == len(TEXTS)
    assert server.process.poll() is not None
    with pytest.raises(ProviderConnectionError, match=r"127\.0\.0\.1"):
        call(made, "tiny", TEXTS)


def test_a_server_that_does_not_start_is_told_with_what_it_wrote(tmp_path):
    with (
        pytest.raises(RuntimeError, match="exit code 3:\nno model"),
        run("xllamacpp", "print('no model', flush=True); sys.exit(3)", folder=tmp_path),
    ):
        pass


TESTS = """
    import sys
    from pathlib import Path
    from real_servers import LLAMACPP, LLAMACPP_KEY, TINY, run

    with run("xllamacpp", LLAMACPP, TINY, LLAMACPP_KEY, folder=Path(sys.argv[1])) as server:
        print(server.url, flush=True)
        server.process.wait()
"""


def test_a_server_ends_with_tests_that_are_killed(tmp_path):
    with start(TESTS, tmp_path) as tests:
        address = urlsplit(tests.stdout.readline().strip())
        tests.kill()
    with pytest.raises(ConnectionRefusedError):
        keep_connecting(address, within(10))


def keep_connecting(address, seconds):
    """Connect, and when the server hangs up, as it does on the idle and when it ends, again."""
    deadline = monotonic() + seconds
    while monotonic() < deadline:
        connection = socket.create_connection((address.hostname, address.port), timeout=seconds)
        with connection, suppress(ConnectionResetError):
            connection.recv(1)
