"""Are README and docs/ true? Their code runs, what it prints is what they show, and what they name is there."""

from __future__ import annotations

import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec
import pytest

from any_llm.providers.table import ROWS
from cli_command import COMMAND, environment, run_process
from loopback import Answer
from oracles import cloud_replies, platforms, replies

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loopback import Request

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
EVERY_PAGE = [*PAGES, ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*/*.md"))]
WIDTHS = {"text-embedding-3-small": 1536, "text-embedding-3-large": 3072, "embed-v4.0": 1536, "voyage-4": 1024}
"""What these models give when no width is asked for; the pages show it."""
ADDRESSES = ("http://127.0.0.1:11434", "http://embed.our-house.example:8080")
"""Servers that stand in examples; a test has one with a port of its own."""


SHAPES = {
    ":batchEmbedContents": replies.gemini, "/predictions": platforms.replicate, "/api/embed": replies.ollama,
    ":predict": cloud_replies.vertex, "/model/amazon.titan-embed-text-v2": cloud_replies.bedrock("titan v2"),
    "/invocations": cloud_replies.sagemaker, "/ml/v1/text/embeddings": cloud_replies.watsonx,
}  # fmt: skip
"""A part of the path -> what answers there; elsewhere, Cohere's shape or OpenAI's."""


def blocks(page: Path, *languages: str) -> Iterator[tuple[int, str]]:
    """Each fenced block in one of these languages: the line its text begins on, from 0, and its text."""
    text = page.read_text(encoding="utf-8")
    for found in re.finditer(rf"^```(?:{'|'.join(languages)})\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        yield text[: found.start(1)].count("\n"), found[1]


def answer(request: Request) -> Answer:
    """Reply as the provider at this path does, with vectors as wide as the model's."""
    for part, shape in SHAPES.items():
        if part in request.path:
            return shape(request)
    body = request.json
    if request.path == "/vectorize":  # the shape of docs/adding-a-provider.md
        vectors = [replies.vector(text, body["width"]) for text in body["texts"]]
        return Answer(json={"vectors": vectors, "words": len(" ".join(body["texts"]).split())})
    if body["model"] in WIDTHS and not {"dimensions", "output_dimension"} & body.keys():
        name = "output_dimension" if request.path == "/v2/embed" else "dimensions"
        body[name] = WIDTHS[body["model"]]
        request = msgspec.structs.replace(request, body=msgspec.json.encode(body))
    return (replies.cohere if request.path == "/v2/embed" else replies.openai_shaped("openai"))(request)


@pytest.fixture
def providers(loopback, monkeypatch):
    """Point every provider's variables at this machine, so that the code of a page runs as it is printed."""
    server = loopback(answer)
    for row in ROWS.values():
        for name in row.key_env:
            monkeypatch.setenv(name, "key-of-the-docs")
        for name in row.base_env:
            monkeypatch.setenv(name, server.url + urlsplit(row.api_base or "").path)
    return server


def shown(block: str) -> list[str]:
    """What the block says it prints: the comments behind its print() calls."""
    return re.findall(r"^ *print\(.*\)  # (.*)$", block, re.MULTILINE)


RUN_HERE = [page for page in PAGES if any(blocks(page, "python")) and page.name != "integrations.md"]
"""test_integrations_docs.py runs that one, with another server."""


@pytest.mark.parametrize("page", RUN_HERE, ids=lambda page: page.name)
def test_the_code_of_a_page_runs_and_prints_what_it_shows(page, providers, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {"__name__": "__main__"}
    for line, block in blocks(page, "python"):
        for address in ADDRESSES:
            block = block.replace(address, providers.url)  # noqa: PLW2901  # as it is printed, but for the host
        code = compile("\n" * line + block, str(page), "exec", dont_inherit=True)
        with redirect_stdout(StringIO()) as printed:
            exec(code, namespace)  # noqa: S102  # our own pages
        if shown(block):
            assert printed.getvalue().splitlines() == shown(block)


def commands(page: Path) -> Iterator[tuple[str, str]]:
    """Each omniembed command of a page, and what is shown below it, if anything."""
    for _, block in blocks(page, "console"):
        for found in re.finditer(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
            yield found[1], found[2]
    for _, block in blocks(page, "sh"):
        yield from ((line, "") for line in block.splitlines() if line.startswith("omniembed "))


COMMANDS = [
    pytest.param(command, output, id=f"{page.name}: {command}")
    for page in PAGES
    if page.name != "cli.md"  # test_cli_docs.py runs that page
    for command, output in commands(page)
    if "omniembed" in command
]


@pytest.mark.usefixtures("providers")
@pytest.mark.parametrize(("command", "output"), COMMANDS)
def test_a_command_of_a_page_runs_and_prints_what_is_shown(command, output, tmp_path):
    name = " ".join(f"'{word}'" for word in COMMAND)
    script = f'omniembed() {{ {name} "$@"; }}\n{command}'
    ran = run_process("bash", "-c", script, cwd=tmp_path, env=environment(COLUMNS="100"))
    assert ran.code == 0, ran.stderr
    if output:
        assert ran.stdout.decode() + ran.stderr == output


def prose(page: Path) -> str:
    """The page without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """The headings of a page, as links to them are written."""
    headings = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", EVERY_PAGE, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("page", EVERY_PAGE, ids=lambda page: page.name)
def test_every_file_and_make_target_that_is_named_is_there(page):
    text = page.read_text(encoding="utf-8")
    for name in re.findall(r"`((?:src|tests|docs|scripts|examples|benchmarks)/[\w./-]*)`", text):
        assert (ROOT / name).exists(), name
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    for name in re.findall(r"(?:^ {4}|`|; )make (\w+)", text, re.MULTILINE):
        assert name in targets, name


def test_readme_says_first_who_we_are_not():
    first = PAGES[0].read_text(encoding="utf-8").splitlines()[0]
    assert re.search(r"independent, not affiliated with Mozilla\.ai.*import name is `any_llm`", first, re.IGNORECASE)


def test_the_first_example_of_readme_needs_no_key_and_no_provider(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    _, block = next(blocks(PAGES[0], "python"))
    assert 'provider="local"' in block
    with redirect_stdout(StringIO()) as printed:
        exec(compile(block, "README.md", "exec", dont_inherit=True), {})  # noqa: S102  # our own page
    assert printed.getvalue().splitlines() == shown(block)


def test_readme_leads_to_every_page():
    links = re.findall(r"\]\((docs/[\w-]+\.md)\)", PAGES[0].read_text(encoding="utf-8"))
    assert {ROOT / link for link in links} == set(PAGES[1:])
