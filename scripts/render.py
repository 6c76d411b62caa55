"""What is written from the rows and the errors, so that it cannot go stale: `make render`, or `render.py --check`.

Exit 0 when all is as it should be, 1 when --check finds something stale.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tables import errors, members, options, providers_page, providers_summary, statuses

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT = Path(__file__).resolve().parent.parent
NOTE = "<!-- Written by scripts/render.py from src/any_llm/providers/table.py; `make render` writes it anew. -->"

PARTS: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "src/any_llm/constants.py": {"providers": members},
    "README.md": {"providers": providers_summary},
    "docs/options.md": {"options": options},
    "docs/errors.md": {"errors": errors, "statuses": statuses},
}
"""File -> what stands between its lines `rendered: <name>` and `rendered: end`."""
WHOLE: Mapping[str, Callable[[], str]] = {"docs/providers.md": lambda: f"{NOTE}\n\n{providers_page()}"}
"""File -> all of it."""


def replaced(text: str, name: str, content: str, *, where: str) -> str:
    """Put `content` between the two marks; they are comments in Markdown and in Python alike, and stay."""
    marks = re.compile(
        rf"^(?P<start>[ ]*(?:<!--|#) rendered: {name}\b.*\n)(?:.*\n)*?(?P<end>[ ]*(?:<!--|#) rendered: end\b.*)$",
        re.MULTILINE,
    )
    written, count = marks.subn(lambda found: f"{found['start']}{content}\n{found['end']}", text)
    if count != 1:
        raise SystemExit(f"{where}: `rendered: {name}` to `rendered: end` stands {count} times, not once.")
    return written


def rendered() -> dict[Path, str]:
    """Each file -> what it should hold."""
    wanted = {ROOT / name: write() for name, write in WHOLE.items()}
    for name, parts in PARTS.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        for part, write in parts.items():
            text = replaced(text, part, write(), where=name)
        wanted[ROOT / name] = text
    return wanted


def main() -> int:
    """Write what is stale, or with --check only name it."""
    parser = argparse.ArgumentParser(description="Write the tables that are drawn from the rows and the errors.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when something is stale")
    check = parser.parse_args().check
    stale = [
        (path, text)
        for path, text in rendered().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    for path, text in stale:
        name = path.relative_to(ROOT).as_posix()
        if check:
            print(f"{name} is stale: run make render", file=sys.stderr)
        else:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {name}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    raise SystemExit(main())
