"""What is written from rows, errors, tests and benchmarks, and so never stale: `make render`, or `render.py --check`.

Exit 0 when all is as it should be, 1 when --check finds something stale.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from overview import overview, summary
from pages import pages
from performance import performance
from proof import evidence_json
from tables import errors, members, options, statuses

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT = Path(__file__).resolve().parent.parent
NOTE = "<!-- Written by scripts/render.py from the rows and the tests; `make render` writes it anew. -->\n\n"

PARTS: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "src/any_llm/constants.py": {"providers": members},
    "README.md": {"providers": summary},
    "docs/options.md": {"options": options},
    "docs/errors.md": {"errors": errors, "statuses": statuses},
}
"""File -> what stands between its lines `rendered: <name>` and `rendered: end`."""
PAGES: Mapping[str, Callable[[], str]] = {"docs/providers.md": overview, **pages()}
"""File -> all of it. Others in docs/providers are nobody's page any more."""
EVIDENCE = "src/any_llm/providers/evidence.json"


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


def rendered() -> dict[Path, str | None]:
    """Each file -> what it should hold; None: it should not be there."""
    wanted: dict[Path, str | None] = dict.fromkeys((ROOT / "docs/providers").glob("*.md"))
    wanted[ROOT / EVIDENCE] = evidence_json()
    wanted[ROOT / "docs/performance.md"] = performance()
    wanted.update((ROOT / name, NOTE + write()) for name, write in PAGES.items())
    for name, parts in PARTS.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        for part, write in parts.items():
            text = replaced(text, part, write(), where=name)
        wanted[ROOT / name] = text
    return wanted


def main() -> int:
    """Write what is stale, or with --check only name it."""
    parser = argparse.ArgumentParser(description="Write what is drawn from the rows, the errors and the tests.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when something is stale")
    check = parser.parse_args().check
    stale = [
        (path, text)
        for path, text in sorted(rendered().items())
        if text != (path.read_text(encoding="utf-8") if path.exists() else None)
    ]
    for path, text in stale:
        name = path.relative_to(ROOT).as_posix()
        if check:
            print(f"{name} is stale: run make render", file=sys.stderr)
        elif text is None:
            path.unlink()
            print(f"removed {name}")
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"wrote {name}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    raise SystemExit(main())
