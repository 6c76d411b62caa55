"""Do a hundred thousand inputs come through a server that fails, shuffles and takes few: right, at little cost?"""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from programs import STRICT, run

COUNT = 100_000
TAKES = 96
PROGRAM = """
    import json
    import numpy as np
    import any_llm.flow.job, any_llm.providers.openai, any_llm.transport.blocking, any_llm.transport.asynchronous

    def memory(kind):
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith(kind))

    count, width, colour = int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    options["inputs"] = texts(count)
    gc.collect()
    before = memory("VmRSS")
    result = embedding(**options) if colour == "sync" else asyncio.run(aembedding(**options))
    peak = memory("VmHWM") - before
    vectors = result.to_numpy()
    wrong = 0
    for start in range(0, count, 1000):
        expected = np.arange(start, min(count, start + 1000), dtype="f4")[:, None] + np.arange(width, dtype="f4")
        wrong += int((vectors[start : start + 1000] != expected).any(axis=1).sum())
    requests, usage = result.requests._asdict(), result.usage
    print(json.dumps({
        "wrong": wrong, "shape": vectors.shape, "bytes": vectors.nbytes, "peak": peak,
        "requests": requests, "tokens": usage.prompt_tokens, "source": usage.source,
    }))
"""


@contextmanager
def server_of_96(width):
    """Give the address of a server with vectors so wide."""
    path = Path(__file__).with_name("server_of_96.py")
    with subprocess.Popen([sys.executable, path, str(width)], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def account(url):
    """Ask it for its ledger."""
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url) as reply:
        return json.load(reply)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("colour", ["sync", "async"])
@pytest.mark.parametrize("width", [64, pytest.param(1536, marks=pytest.mark.soak)])
def test_a_hundred_thousand_inputs(width, colour):
    with server_of_96(width) as url:
        code, lines, errors = run(PROGRAM, url, COUNT, width, colour, flags=STRICT)
        ledger = account(url)
    assert (code, errors) == (0, "")
    told = json.loads(lines[0])
    assert (told["wrong"], told["shape"]) == (0, [COUNT, width])
    least = -(-COUNT // TAKES)
    assert told["requests"]["sent"] == ledger["requests"] < 1.06 * least
    assert ledger["failed"] == ledger["requests"] // 20
    assert (told["tokens"], told["source"]) == (ledger["tokens"], "measured")
    assert told["peak"] < 2 * told["bytes"]
