"""Does each row say what its provider's page says? What is expected was written from those pages: replies/rows.json.

A record has the page; the URL, and the base a caller would give (the URL less "/embeddings", or what stands in "base");
the header with the key, or what proves who asks without one; the variables; where its models are listed, if they are;
the request for two texts, what an option adds to it; and a reply of that shape.

- "page", "url", "base", "header" (name, and its value around {key}), "keys" and "bases" (variables), "keyless" (no key
  is needed), "limits", "lists_models" (the URL, or null): as the page has them.
- "model", "texts", "body": a request. "options": an option of ours, or a word of one ("query", "error", ...) -> the
  fields it adds. "extra": the provider's own fields in that request.
- "reply", "tokens" (prompt and total, null where it counts none), "vectors" (where they are not the usual ones).
"""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, get_args
from urllib.parse import parse_qsl, urlsplit

import pytest

from any_llm import AnyLLM, InvalidRequestError, LLMProvider, MissingApiKeyError, UnsupportedParameterError
from any_llm.configuration import configure
from any_llm.providers import catalogue
from any_llm.providers.own import adapter_of
from any_llm.providers.row import ROLES, Kind, Row
from any_llm.providers.table import _TABLE, _WITHOUT, ROWS
from any_llm.wire import Batch, Call, Options
from by_hand import for_its_model
from loopback import Answer

RECORDS: dict[str, Any] = json.loads((Path(__file__).parent / "replies" / "rows.json").read_text(encoding="utf-8"))
KEY = "key-of-the-row-0123456789"
VECTORS = [[0.25, -0.5], [1.0, 0.125]]
each = pytest.mark.parametrize("name", RECORDS)


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away every variable a row reads, whatever it is called."""
    for row in ROWS.values():
        for variable in (
            *row.key_env,
            *row.base_env,
            *row.token_env,
            *row.variables.values(),
            *row.client_env.values(),
        ):
            monkeypatch.delenv(variable, raising=False)


def call_of(name: str, **options: Any) -> Call:
    """The record's call, set up as a user would set it up."""
    record = RECORDS[name]
    configuration = configure(ROWS[name], KEY, None, record.get("client", {}))
    call = Call(
        row=ROWS[name],
        model=record["model"],
        base=configuration.base,
        options=Options(**options),
        client=configuration.options,
        headers=configuration.headers,
        extra=record.get("extra", {}),
    )
    return for_its_model(call)


def sent(call: Call) -> tuple[str, Any]:
    """Where and what the row's adapter would send for the record's texts."""
    texts = RECORDS[call.row.name]["texts"]
    send = adapter_of(call.row).encode(call, Batch(texts, range(len(texts)), 5))
    return send.url, json.loads(send.body)


def lowered(headers: Any) -> dict[str, str]:
    return {header.lower(): text for header, text in headers.items()}


def test_every_row_on_the_wire_has_its_record():
    on_the_wire = {name for name, row in ROWS.items() if row.embedding and row.kind != "in-process"}
    assert set(RECORDS) == on_the_wire
    assert list(RECORDS) == sorted(RECORDS)


PAGES = [pytest.param(name, marks=pytest.mark.proves(name, "docs", RECORDS[name]["page"])) for name in RECORDS]


@pytest.mark.parametrize("name", PAGES)
def test_a_row_sends_and_reads_what_its_page_shows(name: str, loopback):
    record = RECORDS[name]
    assert sent(call_of(name)) == (record["url"], record["body"])
    server = loopback(lambda _: Answer(json=record["reply"]))
    path = urlsplit(record["url"]).path
    base = record.get("base", path.removesuffix("/embeddings"))
    proof = {option: word.format(key=KEY) for option, word in record.get("proof", {"api_key": "{key}"}).items()}
    known = {*ROWS[name].client_options, *ROWS[name].found}
    own = {option: value for option, value in record.get("client", {}).items() if option in known}
    with AnyLLM.create(name, api_base=server.url + base, **proof, **own) as client:
        result = client.embedding(record["model"], record["texts"], **record.get("extra", {}))
    (request,) = server.requests
    query = dict(parse_qsl(urlsplit(record["url"]).query))
    assert (request.method, request.path, request.query, request.json) == ("POST", path, query, record["body"])
    headers = record.get("proven", dict([record["header"]]))
    carrying = {header: text for header, text in request.headers.items() if KEY in text}
    assert carrying.keys() == headers.keys()
    assert all(fnmatchcase(carrying[header], value.format(key=KEY)) for header, value in headers.items())
    assert [item.embedding for item in result.data] == record.get("vectors", VECTORS)[: len(record["texts"])]
    counted = any(record["tokens"] or ())  # a server that says 0 has not counted
    tokens = record["tokens"] if counted else [0, 0]
    assert [result.usage.prompt_tokens, result.usage.total_tokens] == tokens
    assert result.usage.source == ("measured" if counted else "unknown")
    assert result.model == record["model"]


ASKED: list[tuple[str, dict[str, Any]]] = [
    ("dimensions", {"dimensions": 2}),
    *((role, {"input_type": role}) for role in ("query", "document", "classification", "clustering", "similarity")),
    *((policy, {"overflow": policy}) for policy in ("error", "truncate", "mean")),
]


@each
@pytest.mark.parametrize(("option", "asked"), ASKED, ids=[option for option, _ in ASKED])
def test_a_row_knows_the_options_of_its_page_and_no_others(name: str, option: str, asked: dict[str, Any]):
    record = RECORDS[name]
    added = record["options"].get(option)
    body = record["body"]
    if added is None and option in ROLES:  # refused, or on its way without a field: test_roles.py
        with suppress(UnsupportedParameterError):
            assert sent(call_of(name, **asked))[1] == body
        return
    if added is None:
        with pytest.raises(UnsupportedParameterError):
            sent(call_of(name, **asked))
        return
    each_request = {"requests": [{**one, **added} for one in body.get("requests", ())]}  # Gemini has one for each text
    assert sent(call_of(name, **asked))[1] == ({**body, **each_request} if "requests" in body else {**body, **added})


@each
def test_the_variables_of_a_row_are_read(name: str, monkeypatch: pytest.MonkeyPatch):
    record, row = RECORDS[name], ROWS[name]
    client = record.get("client", {})
    header, value = record["header"]
    assert list(row.key_env) == record["keys"]
    assert list(row.base_env) == record["bases"]
    assert dict(row.variables) == record.get("variables", {})
    for variable in record["keys"]:
        with monkeypatch.context() as surroundings:
            surroundings.setenv(variable, KEY)
            headers = configure(row, None, None, client).headers
        assert lowered(headers)[header] == value.format(key=KEY)
    for variable in record["bases"]:
        with monkeypatch.context() as surroundings:
            surroundings.setenv(variable, "https://of.the/environment")
            assert configure(row, KEY, None, {}).base == "https://of.the/environment"
    for option, variable in row.variables.items():
        with monkeypatch.context() as surroundings:
            surroundings.setenv(variable, client[option])
            assert configure(row, KEY, None, {}).base == configure(row, KEY, None, client).base
        if option in row.found:  # by the credentials: test_native_clouds_amazon.py
            assert configure(row, KEY, None, {}).base == row.api_base
            continue
        with pytest.raises(InvalidRequestError, match=f"{option}= in client_args .or {variable}"):
            configure(row, KEY, None, {})


@each
def test_a_key_is_demanded_where_the_page_demands_one(name: str):
    record = RECORDS[name]
    if not record["keyless"]:
        with pytest.raises(MissingApiKeyError, match=record["keys"][0]):
            configure(ROWS[name], None, "https://of.the/caller", {})
        return
    headers = configure(ROWS[name], None, "https://of.the/caller", {}).headers
    assert record["header"][0] not in lowered(headers)


@each
def test_a_request_holds_no_more_than_the_page_allows(name: str):
    limits = {limit: number for limit, number in ROWS[name].limits._asdict().items() if number is not None}
    assert limits == RECORDS[name]["limits"]


@each
def test_models_are_listed_where_the_page_says_and_nowhere_else(name: str):
    row, url = ROWS[name], RECORDS[name]["lists_models"]
    assert row.lists_models is (url is not None)
    if url is None:
        return
    adapter = adapter_of(row)
    send = getattr(adapter, "models", catalogue.models)(call_of(name), None)
    assert (send.method, send.url, send.body) == ("GET", url, b"")


def test_rows_are_sorted_and_each_name_stands_once():
    names = [row.name for row in _TABLE], [fact[0] for fact in _WITHOUT]
    for part in (*names, list(ROWS)):
        assert part == sorted(set(part))
    assert len(ROWS) == sum(map(len, names))
    assert list(LLMProvider) == list(ROWS)


@pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: row.name)
def test_a_row_says_who_and_since_when(row: Row):
    assert row.name == row.name.lower()
    assert row.name.isidentifier()
    assert row.title.strip()
    assert row.kind in get_args(Kind)
    assert urlsplit(row.source).scheme == "https" or row.kind == "in-process"
    assert date.fromisoformat(row.read).year >= 2026
    assert bool(row.reason) is not row.embedding
    assert row.reason == "" or row.reason.endswith(".")
    assert row.key_env or not (row.embedding and row.key_required)
    assert set(row.client_aliases.values()) <= {"api_base", "default_headers", "verify"}


HERE = {"localhost", "127.0.0.1"}


@each
def test_a_hosted_address_is_encrypted(name: str):
    row, url = ROWS[name], urlsplit(RECORDS[name]["url"])
    assert url.scheme == "https" or url.hostname in HERE
    assert row.kind != "cloud" or url.hostname not in HERE
    assert row.kind != "server" or url.hostname in HERE


ANY_LLM = {
    *("anthropic", "atlascloud", "azure", "azureanthropic", "azureopenai", "bedrock", "cascadia", "cerebras"),
    *("cohere", "dashscope", "databricks", "deepinfra", "deepseek", "edenai", "fireworks", "gemini", "github", "gmi"),
    *("groq", "huggingface", "inception", "kenari", "liner", "llama", "llamacpp", "llamafile", "lmstudio", "meta"),
    *("minimax", "mistral", "moonshot", "mzai", "nebius", "neosantara", "ollama", "openai", "openrouter", "otari"),
    *("ovhcloud", "perplexity", "portkey", "qiniu", "requesty", "sagemaker", "sambanova", "telnyx", "together"),
    *("typesafe", "vertexai", "vertexaianthropic", "vllm", "voyage", "watsonx", "xai", "zai"),
}
"""Known to any-llm 1.40: the members of its LLMProvider, and the rows of its registry."""


def test_every_name_that_any_llm_knows_is_known():
    assert set(LLMProvider) >= ANY_LLM
