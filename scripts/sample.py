"""What a row's whole diff looks like, for docs/adding-a-provider.md: `make render`, or `sample.py --check`.

The tree is copied and rendered with the row and without it; what differs is the diff, so none of it is typed.
Exit 0 when the page shows it, 1 when --check finds that it does not.
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
COPIED = ("README.md", "pyproject.toml", "docs", "scripts", "src", "tests")
BY_HAND = {
    "src/any_llm/providers/table.py": rf'^    Row\(\n        name="{SAMPLE}",\n?(?:.*\n)*?    \),\n',
    "tests/replies/rows.json": rf'^  "{SAMPLE}": \{{\n(?:.*\n)*?  \}},\n',
}
"""File -> what somebody writes into it. The rest is rendered."""
CONTEXT = 1
"""Lines shown around a change."""


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
    """Render with the row and without it, elsewhere, and compare."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        for part in COPIED:
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / part, root / part)
        after = rendered(root)
        for file, pattern in BY_HAND.items():
            text, count = re.subn(pattern, "", after[file], count=2, flags=re.MULTILINE)
            if count != 1:
                raise SystemExit(f"{file}: {SAMPLE} stands {count} times, not once.")
            (root / file).write_text(text, encoding="utf-8")
        before = rendered(root)
    hand_first = sorted(after, key=lambda file: (file not in BY_HAND, file))
    diff = "".join(_diff(file, before.get(file, ""), after[file]) for file in hand_first)
    if re.search(r"^ ```", diff, re.MULTILINE):
        raise SystemExit("a fence among the diff's context would end its block: change CONTEXT.")
    return diff


def rendered(root: Path) -> dict[str, str]:
    """Run this tree's own render.py, and read every file that could have changed."""
    surroundings = {**os.environ, "PYTHONPATH": str(root / "src")}
    subprocess.run([sys.executable, str(root / "scripts/render.py")], env=surroundings, check=True, capture_output=True)
    files = (path for part in COPIED for path in (root / part, *(root / part).rglob("*")))
    texts = (path for path in files if path.suffix in {".json", ".md", ".py"})
    return {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in texts}


def _diff(file: str, before: str, after: str) -> str:
    lines = before.splitlines(keepends=True), after.splitlines(keepends=True)
    return "".join(unified_diff(*lines, f"a/{file}", f"b/{file}", n=CONTEXT))


if __name__ == "__main__":
    raise SystemExit(main())
