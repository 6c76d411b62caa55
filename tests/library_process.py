"""Runs a few lines in a process of their own, with a hub or none, and with nothing downloaded before."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import any_llm

BEGIN = """
import os, sys
from any_llm import embedding
from any_llm.exceptions import AnyLLMError
def ask(model, **options):
    try: return embedding(model, ["word1", "word1"], **options)
    except AnyLLMError as error: return f"{type(error).__name__} {error}"
"""


def in_a_process(code: str, home: Path, **environment: str) -> str:
    """Run it where no hub was ever asked anything; what it printed."""
    paths = os.pathsep.join([str(Path(any_llm.__path__[0]).parent), str(Path(__file__).parent)])
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + code],
        env={**os.environ, "HF_HOME": str(home), "FASTEMBED_CACHE_PATH": str(home), "PYTHONPATH": paths, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
