"""What do the tests prove of each provider, and by what? Collected from the cases that run, never typed.

A case says so by the mark `proves(provider, kind, by)`, in any test file. `by` is a page for "docs", else the
distribution it was held against.
"""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import distributions
from io import StringIO
from pathlib import Path
from typing import Any, get_args

import pytest

from any_llm.providers.table import ROWS
from any_llm.types.provider import Proof

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "src/any_llm/providers/evidence.json"
MARK = "mark.proves"
KINDS = get_args(Proof)
"""The weakest first."""


class _Cases:
    """A plugin of pytest: keeps what the collected cases prove."""

    def __init__(self) -> None:
        self.proofs: set[tuple[str, str, str]] = set()
        self.unread: list[str] = []

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.outcome != "passed":
            self.unread.append(f"{report.nodeid}: {report.longrepr}")

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for case in session.items:
            if not any(case.iter_markers("skip")):
                self.proofs.update(mark.args for mark in case.iter_markers("proves"))


def collected() -> set[tuple[str, str, str]]:
    """Provider, kind and `by` of every case that proves something. Its SDK need not be installed.

    Raises SystemExit when a file cannot be collected, or a mark names what there is not.
    """
    files = [str(path) for path in (ROOT / "tests").glob("test_*.py") if MARK in path.read_text(encoding="utf-8")]
    cases = _Cases()
    options = ["--collect-only", f"--rootdir={ROOT}", f"--config-file={ROOT / 'pyproject.toml'}"]
    options += ["--disable-plugin-autoload", "-p", "pytest_asyncio.plugin"]  # the others only cost time
    with redirect_stdout(StringIO()):
        pytest.main([*options, *files], [cases])
    wrong = [f"proves{proof} names no provider, or no kind" for proof in cases.proofs if not _is_meant(*proof)]
    if cases.unread or wrong:
        raise SystemExit("\n".join([*cases.unread, *wrong]))
    return cases.proofs


def _is_meant(provider: str, kind: str, by: str) -> bool:
    return provider in ROWS and ROWS[provider].embedding and kind in KINDS and bool(by)


@cache
def evidence() -> dict[str, list[dict[str, Any]]]:
    """Provider -> its proofs, weakest first. A version once recorded stays; delete the file to record all anew."""
    recorded = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    known = {(name, proof["kind"], proof["by"]): proof for name in recorded for proof in recorded[name]}
    found: dict[str, list[dict[str, Any]]] = {}
    for name, kind, by in sorted(collected(), key=lambda proof: (proof[0], KINDS.index(proof[1]), proof[2])):
        own = {"kind": kind, "by": by}
        if kind == "docs":
            proof = {**own, "date": ROWS[name].read}
        elif "version" in (proof := known.get((name, kind, by), {})) and "date" in proof:
            proof = {**own, "version": proof["version"], "date": proof["date"]}
        else:
            proof = {**own, "version": _installed(by), "date": datetime.now(UTC).date().isoformat()}
        found.setdefault(name, []).append(proof)
    return found


def _installed(distribution: str) -> str:
    """Version of an SDK, or of a server that has an environment of its own."""
    servers = (str(packages) for packages in ROOT.glob(".venv/servers/*/lib/python*/site-packages"))
    found = next(distributions(name=distribution, path=[*sys.path, *servers]), None)
    if found is None:
        raise SystemExit(f"{distribution} is not installed here, so its version cannot be recorded.")
    return found.version


def evidence_json() -> str:
    """Write the file that the package carries, a line a proof."""
    lines = {name: ",\n  ".join(map(json.dumps, proofs)) for name, proofs in evidence().items()}
    return "{\n " + ",\n ".join(f"{json.dumps(name)}: [\n  {proofs}\n ]" for name, proofs in lines.items()) + "\n}\n"
