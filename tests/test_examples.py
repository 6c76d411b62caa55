"""Do the examples run as their first lines say?"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

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
    ("inputs", "status", "found"),
    [
        (["First", "Second"], 200, ["data", "model", "object", "usage"]),
        ([], 200, ["data", "model", "object", "usage"]),
        (["a lone surrogate \ud800"], 422, ["detail"]),
    ],
)
def test_the_route_answers_as_openai_does(inputs, status, found, monkeypatch):
    from fastapi.testclient import TestClient

    monkeypatch.setenv("EMBEDDING_MODEL", "fake:any")
    app = runpy.run_path(str(EXAMPLES / "fastapi_route.py"))["app"]
    with TestClient(app) as client:
        reply = client.post("/embeddings", json={"inputs": inputs})
    assert reply.status_code == status
    assert list(reply.json()) == found
    if status == 200:
        assert [item["index"] for item in reply.json()["data"]] == list(range(len(inputs)))


def test_every_example_is_tested():
    named = Path(__file__).read_text(encoding="utf-8")
    assert [script.name for script in EXAMPLES.glob("*.py") if script.name not in named] == []
