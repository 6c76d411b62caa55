"""Which files are a corpus, wherever they lie, and what is each? Of this machine, or what fsspec opens."""

from __future__ import annotations

import re
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import msgspec

from any_llm.bulk import manifest
from any_llm.bulk.errors import JobError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from any_llm.bulk.manifest import Source

SUFFIXES = {
    ".parquet": "parquet", ".pq": "parquet", ".arrow": "arrow", ".feather": "arrow", ".ipc": "arrow",
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".tsv": "tsv", ".txt": "text",
    ".text": "text",
}  # fmt: skip
STANDARD_INPUT = "-"
URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
"""How a name begins that fsspec opens. One letter is a disk of Windows."""
PACKAGES = {
    "s3": "s3fs",
    "s3a": "s3fs",
    "gs": "gcsfs",
    "gcs": "gcsfs",
    "hf": "huggingface_hub",
    "abfs": "adlfs",
    "az": "adlfs",
}
"""What fsspec needs beside itself."""
MARKS = (
    *("ETag", "etag", "md5Hash", "blob_id", "generation", "VersionId"),
    *("LastModified", "last_modified", "mtime", "updated", "created"),
)
"""What a file system may say of a file that changes with what it holds, the surest first."""


class Remote(msgspec.Struct, frozen=True):
    """A file that fsspec opens. It prints as its address, without what may be a secret."""

    url: str

    def __str__(self) -> str:
        """Leave out a user, a password and a query."""
        scheme, _, rest = self.url.partition("://")
        host, slash, path = rest.partition("/")
        return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}".partition("?")[0]

    __repr__ = __str__

    @property
    def name(self) -> str:
        """Its last word."""
        return PurePosixPath(str(self)).name

    @property
    def suffix(self) -> str:
        """What its name ends with."""
        return PurePosixPath(str(self)).suffix

    def open(self, mode: str = "rb") -> Any:
        """Open it, to read."""
        with told(self):
            files, path = _filesystem(self.url)
            return files.open(path, mode)

    def source(self, name: str) -> Source:
        """Say what it is, by what its file system says; where that says nothing that would change, by all it holds."""
        with told(self):
            files, path = _filesystem(self.url)
            info = files.info(path)
            size = info.get("size") or 0
            for mark in MARKS:
                if info.get(mark):
                    return manifest.Source(name, size, f"{mark} {info[mark]}")
            return manifest.Source(name, size, manifest.fingerprint(self, name).digest)


File = Path | Remote


def given(source: str | Path) -> File:
    """Tell an address from a path."""
    return Remote(source) if isinstance(source, str) and URL.match(source) else Path(source)


def files(source: File) -> list[File]:
    """List the file, or what we can read of a folder, by name. Raises JobError when that is nothing."""
    if isinstance(source, Remote):
        inside = _remote(source)
    elif source.is_dir():
        inside = {path.relative_to(source).as_posix(): path for path in source.rglob("*") if path.is_file()}
    elif source.exists():
        inside = None
    else:
        raise JobError(f"there is no {source}.")
    if inside is None:
        return [source]
    found = [inside[name] for name in sorted(inside, key=PurePosixPath) if _readable(name)]
    if not found:
        raise JobError(f"{source} holds no file that ends with {', '.join(SUFFIXES)}.")
    return found


def spooled(folder: Path, kind: str | None) -> Path:
    """Write down what comes through standard input, lines unless told: a corpus is read more than once."""
    path = folder / f"input.{kind or 'text'}"
    if sys.stdin is None or sys.stdin.isatty():
        raise JobError("standard input is a terminal: name a file, or pipe one in.")
    with path.open("wb") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
    return path


def kind(path: File, asked: str | None = None) -> str:
    """What kind of file it is: as was said, else by its name."""
    found = asked or SUFFIXES.get(path.suffix.lower())
    if found is None:
        raise JobError(f"the name {path} tells no format ({', '.join(SUFFIXES)} do): say which.")
    return found


def fingerprints(source: File, paths: list[File]) -> list[Source]:
    """Say what each file is, by its name in the folder."""
    made = []
    for path in paths:
        name = path.name if path == source else str(path)[len(str(source)) :].lstrip("/\\")
        made.append(path.source(name) if isinstance(path, Remote) else manifest.fingerprint(path, name))
    return made


def _readable(name: str) -> bool:
    """Whether it is of a kind we read, and belongs neither to a job nor to nobody's corpus."""
    parts = PurePosixPath(name).parts
    hidden = any(part.startswith((".", "_")) or part.endswith(".job") for part in parts)
    return not hidden and PurePosixPath(name).suffix.lower() in SUFFIXES


def _remote(source: Remote) -> dict[str, File] | None:
    """Name in the folder -> file; None: it is a file itself."""
    with told(source):
        system, root = _filesystem(source.url)
        system.invalidate_cache()  # what it said to an earlier job is not what there is now
        if system.info(root)["type"] != "directory":
            return None
        names = [path.removeprefix(root.rstrip("/")).lstrip("/") for path in system.find(root)]
        return {name: Remote(f"{source.url.rstrip('/')}/{name}") for name in names}


def _filesystem(url: str) -> tuple[Any, str]:
    """Give what opens the address, and the path there. Raises JobError that names the package it would take."""
    scheme = url.partition("://")[0]
    needed = PACKAGES.get(scheme)
    try:
        import fsspec  # noqa: PLC0415  # only who reads from afar

        system, path = fsspec.core.url_to_fs(url)
    except ImportError as missing:
        command = f"pip install {' '.join(filter(None, ['fsspec', needed]))}"
        raise JobError(f"{scheme}:// needs a package that is not installed: {command}") from missing
    except ValueError as unknown:
        raise JobError(f"nothing that is installed reads {scheme}://.") from unknown
    return system, path


@contextmanager
def told(source: File) -> Iterator[None]:
    """Say in one line what is wrong afar. What others say may hold an address with a secret, and stays the cause."""
    try:
        yield
    except Exception as error:
        if isinstance(source, Path) or isinstance(error, JobError):
            raise
        if isinstance(error, FileNotFoundError):
            raise JobError(f"there is no {source}.") from error
        raise JobError(f"{source} cannot be read: {type(error).__name__}. --debug shows all of it.") from error
