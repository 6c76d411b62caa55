"""Runs `omniembed` for a test: in this process, where a table has many lines, or as a user does."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec

from any_llm.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Container

COMMAND = (sys.executable, "-X", "dev", "-W", "error", "-m", "any_llm.cli")


class Ran(msgspec.Struct, frozen=True):
    """What came of it."""

    code: int
    stdout: bytes
    stderr: str


class Stream(io.TextIOWrapper):
    """A standard stream over bytes in memory, that may say it is a terminal."""

    def __init__(self, data: bytes = b"", *, terminal: bool = False) -> None:
        """Begin with these bytes."""
        super().__init__(io.BytesIO(data), encoding="utf-8", errors="strict", write_through=True)
        self.terminal = terminal

    def isatty(self) -> bool:
        """As told."""
        return self.terminal

    def content(self) -> bytes:
        """All that was written."""
        self.flush()
        return self.buffer.getvalue()


def omniembed(*arguments: str, stdin: bytes = b"", terminals: Container[str] = ()) -> Ran:
    """Run the command's own code in this process. `terminals`: which of stdin, stdout and stderr are one."""
    before, output, errors = sys.stdin, Stream(terminal="stdout" in terminals), Stream(terminal="stderr" in terminals)
    sys.stdin = Stream(stdin, terminal="stdin" in terminals)
    try:
        with redirect_stdout(output), redirect_stderr(errors):
            code = main(arguments)
    finally:
        sys.stdin = before
    return Ran(code, output.content(), errors.content().decode())


def environment(**variables: str) -> dict[str, str]:
    """This process's environment with the package under test found first, and no colours."""
    package = Path(sys.modules["any_llm"].__path__[0])
    ours = {"PYTHONPATH": str(package.parent), "PYTHONUNBUFFERED": "", "NO_COLOR": "1", "TERM": "dumb"}
    return {**os.environ, **ours, **variables}


def run_process(*command: str, stdin: bytes | BinaryIO = b"", **settings: Any) -> Ran:
    """Run a whole process to its end. `stdin`: bytes to pipe in, or an open file."""
    settings["input" if isinstance(stdin, bytes) else "stdin"] = stdin
    settings.setdefault("env", environment())
    ended = subprocess.run(command, capture_output=True, check=False, timeout=60, **settings)
    return Ran(ended.returncode, ended.stdout, ended.stderr.decode())
