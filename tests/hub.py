"""A hub of models on this machine: as much of the Hugging Face hub's API as a library asks for to download one."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from loopback import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from loopback import Request

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def serving(models: Mapping[str, Path]) -> Callable[[Request], Answer]:
    """Answer for these models, name -> folder, and for no others."""

    def answer(request: Request) -> Answer:
        asked = request.path.removeprefix("/api/models").lstrip("/")
        name = next((each for each in models if f"{asked}/".startswith(f"{each}/")), None)
        if name is None:
            return Answer(404, json={"error": "Repository not found"}, headers={"x-error-code": "RepoNotFound"})
        files = {path.relative_to(models[name]).as_posix(): path for path in models[name].rglob("*") if path.is_file()}
        what, _, rest = asked.removeprefix(name).strip("/").partition("/")
        if request.path.startswith("/api/"):
            return Answer(json=_tree(files) if what == "tree" else _facts(name, files))
        path = files.get(rest.partition("/")[2].removeprefix("./"))
        if path is None:
            return Answer(404, headers={"x-error-code": "EntryNotFound", "x-repo-commit": COMMIT})
        content = path.read_bytes()
        headers = {"etag": f'"{_digest(content)}"', "x-repo-commit": COMMIT, "content-length": str(len(content))}
        return Answer(body=b"" if request.method == "HEAD" else content, headers=headers)

    return answer


def _facts(name: str, files: Mapping[str, Path]) -> dict[str, object]:
    return {"id": name, "modelId": name, "sha": COMMIT, "siblings": [{"rfilename": each} for each in files], "tags": []}


def _tree(files: Mapping[str, Path]) -> list[dict[str, object]]:
    return [
        {"type": "file", "path": name, "size": path.stat().st_size, "oid": _digest(path.read_bytes())}
        for name, path in files.items()
    ]


def _digest(content: bytes) -> str:
    return hashlib.sha1(content).hexdigest()  # noqa: S324  # what git calls a file
