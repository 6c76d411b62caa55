"""Does the example of each provider's page run as it is printed, and reach the address its documentation names?"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from any_llm.providers.table import ROWS
from forward_proxy import tunnel
from loopback import Answer, Loopback, Raw, Request
from test_rows import KEY, RECORDS, VECTORS
from tls import AUTHORITY, SecureLoopback, context_for

PAGES = Path(__file__).parent.parent / "docs" / "providers"
EXCHANGES = {name: record["exchange"] for name, record in RECORDS.items() if "exchange" in record}
"""Where a key is exchanged for a token first, and what is answered there."""
HOSTS = sorted({urlsplit(record["url"]).hostname or "" for record in (*RECORDS.values(), *EXCHANGES.values())})
CERTIFICATE = context_for(*HOSTS)


def example(name: str) -> str:
    """The page's one block of code."""
    (_, block, _) = re.split("^```.*\n", (PAGES / f"{name}.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    return block


def run(name: str) -> Any:
    """Run it; what it names `vectors`."""
    namespace: dict[str, Any] = {}
    exec(compile(example(name), f"{name}.md", "exec", dont_inherit=True), namespace)  # noqa: S102  # our own page
    return namespace["vectors"]


@pytest.fixture
def reached(request, tmp_path, monkeypatch):
    """Every host of the world is on this machine, behind a proxy, and answers as the record says."""
    record = RECORDS[request.getfixturevalue("name")]
    exchange = record.get("exchange", {"url": None})
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    requests: list[tuple[str, Any]] = []

    def answer(asked: Request) -> Answer:
        where = asked.path if "://" in asked.path else f"https://{asked.headers['host']}{asked.path}"
        where += f"?{urlencode(asked.query)}" if asked.query else ""
        if where == exchange["url"]:
            return Answer(json=exchange["reply"])
        requests.append((where, asked.json))
        return Answer(json=record["reply"])

    with SecureLoopback(answer, CERTIFICATE) as host:

        def proxy(asked: Request) -> Answer | Raw:
            return tunnel(host.url.removeprefix("https://")) if asked.method == "CONNECT" else answer(asked)

        with Loopback(proxy) as server:
            for variable in ("HTTP_PROXY", "HTTPS_PROXY"):
                monkeypatch.setenv(variable, server.url)
                monkeypatch.setenv(variable.lower(), server.url)
            yield requests


@pytest.mark.parametrize("name", RECORDS)
def test_the_example_of_a_page_makes_the_call_its_provider_documents(name, reached, monkeypatch):
    record, row = RECORDS[name], ROWS[name]
    for variable in row.key_env[:1] or record.get("environment", []):
        monkeypatch.setenv(variable, KEY)
    vectors = run(name)
    assert reached == [(record["url"], record["body"])]
    assert vectors.tolist() == record.get("vectors", VECTORS)[: len(record["texts"])]


# What another library downloads: test_libraries_loading.py, and with torch test_sentence_transformers.py.
DOWNLOADED = {"fastembed", "model2vec", "sentence_transformers"}


@pytest.mark.parametrize(
    "name", sorted({name for name, row in ROWS.items() if row.embedding} - RECORDS.keys() - DOWNLOADED)
)
def test_the_example_of_a_page_runs_in_this_process(name):
    assert len(run(name)) == 2


def test_every_provider_has_its_page():
    assert {page.stem for page in PAGES.iterdir()} == {name for name, row in ROWS.items() if row.embedding}
