"""Where do the texts come from? The command's arguments, a file, or standard input, a line each."""

from __future__ import annotations

import codecs
import sys
from pathlib import Path

import msgspec

from any_llm.cli.failure import USAGE, Failure

STANDARD_INPUT = "-"


class Texts(msgspec.Struct, frozen=True):
    """What is to be embedded, in order."""

    texts: list[str]
    source: str | None = None
    """What a person calls the file the lines came from; None: the texts are arguments."""
    path: Path | None = None
    """Where that file is, so that it is never written to."""

    def place(self, index: int) -> str:
        """Say where a person finds the text at this position: people count from one."""
        return f"line {index + 1} of {self.source}" if self.source else f"text {index + 1}"


def gather(arguments: list[str] | None, file: str | None) -> Texts:
    """Take the texts from where the caller put them. Raises Failure when that is nowhere, or in two places."""
    if arguments and file is not None:
        raise Failure("give texts or --file, not both.", code=USAGE)
    if arguments:
        return Texts(arguments)
    if file is not None and file != STANDARD_INPUT:
        try:
            return Texts(lines(Path(file).read_bytes(), file), file, Path(file))
        except OSError as error:
            raise Failure(f"cannot read {file}: {error.strerror}.") from error
    if file is None and (sys.stdin is None or sys.stdin.isatty()):
        raise Failure("no texts: give them as arguments, with --file FILE, or pipe them in, a line each.", code=USAGE)
    texts = lines(sys.stdin.buffer.read(), "standard input")
    if not texts and file is None:
        # Nobody named standard input, so an empty one is a forgotten argument (cron, CI) and not an empty list.
        raise Failure("no texts: none are given, and standard input is empty.", code=USAGE)
    return Texts(texts, "standard input", Path("/dev/stdin"))  # which may be a file too, where there is such a name


def lines(data: bytes, name: str) -> list[str]:
    r"""Split on \n or \r\n alone, and keep blank lines: the vector of line n must stand at n."""
    try:
        text = data.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        number = error.object.count(b"\n", 0, error.start) + 1
        raise Failure(f"line {number} of {name} is not UTF-8 text. Convert it first, with iconv for one.") from error
    found = text.split("\n")
    if not found[-1]:
        found.pop()  # what follows the last newline is no line
    return [line.removesuffix("\r") for line in found]
