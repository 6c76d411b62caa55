"""Where does the output go? To standard output, or to a file that is either whole or not there."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO

from any_llm.cli.failure import PIPE_CLOSED, USAGE, Failure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path


def opened(output: Path | None, *, source: Path | None = None) -> AbstractContextManager[BinaryIO]:
    """Open the target, before the work is paid for. `source` is the file read from, which it must not be."""
    if output is None:
        return _standard_output()
    if output.is_dir():
        raise Failure(f"cannot write {output}: it is a folder.", code=USAGE)
    if source is not None and output.exists() and source.exists() and output.samefile(source):
        raise Failure(f"{output} is the file read from; write somewhere else.", code=USAGE)
    # A device or a pipe (/dev/null, say) is written to; to replace it with a file would destroy it.
    return _device(output) if output.exists() and not output.is_file() else _replaced(output)


def show(text: str) -> None:
    """Print to standard output, as UTF-8 whatever the locale."""
    with opened(None) as stream:
        stream.write(text.encode())


@contextmanager
def _standard_output() -> Iterator[BinaryIO]:
    if sys.stdout is None:
        raise Failure("standard output is closed; write to a file with --output.")
    try:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        abandon()  # the reader has gone (`| head -1`), and knows why
        raise SystemExit(PIPE_CLOSED) from None


def abandon() -> None:
    """Give up standard output: the interpreter tries once more on its way out, which shall go nowhere."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def _device(path: Path) -> Iterator[BinaryIO]:
    with _open(path, path, mode="wb") as stream:
        yield stream


@contextmanager
def _replaced(path: Path) -> Iterator[BinaryIO]:
    """Write beside the file and put it there in one step: through a link, and with the old file's mode."""
    final = path.resolve()
    part = final.with_name(f".{final.name[:80]}.{secrets.token_hex(4)}.part")
    stream = _open(part, path, mode="xb")
    try:
        with stream:
            yield stream
        if final.exists():
            shutil.copymode(final, part)
        part.replace(final)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _open(path: Path, asked: Path, *, mode: str) -> BinaryIO:
    try:
        return path.open(mode)  # type: ignore[return-value]  # both modes are binary
    except OSError as error:
        raise Failure(f"cannot write {asked}: {error.strerror}.") from error
