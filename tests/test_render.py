"""Are the rendered tables what the rows say, and is what the rows say true?"""

from __future__ import annotations

import importlib
import json
import os
import re
import shutil
import sys
import tomllib
from importlib.metadata import packages_distributions, version
from pathlib import Path

import pytest

from any_llm import AnyLLM
from any_llm.exceptions import UnsupportedParameterError
from any_llm.providers.own import adapter_of
from any_llm.providers.table import ROWS
from any_llm.wire import Batch, Call, Options
from by_hand import for_its_model
from cli_command import environment, run_process

ROOT = Path(__file__).parent.parent
ADDING = ROOT / "docs/adding-a-provider.md"
MARKED = re.compile(r"rendered: (?!end)\w+.*?rendered: end", re.DOTALL)
EVIDENCE = "src/any_llm/providers/evidence.json"


def render(root: Path, *arguments: str, **surroundings: str) -> tuple[int, str]:
    ran = run_process(sys.executable, str(root / "scripts/render.py"), *arguments, env=environment(**surroundings))
    return ran.code, ran.stdout.decode() + ran.stderr


def stale(*names: str) -> tuple[int, str]:
    return 1, "".join(f"{name} is stale: run make render\n" for name in sorted(names, key=Path))


def proving(*proofs: tuple[str, str, str]) -> str:
    """Write a test file whose one case proves these. (This file has no such mark: it would be collected for it.)"""
    marks = "".join(f"@pytest.mark.{'proves'}{proof}\n" for proof in proofs)
    return f"import pytest\n\n\n{marks}def test_it():\n    pass\n"


@pytest.fixture
def copy(tmp_path):
    """All that is rendered, and what it is rendered from but for the rows, elsewhere.

    In place of all the tests, which take seconds to collect, stands one case that proves what is recorded.
    """
    rendered = ["README.md", "docs", EVIDENCE, "src/any_llm/constants.py"]
    for name in [*rendered, "pyproject.toml", "scripts", "tests/replies/rows.json"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, tmp_path / name)
    recorded = json.loads((ROOT / EVIDENCE).read_text(encoding="utf-8"))
    proofs = ((name, proof["kind"], proof["by"]) for name in recorded for proof in recorded[name])
    (tmp_path / "tests/test_recorded.py").write_text(proving(*proofs))
    return tmp_path


def put_all_tests(copy: Path) -> None:
    (copy / "tests/test_recorded.py").unlink()
    shutil.copytree(ROOT / "tests", copy / "tests", ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)


def change(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


def test_nothing_is_stale():
    assert render(ROOT, "--check") == (0, "")


CHANGES = [
    (EVIDENCE, '"docs"', '"live"'),
    ("docs/providers.md", "| Voyage AI |", "| Voyage |"),
    ("docs/providers/voyage.md", "`VOYAGE_API_KEY`", "`VOYAGER_API_KEY`"),
    ("src/any_llm/constants.py", '    VOYAGE = "voyage"\n', ""),
    ("README.md", "| Clouds | ", "| Clouds | 1"),
    ("docs/options.md", "`output_dimension`", "`dimension`"),
    ("docs/errors.md", "| 429 | `RateLimitError` | yes |", "| 429 | `RateLimitError` | no |"),
]


def test_what_is_stale_is_named_and_written_anew(copy):
    whole = {name: (copy / name).read_text(encoding="utf-8") for name, *_ in CHANGES}
    for name, before, after in CHANGES:
        change(copy / name, before, after)
    gone = "docs/providers/gone.md"
    (copy / gone).write_text("A provider that was taken out.")

    assert render(copy, "--check") == stale(gone, *whole)
    written = [f"{'removed' if name == gone else 'wrote'} {name}\n" for name in sorted([*whole, gone], key=Path)]
    assert render(copy) == (0, "".join(written))
    assert {name: (copy / name).read_text(encoding="utf-8") for name in whole} == whole
    assert not (copy / gone).exists()


def test_a_missing_mark_is_an_error(copy):
    change(copy / "README.md", "<!-- rendered: end -->", "")
    code, output = render(copy)
    assert code == 1
    assert output.startswith("README.md: ")


def test_a_claim_goes_with_the_case_that_proved_it(copy):
    put_all_tests(copy)
    change(copy / "tests/oracles/__init__.py", "    OPENROUTER,\n", "")
    change(copy / "tests/oracles/__init__.py", '    (OPENROUTER, "/", ()),\n', "")
    assert render(copy, "--check") == stale(EVIDENCE, "docs/providers.md", "docs/providers/openrouter.md", "README.md")


def test_a_case_in_a_new_file_is_found_and_one_that_is_skipped_is_not(copy):
    (copy / "tests/test_new.py").write_text(proving(("venice", "sdk", "openai")))
    skipped = proving(("zhipu", "sdk", "openai")).replace("@", "@pytest.mark.skip\n@")
    (copy / "tests/test_skipped.py").write_text(skipped)
    names = ["README.md", "docs/providers/venice.md", "docs/providers.md", EVIDENCE]
    assert render(copy) == (0, "".join(f"wrote {name}\n" for name in names))
    proofs = json.loads((copy / EVIDENCE).read_text(encoding="utf-8"))["venice"]
    assert proofs[1] == {"kind": "sdk", "by": "openai", "version": version("openai"), "date": proofs[1]["date"]}


def test_the_version_of_a_server_is_that_in_its_own_environment(copy):
    installed = copy / ".venv/servers/at-home/lib/python3.99/site-packages/voyage_at_home-4.2.dist-info"
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: voyage-at-home\nVersion: 4.2\n")
    (copy / "tests/test_new.py").write_text(proving(("voyage", "server", "voyage-at-home")))
    assert render(copy)[0] == 0
    proof = json.loads((copy / EVIDENCE).read_text(encoding="utf-8"))["voyage"][-1]
    assert (proof["kind"], proof["by"], proof["version"]) == ("server", "voyage-at-home", "4.2")


@pytest.mark.parametrize(
    ("proof", "told"),
    [
        (("voyager", "sdk", "openai"), "names no provider, or no kind"),
        (("voyage", "rumour", "openai"), "names no provider, or no kind"),
        (("voyage", "server", "voyage-at-home"), "voyage-at-home is not installed here"),
    ],
)
def test_a_claim_that_cannot_be_recorded_is_an_error(copy, proof, told):
    (copy / "tests/test_new.py").write_text(proving(proof))
    code, output = render(copy, "--check")
    assert (code, told in output) == (1, True)


def test_a_file_that_cannot_be_collected_is_an_error(copy):
    (copy / "tests/test_new.py").write_text("import no_such_sdk\n" + proving(("voyage", "sdk", "openai")))
    code, output = render(copy, "--check")
    assert (code, "no_such_sdk" in output) == (1, True)


def test_another_version_of_an_sdk_or_none_makes_nothing_stale(copy, tmp_path):
    recorded = json.loads((copy / EVIDENCE).read_text(encoding="utf-8"))
    distributions = {proof["by"] for proofs in recorded.values() for proof in proofs if proof["kind"] != "docs"}
    for package, providers in packages_distributions().items():
        if distributions & {*providers}:
            (tmp_path / "absent" / package).mkdir(parents=True)
            (tmp_path / "absent" / package / "__init__.py").write_text("raise ImportError")
    at_that_time = next(proof["version"] for proof in recorded["openai"] if proof["by"] == "openai")
    change(copy / EVIDENCE, f'"version": "{at_that_time}"', '"version": "1.0.0"')
    render(copy)  # the pages show that version
    paths = os.pathsep.join(filter(None, (str(tmp_path / "absent"), os.environ.get("PYTHONPATH", ""))))
    put_all_tests(copy)
    assert render(copy, "--check", PYTHONPATH=paths) == (0, "")
    change(copy / EVIDENCE, '"version": "1.0.0", ', "")
    assert render(copy, "--check")[0] == 1


def test_what_a_case_is_held_against_is_a_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = [*project["project"]["optional-dependencies"].values(), *project["dependency-groups"].values()]
    known = {re.split(r"[<>=~!;\[ ]", one)[0].lower().replace("_", "-") for extra in extras for one in extra}
    proofs = [proof for one in AnyLLM.get_all_provider_metadata() for proof in one.evidence if proof.kind != "docs"]
    assert {proof.by.lower().replace("_", "-") for proof in proofs} <= known


def test_figures_about_providers_are_rendered_not_typed():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (rendered,) = MARKED.findall(text)
    every = [one for one in AnyLLM.get_all_provider_metadata() if one.embedding]
    kinds = ("docs", "sdk", "server", "live")
    proven = [sum(kind in {proof.kind for proof in one.evidence} for one in every) for kind in kinds]
    assert f"| all | {' | '.join(map(str, (len(every), *proven)))} |" in rendered
    assert "**None was called at a paid endpoint.**" in rendered or proven[-1]
    assert not re.search(r"\d+ (?:providers|held|run against|tried)", MARKED.sub("", text))


@pytest.fixture
def tables(monkeypatch):
    """The module that draws the tables."""
    monkeypatch.syspath_prepend(ROOT / "scripts")
    return importlib.import_module("tables")


ASKED = [
    ("dimensions", "cut here", {"dimensions": 384}),
    *(("dtypes", name, {"dtype": name}) for name in ("int8", "uint8", "binary", "ubinary")),
    *(("roles", role, {"input_type": role}) for role in ("query", "document", "classification", "clustering")),
    ("roles", "similarity", {"input_type": "similarity"}),
    *(("policies", f"{policy}:", {"overflow": policy}) for policy in ("error", "truncate", "mean")),
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
    told = bool(re.search(rf"\b{word}", getattr(tables, column)(row)))
    here = word == "cut here" or bool(re.search(rf"\b{word} here\b", getattr(tables, column)(row)))
    taken = told != here  # what we do never reaches an adapter
    adapter = adapter_of(row)
    if taken:
        adapter.encode(for_its_model(call), Batch((), (), 0))
    else:
        with pytest.raises(UnsupportedParameterError):
            adapter.encode(for_its_model(call), Batch((), (), 0))


def sample(root: Path, *arguments: str) -> tuple[int, str]:
    ran = run_process(sys.executable, str(root / "scripts/sample.py"), *arguments)
    return ran.code, ran.stdout.decode() + ran.stderr


def test_the_whole_diff_of_a_row_is_the_one_on_the_page():
    assert sample(ROOT, "--check") == (0, "")
    (block,) = re.findall(r"^```diff\n(.*?)^```$", ADDING.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    changed = re.findall(r"^\+\+\+ b/(.*)$", block, re.MULTILINE)
    # Two by hand, which stand first; the rest is rendered.
    assert changed[:2] == ["src/any_llm/providers/table.py", "tests/replies/rows.json"]
    assert {*changed[2:]} == {
        *("README.md", "docs/options.md", "docs/providers.md", "docs/providers/featherless.md"),
        *("src/any_llm/constants.py", EVIDENCE),
    }


def test_a_diff_that_is_stale_is_written_anew(copy):
    put_all_tests(copy)
    shutil.copytree(ROOT / "src", copy / "src", ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
    page = copy / ADDING.relative_to(ROOT)
    text = page.read_text(encoding="utf-8")
    change(
        page, '+        name="featherless", title="Featherless AI"', '+        name="featherless", title="Featherless"'
    )
    change(page, '+    FEATHERLESS = "featherless"\n', "")
    assert sample(copy) == (0, "wrote docs/adding-a-provider.md\n")
    assert page.read_text(encoding="utf-8") == text
