"""Do the benchmarks run, is every vector of theirs right, and is docs/performance.md what they wrote?"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

import pytest

import any_llm
from cli_command import environment, run_process

ROOT = Path(__file__).parent.parent
SCRIPTS = ROOT / "benchmarks"
PAGE = ROOT / "docs/performance.md"
TINY = [
    ("latency", ["omniembed", "openai"], {"omniembed", "omniembed async", "openai", "openai async"}),
    ("concurrency", ["omniembed"], {"omniembed, tasks", "omniembed, threads"}),
    ("throughput", ["omniembed"], {"omniembed", "omniembed async"}),
    ("decode", ["omniembed", "openai, base64"], {"omniembed, base64", "omniembed, numbers", "openai, base64"}),
    ("import_time", ["omniembed"], {"omniembed, import", "omniembed, first vector"}),
    ("local", ["omniembed, alike", "fastembed, mixed"], {"omniembed, alike", "fastembed, mixed"}),
    ("scaling", [""], {"inputs: 100 sync", "inputs: 100 async", "width: 256"}),
    ("bulk", ["omniembed", "journal"], {"omniembed", "journal: 32768 entries"}),
]


@pytest.mark.skipif(sys.platform == "win32", reason="the system counts no CPU time of a process as they want it")
@pytest.mark.parametrize(("name", "only", "labels"), TINY)
def test_a_benchmark_runs_in_its_least_form(name, only, labels, tmp_path):
    found = tmp_path / "found.json"
    paths = os.pathsep.join([str(Path(any_llm.__path__[0]).parent)])
    command = [sys.executable, str(SCRIPTS / f"{name}.py"), "--form", "tiny", "--only", *only, "--to", str(found)]
    ran = run_process(*command, env=environment(PYTHONPATH=paths))
    assert ran.code == 0, ran.stderr
    told = json.loads(found.read_text(encoding="utf-8"))
    assert labels <= told["medians"].keys()
    assert told["medians"].keys() == told["runs"].keys()
    assert all(value >= 0 for figures in told["medians"].values() for value in figures.values())


def test_the_benchmarks_are_those_of_make_bench():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (always,) = re.findall(r"for each in (.*) \$\(JOBS\); do", makefile)
    (at_length,) = re.findall(r"JOBS :=.*,(\w+)\)", makefile)
    assert {f"{name}.json" for name in [*always.split(), at_length]} == {path.name for path in SCRIPTS.glob("*.json")}


def test_the_plots_were_drawn_from_the_figures_that_are_there(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "scripts")
    from plots import PLOTS, digest

    for name, (benchmark, _) in PLOTS.items():
        picture = (PAGE.with_suffix("") / f"{name}.png").read_bytes()
        assert digest(benchmark).encode() in picture, f"{name}.png is older than {benchmark}.json: run make bench"
        assert len(picture) < 100_000


def test_a_figure_that_is_not_reached_is_told(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "scripts")
    from goals import reached, times

    assert [reached("cpu_us", value, 0.25) for value in (0.24, 0.26)] == [True, False]
    assert [reached("vectors_a_second", value, 2) for value in (1.9, 2.1)] == [False, True]
    assert [times(value) for value in (1 / 60, 0.25, 2, 31.4)] == ["1/60", "0.25", "2.00", "31"]
