"""Are the rendered tables what the rows say, and is what the rows say true?"""

from __future__ import annotations

import importlib
import re
import shutil
import sys
from pathlib import Path

import pytest

from any_llm.exceptions import UnsupportedParameterError
from any_llm.providers.table import ROWS
from any_llm.wire import Batch, Call, Options
from by_hand import for_its_model
from cli_command import run_process
from oracles import ORACLES
from oracles.platforms import PLATFORMS
from oracles.vendors import VENDORS

ROOT = Path(__file__).parent.parent
RENDERED = ["README.md", "docs/errors.md", "docs/options.md", "docs/providers.md", "src/any_llm/constants.py"]
MARKED = re.compile(r"rendered: (?!end)\w+.*?rendered: end", re.DOTALL)


def render(root: Path, *arguments: str) -> tuple[int, str]:
    ran = run_process(sys.executable, str(root / "scripts/render.py"), *arguments)
    return ran.code, ran.stdout.decode() + ran.stderr


@pytest.fixture
def copy(tmp_path):
    """The files that are rendered, and the scripts, elsewhere."""
    for name in [*RENDERED, "scripts/render.py", "scripts/tables.py"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_nothing_is_stale():
    assert render(ROOT, "--check") == (0, "")


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("README.md", "| `openai` | OpenAI |", "| `openai` | Open AI |"),
        ("README.md", " held against an official SDK", "1 held against an official SDK"),
        ("docs/errors.md", "| 429 | `RateLimitError` | yes |", "| 429 | `RateLimitError` | no |"),
        ("docs/errors.md", "├── InsufficientFundsError ", "├── InsufficientFunds "),
        ("docs/options.md", "`output_dimension`", "`dimension`"),
        ("docs/providers.md", "## voyage", "## Voyage"),
        ("src/any_llm/constants.py", '    VOYAGE = "voyage"\n', ""),
    ],
)
def test_what_is_stale_is_named_and_written_anew(copy, name, before, after):
    text = (copy / name).read_text(encoding="utf-8")
    assert before in text
    (copy / name).write_text(text.replace(before, after), encoding="utf-8")

    assert render(copy, "--check") == (1, f"{name} is stale: run make render\n")
    assert render(copy) == (0, f"wrote {name}\n")
    assert (copy / name).read_text(encoding="utf-8") == text
    assert render(copy, "--check") == (0, "")


def test_a_missing_mark_is_an_error(copy):
    text = (copy / "README.md").read_text(encoding="utf-8")
    (copy / "README.md").write_text(text.replace("<!-- rendered: end -->", ""), encoding="utf-8")
    code, output = render(copy)
    assert code == 1
    assert output.startswith("README.md: ")


def test_figures_about_providers_are_rendered_not_typed():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (rendered,) = MARKED.findall(text)
    cloud = [row for row in ROWS.values() if row.embedding and row.kind != "in-process"]
    for evidence, words in (("sdk", "held against an official SDK"), ("server", "run against real server software")):
        assert f"{sum(row.evidence == evidence for row in cloud)} {words}" in rendered
    assert not re.search(r"\d+ (?:providers|held|run against|tried)", MARKED.sub("", text))


def test_evidence_claims_no_more_than_the_tests_show():
    held = {oracle.provider for oracle in (*ORACLES, *PLATFORMS, *VENDORS)}
    assert {row.name for row in ROWS.values() if row.evidence == "sdk"} == held
    assert [row.name for row in ROWS.values() if row.evidence == "live"] == []


@pytest.fixture
def tables(monkeypatch):
    """The module that draws the tables."""
    monkeypatch.syspath_prepend(ROOT / "scripts")
    return importlib.import_module("tables")


ASKED = [
    ("_dimensions", "cut here", {"dimensions": 384}),
    *(("_roles", role, {"input_type": role}) for role in ("query", "document", "classification", "clustering")),
    ("_roles", "similarity", {"input_type": "similarity"}),
    *(("_policies", f"{policy}:", {"overflow": policy}) for policy in ("error", "truncate", "mean")),
]


# Where the model decides what may be asked.
MODELS = {"local": "all-MiniLM-L6-v2", "jina": "jina-embeddings-v5-text-small", "replicate": "owner/name"}


@pytest.mark.parametrize("name", [row.name for row in ROWS.values() if row.embedding])
@pytest.mark.parametrize(("column", "word", "option"), ASKED, ids=str)
def test_the_options_table_says_what_the_adapter_does(tables, name, column, word, option):
    row = ROWS[name]
    model = MODELS.get(name) or "".join(row.one_space[:1]) or "some-model"
    client = dict.fromkeys(row.client_env, "given")
    extra = {"input": {"texts": "$texts"}} if name == "replicate" else {}
    base = row.api_base or "http://host"
    call = Call(row=row, model=model, base=base, options=Options(**option), client=client, extra=extra)
    told = word in getattr(tables, column)(row)
    taken = (not told) if word == "cut here" else told  # what we cut never reaches an adapter
    adapter = importlib.import_module(row.adapter).adapter
    if taken:
        adapter.encode(for_its_model(call), Batch((), (), 0))
    else:
        with pytest.raises(UnsupportedParameterError):
            adapter.encode(for_its_model(call), Batch((), (), 0))
