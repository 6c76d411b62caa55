"""What is a job, and how far has it come? One JSON file, replaced whole or not at all."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Any

import msgspec

from any_llm.bulk.errors import JobChangedError, JobError

if TYPE_CHECKING:
    from pathlib import Path

    from any_llm.bulk.sources import Remote

VERSION = 1


class Source(msgspec.Struct, frozen=True):
    """One file of the input, as it was when the job began."""

    name: str
    size: int
    """Bytes."""
    digest: str
    """BLAKE2b of all of it; of one that fsspec opens, what its file system says of it."""


class Done(msgspec.Struct, frozen=True):
    """What a shard that has become a part has cost."""

    rows: int
    failed: int = 0
    """Rows without a vector."""
    tokens: int = 0
    usd: float | None = 0.0
    """None: no price is known."""
    requests: int = 0


class Counts(msgspec.Struct, frozen=True):
    """What a look through the input has found."""

    rows: int = 0
    unique: int = 0
    """Different texts."""
    missing: int = 0
    """Rows without a text."""
    blank: int = 0
    """Rows of which the text is empty or white space."""
    bytes: int = 0
    """UTF-8, of the different texts."""
    long: int = 0
    """Rows of which the text may be longer than the model reads."""


class Manifest(msgspec.Struct, frozen=True):
    """What was begun, and what is done of it."""

    sources: list[Source]
    identity: dict[str, Any]
    """What its vectors are: whatever changes one."""
    layout: dict[str, str]
    """Whatever else changes the output."""
    counts: Counts
    shard_rows: int
    done: dict[str, Done] = {}
    """Number of a shard -> its part."""
    version: int = VERSION
    finished: bool = False
    """Whether the output stands."""

    def differs(self, other: Manifest) -> list[str]:
        """Say what is not as it was, in words."""
        told = []
        if self.sources != other.sources:
            before, now = ({each.name: each for each in one.sources} for one in (self, other))
            names = [name for name in {**before, **now} if before.get(name) != now.get(name)]
            told.append(f"the input ({', '.join(names[:3])}{', ...' if len(names) > 3 else ''})")  # noqa: PLR2004
        for facts, others in ((self.identity, other.identity), (self.layout, other.layout)):
            told += [
                f"{name} (was {facts.get(name, 'not given')}, is {others.get(name, 'not given')})"
                for name in {**facts, **others}
                if facts.get(name) != others.get(name)
            ]
        return told


def load(path: Path) -> Manifest | None:
    """Read it; None: there is none. Raises JobError for what cannot be read."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        found = msgspec.json.decode(data, type=Manifest)
    except msgspec.MsgspecError:
        raise JobError(f"{path} is not the manifest of a job. Begin anew with --restart (restart=True).") from None
    if found.version != VERSION:
        raise JobChangedError(f"{path} was written by another version. Begin anew with --restart (restart=True).")
    return found


def save(path: Path, manifest: Manifest) -> None:
    """Write it beside, force it onto the disk, and put it in the place of the old one."""
    replace(path, msgspec.json.format(msgspec.json.encode(manifest)))


def replace(path: Path, data: bytes) -> None:
    """Put a file there in one step."""
    beside = path.with_name(f"{path.name}.new")
    try:
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        settle(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def settle(beside: Path, path: Path) -> None:
    """Rename what is on the disk already, and force the name onto it too."""
    beside.replace(path)
    if hasattr(os, "O_DIRECTORY"):
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def fingerprint(path: Path | Remote, name: str) -> Source:
    """Read a file through, and say what it is."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16))
        return Source(name, file.tell(), digest.hexdigest())
