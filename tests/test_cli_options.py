"""Does every option reach the provider, as what it is there?"""

from __future__ import annotations

import json
import math

import pytest

from cli_command import omniembed
from loopback import Answer, Loopback, Request


def _openai(request: Request) -> Answer:
    data = [{"object": "embedding", "index": n, "embedding": [3.0, 4.0]} for n, _ in enumerate(request.json["input"])]
    usage = {"prompt_tokens": 5, "total_tokens": 5}
    return Answer(json={"object": "list", "data": data, "model": "text-embedding-3-small", "usage": usage})


OPENAI = ("embed", "-m", "openai:text-embedding-3-small", "a", "b")
VOYAGE = ("-m", "voyage:voyage-3.5")  # given after another model, it is the one that counts


@pytest.mark.parametrize(
    ("options", "bodies", "headers", "query"),
    [
        (["--dimensions", "2"], [{"input": ["a", "b"], "dimensions": 2}], {}, {}),
        (["--batch-size", "1"], [{"input": ["a"]}, {"input": ["b"]}], {}, {}),
        (["--body", '{"user": "u"}'], [{"input": ["a", "b"], "user": "u"}], {}, {}),
        (["--header", "X-One=1", "--header", "X-Two=a=b"], [{}], {"x-one": "1", "x-two": "a=b"}, {}),
        (["--query", "version=1"], [{}], {}, {"version": "1"}),
        (["--client", "organization=org-1"], [{}], {"openai-organization": "org-1"}, {}),
        (["--client", 'default_headers={"X-One": "1"}'], [{}], {"x-one": "1"}, {}),
        ([*VOYAGE, "--input-type", "query"], [{"input_type": "query"}], {}, {}),
        ([*VOYAGE, "--overflow", "truncate"], [{"truncation": True}], {}, {}),
        ([*VOYAGE, "--overflow", "error"], [{"truncation": False}], {}, {}),
    ],
)
def test_every_option_reaches_the_provider(options, bodies, headers, query, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.setenv("VOYAGE_API_KEY", "sk-test")
    with Loopback(_openai) as server:
        ran = omniembed(*OPENAI, "--api-base", server.url, *options)
        sent = sorted(server.requests, key=lambda request: request.json["input"])
    assert (ran.code, ran.stderr) == (0, "")
    assert len(sent) == len(bodies)
    for request, body in zip(sent, bodies, strict=True):
        assert body.items() <= request.json.items()
        assert {"authorization": "Bearer sk-test", **headers}.items() <= request.headers.items()
        assert request.query == query


@pytest.mark.parametrize(("options", "length"), [(["--normalize"], 1), (["--no-normalize"], 5), ([], 5)])
def test_normalize_is_asked_for_or_not(options, length, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    with Loopback(_openai) as server:
        ran = omniembed(*OPENAI, "--api-base", server.url, *options, "--format", "jsonl")
    vector = json.loads(ran.stdout.splitlines()[0])["embedding"]
    assert math.hypot(*vector) == pytest.approx(length, rel=1e-6)


def test_an_error_names_the_line_of_the_file_and_stays_on_one(monkeypatch, tmp_path):
    def refuse(request: Request) -> Answer:
        if "far too long" not in request.json["input"]:
            return _openai(request)
        message = "maximum context length is 8192 tokens\n\x1b[2J however you requested 9000"
        return Answer(400, json={"error": {"message": message, "code": "context_length_exceeded", "param": "input"}})

    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    texts = tmp_path / "texts.txt"
    texts.write_text("short\nshort\nfar too long\n")
    with Loopback(refuse) as server:
        ran = omniembed("embed", "-m", "openai:x", "--api-base", server.url, "--batch-size", "1", "-f", str(texts))
    assert ran.code == 1
    assert ran.stderr.endswith(f"That is line 3 of {texts}.\n")
    assert ran.stderr.count("\n") == 1
    assert "\x1b" not in ran.stderr
    assert "far too long" not in ran.stderr
