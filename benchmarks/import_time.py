"""What does importing cost, and how long does a program take that wants one vector? Writes import_time.json.

Run: .venv/bin/python benchmarks/import_time.py [--form full] [--only omniembed]
Each is a process that begins, does it, and ends; CPU is counted over what the same Python takes for nothing at all.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import clients
from clients import KEY, MODEL
from rounds import Comparison, arguments, chosen, main, surroundings, turns
from served import provider
from vectors import check, texts

if TYPE_CHECKING:
    from collections.abc import Callable

WIDTH = 1536
IMPORTS = {
    "omniembed": ("ours", "from any_llm import embedding"),
    "openai": ("openai_sdk", "from openai import OpenAI"),
    "any-llm": ("any_llm_sdk", "from any_llm import embedding"),
    "litellm": ("litellm_sdk", "from litellm import embedding"),
}
ASK = {
    "omniembed": "embedding({model!r}, {text!r}, provider='openai', api_key={key!r}, api_base={url!r})",
    "openai": "OpenAI(api_key={key!r}, base_url={url!r}).embeddings.create(model={model!r}, input={text!r})",
    "any-llm": "embedding({model!r}, {text!r}, provider='openai', api_key={key!r}, api_base={url!r})",
}
SHOW = "\nimport sys, array; sys.stdout.buffer.write(array.array('f', {}.data[0].embedding))"
MODULES = "\nimport sys; print(len(sys.modules))"
FORMS = {"tiny": {"rounds": 1}, "short": {"rounds": 4}, "full": {"rounds": 11}}


def run(client: str, program: str) -> tuple[float, float, bytes]:
    """Seconds of CPU and of the clock of a process, and what it wrote."""
    begun = time.perf_counter()
    with subprocess.Popen(
        [str(clients.python_of(client)), "-c", program],
        stdout=subprocess.PIPE,
        env={**surroundings(client), "LITELLM_LOCAL_MODEL_COST_MAP": "True"},
    ) as child:
        assert child.stdout
        written = child.stdout.read()
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{program!r} ended with {child.returncode}")
    return used.ru_utime + used.ru_stime, time.perf_counter() - begun, written


def imported(label: str) -> dict[str, float]:
    """Milliseconds of CPU and of the clock over bare Python, and how many modules were loaded for it."""
    client, statement = IMPORTS[label]
    bare_cpu, bare_wall, bare = run(client, MODULES)
    cpu, wall, written = run(client, statement + MODULES)
    return {"cpu_ms": (cpu - bare_cpu) * 1e3, "wall_ms": (wall - bare_wall) * 1e3, "modules": int(written) - int(bare)}


def asked_once(label: str, url: str) -> dict[str, float]:
    """Milliseconds of a whole process that asks for one vector."""
    client, statement = IMPORTS[label]
    (text,) = texts(1)
    question = ASK[label].format(model=MODEL, text=text, key=KEY, url=url)
    cpu, wall, written = run(client, statement + SHOW.format(question))
    check([text], [memoryview(written).cast("f").tolist()], WIDTH)
    return {"cpu_ms": cpu * 1e3, "wall_ms": wall * 1e3}


def compare() -> None:
    """All clients: import, then first vector. What a first run compiles is not counted."""
    asked = arguments(FORMS)
    found = Comparison()
    with provider(WIDTH) as url:
        figures: dict[str, Callable[[], dict[str, float]]] = {}
        for label in chosen(IMPORTS, asked.only):
            client = IMPORTS[label][0]
            if clients.python_of(client) is None:
                found.absent.append(label)
                continue
            figures[f"{label}, import"] = lambda label=label: imported(label)
            if label in ASK:
                figures[f"{label}, first vector"] = lambda label=label: asked_once(label, url)
            said = f"import json, clients; print(json.dumps(clients.versions({client!r})))"
            found.versions[label] = json.loads(run(client, f"import sys; sys.path.append({sys.path[0]!r}); {said}")[2])
        for figure in figures.values():
            figure()  # compiles what is compiled once
        for label in turns(list(figures), FORMS[asked.form]["rounds"]):
            found.runs.setdefault(label, []).append(figures[label]())
    found.write(asked)


if __name__ == "__main__":
    main(lambda: None, compare)
