"""What mypy --strict says to somebody who uses the interface: one run over every line of these tables."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import any_llm

ROOT = Path(__file__).parent.parent
TABLES = sorted((ROOT / "tests" / "typing").glob("*.py"))
RESPONSE = "any_llm.types.completion.CreateEmbeddingResponse"
REVEALED = [
    ('reveal_type(embedding("m", "x"))', RESPONSE),
    ('reveal_type(embedding(model="m", inputs=["x"], provider="openai", dimensions=8, user="me"))', RESPONSE),
    ('reveal_type(any_llm.embedding("m", "x"))', RESPONSE),
    ('reveal_type(asyncio.run(aembedding("m", "x")))', RESPONSE),
    ('reveal_type(asyncio.run(any_llm.aembedding("m", "x")))', RESPONSE),
    ('reveal_type(AnyLLM.create("openai").embedding("m", "x"))', RESPONSE),
    ('reveal_type(embedding("m", "x").data[0].embedding)', "list[float]"),
    ('reveal_type(embedding("m", "x").data[0].index)', "int"),
    ('reveal_type(embedding("m", "x").usage.total_tokens)', "int"),
    ('reveal_type(embedding("m", "x").model)', "str"),
    ('reveal_type(any_llm.AnyLLMError("m").message)', "str"),
]
MISTAKEN = [
    ('embedding("m", "x").datas', '"CreateEmbeddingResponse" has no attribute "datas"'),
    ('embedding("m", "x").data[0].embeddings', '"Embedding" has no attribute "embeddings"'),
    ('embedding("m", "x").usage.tokens', '"Usage" has no attribute "tokens"'),
    ('embedding("m", "x", dimensions="8")', 'Argument "dimensions" to "embedding" has incompatible type "str"'),
    ('embedding("m", "x", overflow="cut")', 'Argument "overflow" to "embedding" has incompatible type'),
    ('embedding("m", 3)', 'Argument 2 to "embedding" has incompatible type "int"'),
    ('embedding("m", "x", "openai")', 'Too many positional arguments for "embedding"'),
    ('embedding(modle="m", inputs="x")', 'Missing positional argument "model" in call to "embedding"'),
    ('embedding("m", inptus="x")', 'Missing positional argument "inputs" in call to "embedding"'),
    ('any_llm.embeding("m", "x")', 'Module has no attribute "embeding"'),
    ("any_llm.RateLimitErorr", 'Module has no attribute "RateLimitErorr"'),
    ("from any_llm import aembeding", 'Module "any_llm" has no attribute "aembeding"'),
    ("from any_llm import completion", 'Module "any_llm" has no attribute "completion"'),
    ('AnyLLM.creat("openai")', '"type[AnyLLM]" has no attribute "creat"'),
    ('AnyLLM.create("openai").embed("m", "x")', '"AnyLLM" has no attribute "embed"'),
    ("LLMProvider.OPNEAI", '"type[LLMProvider]" has no attribute "OPNEAI"'),
    ('any_llm.AnyLLMError("m").mesage', '"AnyLLMError" has no attribute "mesage"'),
]
LINES = [line for line, _ in REVEALED + MISTAKEN]
HEAD = ["import asyncio", "import any_llm", "from any_llm import AnyLLM, LLMProvider, aembedding, embedding"]


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """Run mypy once, as a user of the installed package would; what it says by file and line."""
    folder = tmp_path_factory.mktemp("typed")
    (folder / "lines.py").write_text("\n".join([*HEAD, *LINES, ""]))
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "mypy", "--strict", "--config-file", "", "--cache-dir", str(folder / "cache")),
            *("--hide-error-context", "--no-error-summary", "--no-pretty", "--no-color-output"),
            *(str(folder / "lines.py"), *map(str, TABLES)),
        ],
        env={**os.environ, "MYPYPATH": str(Path(any_llm.__path__[0]).parent)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stderr == ""
    messages: dict[tuple[str, int], str] = {}
    for file, line, message in re.findall(r"^(.+?\.py):(\d+): (.+)$", ran.stdout, re.MULTILINE):
        place = (Path(file).name, int(line))
        messages[place] = f"{messages.get(place, '')}{message}\n"
    return messages


def at(line):
    return ("lines.py", len(HEAD) + LINES.index(line) + 1)


@pytest.mark.parametrize(("line", "kind"), REVEALED)
def test_it_is_of_this_type(said, line, kind):
    assert said.get(at(line)) == f'note: Revealed type is "{kind}"\n'


@pytest.mark.parametrize(("line", "message"), MISTAKEN)
def test_a_mistake_is_found(said, line, message):
    assert f"error: {message}" in said.get(at(line), "")


@pytest.mark.parametrize("table", TABLES, ids=lambda path: path.name)
def test_the_tables_of_types_hold(said, table):
    assert {place: message for place, message in said.items() if place[0] == table.name} == {}


def test_the_package_says_that_it_is_typed():
    assert (Path(any_llm.__path__[0]) / "py.typed").is_file()
