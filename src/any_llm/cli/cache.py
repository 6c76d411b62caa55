"""The words of `omniembed cache`: what it says of a file, and does to it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from any_llm.cli.failure import USAGE, Failure

if TYPE_CHECKING:
    from pathlib import Path

_UNITS = {"": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


def info(path: Path | None, *, json: bool) -> str:
    """Count what is there, for a person or a program."""
    from any_llm.cache.care import info  # noqa: PLC0415  # --help needs no library

    found = info(path)
    if json:
        return msgspec.json.format(msgspec.json.encode(found._asdict())).decode() + "\n"
    return f"{found.path}: {found.vectors:,} vectors, {found.bytes / 10**6:,.1f} MB\n"


def clear(path: Path | None) -> str:
    """Empty it."""
    from any_llm.cache.care import clear  # noqa: PLC0415  # as above

    return f"{clear(path):,} vectors removed\n"


def prune(path: Path | None, size: str) -> str:
    """Make it smaller."""
    from any_llm.cache.care import prune  # noqa: PLC0415  # as above

    return f"{prune(_bytes(size), path):,} vectors removed\n"


def _bytes(size: str) -> int:
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) ?([KMGT]B|)", size.strip().upper())
    if found is None:
        raise Failure("--max-size wants a size, such as 500MB or 2GB.", code=USAGE)
    return int(float(found[1]) * _UNITS[found[2]])
