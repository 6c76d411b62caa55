"""Do the examples run as their first lines say?"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from cli_command import run_process

EXAMPLES = Path(__file__).parent.parent / "examples"


@pytest.mark.parametrize(
    ("script", "arguments", "code", "first"),
    [
        ("semantic_search.py", [], 0, "Put the egg into boiling water and wait seven minutes."),
        ("semantic_search.py", ["Why", "does", "bread", "rise?"], 0, "Bread rises because yeast makes gas."),
        ("switch_provider.py", [], 0, "fake:one-model: 64 wide, 17 tokens (estimated)"),
        ("switch_provider.py", ["fake:a", "nobody:b"], 1, "fake:a: 64 wide, 17 tokens (estimated)"),
    ],
)
def test_a_script_prints_what_it_is_for(script, arguments, code, first):
    ran = run_process(sys.executable, "-W", "error", str(EXAMPLES / script), *arguments)
    assert ran.code == code, ran.stderr
    assert ran.stdout.decode().splitlines()[0].endswith(first)
    assert ("nobody" in ran.stderr) is (code == 1)


@pytest.mark.parametrize(
    ("model", "inputs", "status"),
    [
        ("fake:any", ["First", "Second"], 200),
        ("fake:any", [], 200),
        ("local:all-MiniLM-L6-v2", ["short", "long " * 2000], 422),
        ("openai:text-embedding-3-small", ["no key is set"], 502),
    ],
)
def test_the_route_answers_as_openai_does_or_says_what_is_wrong(model, inputs, status, monkeypatch):
    monkeypatch.setenv("EMBEDDING_MODEL", model)
    app = runpy.run_path(str(EXAMPLES / "fastapi_route.py"))["app"]
    with TestClient(app) as client:
        reply = client.post("/embeddings", json={"inputs": inputs})
    assert reply.status_code == status
    if status == 200:
        assert list(reply.json()) == ["data", "model", "object", "usage"]
        assert [item["index"] for item in reply.json()["data"]] == list(range(len(inputs)))
    elif status == 422:
        assert reply.json()["detail"]["index"] == 1
    else:
        assert "OPENAI_API_KEY" in reply.json()["detail"]


def test_every_example_is_tested():
    named = Path(__file__).read_text(encoding="utf-8")
    assert [script.name for script in EXAMPLES.glob("*.py") if script.name not in named] == []
