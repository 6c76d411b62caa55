"""Programs that run in a process of their own, as a user's would."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import any_llm

STRICT = ("-X", "dev", "-W", "error")
"""Show every warning, and take each for an error."""
BEGINNING = """
    import asyncio, gc, logging, os, signal, sys, threading, time
    from any_llm import AnyLLM, aembedding, embedding
    from numbered import KEY, known, numbers, texts, to

    # In dev mode asyncio tells of each step that took a tenth of a second, as on a busy machine any may.
    logging.getLogger("asyncio").setLevel("ERROR")
    options = to(sys.argv[1])
"""


def start(program: str, *arguments: object, flags: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    """Start a program whose first argument is the address of a server."""
    paths = [str(Path(any_llm.__path__[0]).parent), str(Path(__file__).parent)]
    return subprocess.Popen(
        [sys.executable, *flags, "-c", dedent(BEGINNING) + dedent(program), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )


def run(program: str, *arguments: object, flags: tuple[str, ...] = ()) -> tuple[Any, ...]:
    """Run a program to its end: its exit code, its lines of output, and all it wrote to stderr."""
    with start(program, *arguments, flags=flags) as process:
        try:
            output, errors = process.communicate(timeout=60)
        finally:
            process.kill()
    return process.returncode, output.splitlines(), errors
