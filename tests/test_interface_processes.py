"""Where it works: threads, forks, any loop, any number of loops, notebooks; and what a mixed installation says."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import any_llm
from interface_calls import SPOKEN, at

PACKAGE = Path(any_llm.__path__[0])
START = """
import asyncio, logging, os, sys, threading, any_llm
logging.getLogger("asyncio").setLevel("ERROR")  # -X dev makes it complain of slow machines
URL = sys.argv[1]
CALL = {"model": "m", "inputs": ["a", "b"], "provider": "openai", "api_key": "k", "api_base": URL}
def sync(): return any_llm.embedding(**CALL, batch_size=1)
async def once(): return await any_llm.aembedding(**CALL, batch_size=1)
async def many(): return await asyncio.gather(*(once() for _ in range(5)))
def client(): return any_llm.AnyLLM.create("openai", "k", URL)
def in_threads(then):
    threads = [threading.Thread(target=then) for _ in range(5)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
def fork(then):
    if (child := os.fork()) == 0:
        then()
        sys.stdout.flush()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
"""


def run(script, *arguments, path=PACKAGE.parent):
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", script, *arguments],
        env={**environment, "PYTHONPATH": str(path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


STORIES = {
    "sync": ("sync(); sync()", 4),
    "asyncio.run": ("asyncio.run(once()); asyncio.run(once()); asyncio.run(many())", 14),
    "both in turn": ("sync(); asyncio.run(once()); sync(); asyncio.run(once())", 8),
    "a client": ("client().embedding('m', 'a')", 1),
    "a client over loops": ("one = client()\nfor _ in range(3): asyncio.run(one.aembedding('m', 'a'))", 3),
    "threads": ("in_threads(sync)", 10),
    "loops in threads": ("in_threads(lambda: asyncio.run(once()))", 10),
    "fork": ("sync(); fork(sync); sync()", 6),
    "fork after async": ("asyncio.run(once()); fork(lambda: asyncio.run(once())); asyncio.run(once())", 6),
    "fork, then async": ("sync(); fork(lambda: asyncio.run(many())); asyncio.run(once())", 14),
    "uvloop": ("import uvloop; uvloop.run(many()); uvloop.run(once()); asyncio.run(once())", 14),
    "sync in a running loop": ("async def notebook(): sync()\nasyncio.run(notebook())", 2),
    "a loop of one's own": ("loop = asyncio.new_event_loop(); " + " ".join(
        f"loop.run_until_complete({each});" for each in ("once()", "many()", "loop.shutdown_asyncgens()")
    ) + " loop.close()", 12),
}  # fmt: skip
"""What a program does, and how many requests that is."""


@pytest.mark.parametrize(("script", "requests"), STORIES.values(), ids=STORIES)
def test_it_works_and_says_nothing_on_stderr(script, requests, loopback):
    if "uvloop" in script:
        pytest.importorskip("uvloop")
    server = loopback(SPOKEN["openai"].answer)
    ended = run(START + script, server.url)
    assert (ended.stderr, ended.stdout, ended.returncode) == ("", "", 0)
    assert len(server.requests) == requests


@pytest.fixture
def copied(tmp_path):
    """Copy the package to where a test may spoil it."""
    shutil.copytree(PACKAGE, tmp_path / "any_llm", ignore=shutil.ignore_patterns("__pycache__", "data"))
    return tmp_path


def test_the_copy_works_while_nothing_is_mixed_in(copied):
    ended = run("import any_llm; print(any_llm.__file__, any_llm.embedding('fake:m', 'x').provider)", path=copied)
    assert (ended.stdout, ended.stderr) == (f"{copied}/any_llm/__init__.py fake\n", "")


STATEMENTS = ["import any_llm", "from any_llm import embedding", "import any_llm.exceptions", "import any_llm.api"]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_any_llm_sdk_in_the_same_folder_is_an_import_error_that_names_both(statement, copied):
    (copied / "any_llm" / "any_llm.py").touch()
    ended = run(statement, path=copied)
    last = ended.stderr.strip().splitlines()[-1]
    assert ended.returncode == 1
    assert last.startswith("ImportError: ")
    assert [word for word in ("any-llm-sdk", "omniembed", "pip uninstall") if word not in last] == []


def test_importing_loads_no_http_library_and_no_numpy():
    heavy = "{'numpy', 'ssl', 'asyncio', 'http', 'onnxruntime', 'pydantic', 'openai', 'any_llm.providers.cohere'}"
    ended = run(
        "import sys; from any_llm import AnyLLM, LLMProvider, embedding; AnyLLM.get_provider_class('openai'); "
        f"print(sorted({heavy} & sys.modules.keys()))"
    )
    assert (ended.stdout, ended.stderr) == ("[]\n", "")


def test_a_sync_call_loads_no_async_library(loopback):
    server = loopback(SPOKEN["openai"].answer)
    ended = run(
        "import sys; from any_llm import embedding; "
        "embedding('m', ['a', 'b'], provider='openai', api_key='k', api_base=sys.argv[1]).data[0].embedding; "
        "print(sorted({'asyncio', 'ssl', 'http', 'numpy'} & sys.modules.keys()))",
        at(server)["api_base"],
    )
    assert (ended.stdout, ended.stderr) == ("[]\n", "")
