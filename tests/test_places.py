"""Does any file name a path of somebody's machine, or a package index of their own?"""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]


def files() -> Iterator[tuple[str, list[str]]]:
    """Every file of the project that can be read as text: its name, its lines."""
    folders = [ROOT / name for name in (".ci", ".github", "benchmarks", "docs", "examples", "scripts", "src", "tests")]
    for path in [*ROOT.iterdir(), *(path for folder in folders for path in folder.rglob("*"))]:
        if path.is_file() and path.name != ".git" and "__pycache__" not in path.parts:
            with suppress(UnicodeDecodeError):  # a picture, an array
                yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8").splitlines()


HOMES = ("home", "root", "Users", "work", "workspace", "workspaces", "mnt", "opt", "srv", "scratch", "private", "tmp")
ELSEWHERE = [
    # A path of somebody's machine, unless it is part of an address.
    re.compile(rf"(?<![\w.:/~$)}}-])/(?:{'|'.join(HOMES)})/\w"),
    re.compile(rf"[A-Z]:\\{'Users'}\\"),
    # A package index of one's own.
    re.compile(
        "|".join(("index" + "[-_]url", "find" + "[-_]links", "trusted" + "[-_]host", "/simp" + r"le\b")), re.IGNORECASE
    ),
]


def places_of_this_machine() -> list[re.Pattern[str]]:
    """Where this tree lies, and where this machine's packages come from."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    ).stdout
    indexes = [line for line in listed.splitlines() if "index" in line or "links" in line]
    hosts = {host for line in indexes for host in re.findall(r"https?://(?:[^/@\s']*@)?([^/:\s']+)", line)}
    folders = {folder for line in indexes for folder in re.findall(r"/[\w./-]+", line)}
    places = {place for place in (str(ROOT), str(Path.home()), *folders) if place.count("/") > 1} | hosts - {"pypi.org"}
    return [re.compile(rf"(?<![\w./]){re.escape(place)}(?![\w-])") for place in places]


def test_no_file_names_a_machine_or_its_package_index():
    patterns = [*ELSEWHERE, *places_of_this_machine()]
    found = [
        f"{name}:{number}: {match.group()}"
        for name, lines in files()
        for number, line in enumerate(lines, 1)
        for pattern in patterns
        if (match := pattern.search(line))
    ]
    assert found == []


PLANTED = [
    "see " + "/ho" + "me/me/x",
    "in (" + "/wo" + "rk/x)",
    '"' + "/tm" + 'p/x"',
    "C:" + r"\Us" + r"ers\me",
    "https://p.test/simp" + "le",
]
FREE = ["https://x.test/home/y", "./work/x", "docs/home/x", "and/or", "a/tmp/b", "the /v1/embeddings path"]


@pytest.mark.parametrize(("line", "caught"), [*((line, True) for line in PLANTED), *((line, False) for line in FREE)])
def test_what_counts_as_a_path_of_a_machine(line: str, caught: bool):  # noqa: FBT001
    assert any(pattern.search(line) for pattern in ELSEWHERE) is caught
