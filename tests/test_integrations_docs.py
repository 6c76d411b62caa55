"""Is docs/integrations.md true? Its server takes four texts a request, and answers from last to first."""

from __future__ import annotations

import gc
from contextlib import redirect_stdout
from io import StringIO
from urllib.parse import urlsplit

from openai import OpenAI

from any_llm.providers.table import ROWS
from loopback import Answer
from oracles import replies
from test_docs import ROOT, blocks, shown

PAGE = ROOT / "docs" / "integrations.md"
TAKES = 4


def openai(request):
    """Refuse what is too much; answer the rest from last to first."""
    texts = request.json["input"]
    if isinstance(texts, list) and len(texts) > TAKES:
        words = f"at most {TAKES} inputs a request"
        return Answer(400, json={"error": {"message": words, "type": "invalid_request_error"}})
    reply = replies.openai_shaped("openai")(request).json
    return Answer(json={**reply, "data": reply["data"][::-1]})


def cohere(request):
    """Answer a little differently in each role."""
    reply = replies.cohere(request).json
    if request.json["input_type"] == "search_query":
        reply["embeddings"]["float"] = [[first + 0.01, *rest] for first, *rest in reply["embeddings"]["float"]]
    return Answer(json=reply)


def test_the_page_runs_and_prints_what_it_shows(loopback, monkeypatch, tmp_path):
    server = loopback(lambda request: (cohere if request.path == "/v2/embed" else openai)(request))
    for name in ("openai", "cohere"):
        row = ROWS[name]
        for variable in row.key_env:
            monkeypatch.setenv(variable, "key-of-the-docs")
        for variable in row.base_env:
            monkeypatch.setenv(variable, server.url + urlsplit(row.api_base or "").path)
    monkeypatch.setenv("OPENAI_API_BASE", f"{server.url}/v1")  # LlamaIndex's own name of it
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {"__name__": "__main__"}
    for line, block in blocks(PAGE, "python"):
        with redirect_stdout(StringIO()) as printed:
            exec(compile("\n" * line + block, str(PAGE), "exec", dont_inherit=True), namespace)  # noqa: S102
        assert printed.getvalue().splitlines() == shown(block), f"line {line}"
    for each in gc.get_objects():  # what we compare with has clients, which nobody closes
        if type(each) is OpenAI:
            each.close()
