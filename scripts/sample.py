"""What a row's whole diff looks like, for docs/adding-a-provider.md: `make render`, or `sample.py --check`.

The tree is copied, and rendered there without the row; what differs is the diff, so none of it is typed. Run it after
render.py. Exit 0 when the page shows it, 1 when --check finds that it does not.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from difflib import unified_diff
from pathlib import Path

from render import ROOT, replaced

SAMPLE = "featherless"
"""A row that is nothing but a row."""
PAGE = "docs/adding-a-provider.md"
COPIED = ("README.md", "pyproject.toml", "docs", "scripts", "src", "tests", "benchmarks")
BY_HAND = {
    "src/any_llm/providers/table.py": rf'^    Row\(\n        name="{SAMPLE}",\n?(?:.*\n)*?    \),\n',
    "tests/replies/rows.json": rf'^  "{SAMPLE}": \{{\n(?:.*\n)*?  \}},\n',
}
"""File -> what somebody writes into it. The rest is rendered."""
CONTEXT = 1
"""Lines shown around a change."""
LONG, SHOWN = 240, 40
"""Characters of a line that is cut, and of what stays before and behind a change in it."""


def main() -> int:
    """Write the diff into the page, or with --check only compare."""
    parser = argparse.ArgumentParser(description="Show the whole diff of a row in docs/adding-a-provider.md.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when the page is stale")
    page = ROOT / PAGE
    text = page.read_text(encoding="utf-8")
    wanted = replaced(text, "diff", f"```diff\n{whole_diff()}```", where=PAGE)
    if wanted == text:
        return 0
    if parser.parse_args().check:
        print(f"{PAGE} is stale: run make render", file=sys.stderr)
        return 1
    page.write_text(wanted, encoding="utf-8")
    print(f"wrote {PAGE}")
    return 0


def whole_diff() -> str:
    """Take the row out elsewhere, render there, and compare."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        for part in COPIED:
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / part, root / part)
        after = texts(root)
        for file, pattern in BY_HAND.items():
            text, count = re.subn(pattern, "", after[file], count=2, flags=re.MULTILINE)
            if count != 1:
                raise SystemExit(f"{file}: {SAMPLE} stands {count} times, not once.")
            (root / file).write_text(text, encoding="utf-8")
        render = [sys.executable, str(root / "scripts/render.py")]
        subprocess.run(render, env={**os.environ, "PYTHONPATH": str(root / "src")}, check=True, capture_output=True)
        before = texts(root)
    hand_first = sorted(after, key=lambda file: (file not in BY_HAND, file))
    diff = "".join(_diff(file, before.get(file, ""), after[file]) for file in hand_first)
    if re.search(r"^ ```", diff, re.MULTILINE):
        raise SystemExit("a fence among the diff's context would end its block: change CONTEXT.")
    return diff


def texts(root: Path) -> dict[str, str]:
    """Read every file that could change."""
    files = (path for part in COPIED for path in (root / part, *(root / part).rglob("*")))
    found = (path for path in files if path.suffix in {".json", ".md", ".py"})
    return {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in found}


def _diff(file: str, before: str, after: str) -> str:
    lines = before.splitlines(keepends=True), after.splitlines(keepends=True)
    return "".join(_shortened(list(unified_diff(*lines, f"a/{file}", f"b/{file}", n=CONTEXT))))


def _shortened(diff: list[str]) -> list[str]:
    """Leave out what is the same in a long line before and after, and most of a long line that is context."""
    for at, line in enumerate(diff):
        if line.startswith(" ") and len(line) > LONG:
            diff[at] = f"{line[:SHOWN]}...\n"
        after = diff[at + 1] if at + 1 < len(diff) else ""
        if line.startswith("-") and after.startswith("+") and min(len(line), len(after)) > LONG:
            start = max(1, 1 + _same(line[1:], after[1:]) - SHOWN)
            rest = max(1, _same(line[:start:-1], after[:start:-1]) - SHOWN)
            diff[at : at + 2] = [f"{one[0]}...{one[start:-rest]}...\n" for one in (line, after)]
    return diff


def _same(one: str, other: str) -> int:
    """Count the characters both begin with."""
    return next((at for at, pair in enumerate(zip(one, other, strict=False)) if len({*pair}) > 1), len(one))


if __name__ == "__main__":
    raise SystemExit(main())
