"""How clients are compared: a process for each, and rounds in turn, so that whatever disturbs one disturbs all.

A benchmark is a script that calls `main(measure, compare)`. Started by a user it runs `compare`; started by itself, as
the process of one client, it runs `measure` once, and then each round its caller asks for.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import clients
import machine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Figures = dict[str, float]
    Round = Callable[[], Figures]


def surroundings(client: str) -> dict[str, str]:
    """The environment its process runs in: where it is installed, it has an any_llm of its own."""
    at_home = clients.python_of(client) == sys.executable
    return {name: value for name, value in os.environ.items() if at_home or name != "PYTHONPATH"}


class Process:
    """A process that measures one client."""

    def __init__(self, script: str, client: str, given: Mapping[str, Any]) -> None:
        """Start it; it is ready when it says what it has installed."""
        asked = json.dumps({"client": client, **given})
        self._child = subprocess.Popen(
            [str(clients.python_of(client)), script, "--measure", asked],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=surroundings(client),
        )
        self.versions: dict[str, str] | None = self._read()
        """None: it is not installed."""

    def round(self) -> Figures:
        """Run one round."""
        assert self._child.stdin
        self._child.stdin.write("\n")
        self._child.stdin.flush()
        return self._read()

    def _read(self) -> Any:
        assert self._child.stdout
        line = self._child.stdout.readline()
        if not line:
            raise SystemExit(f"{self._child.args} ended with {self._child.wait()}")
        return json.loads(line)

    def __enter__(self) -> Self:
        """Use as a context."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self._child.communicate()


def turns(labels: list[str], rounds: int) -> Iterator[str]:
    """Each of them in each round, another first each time."""
    for number in range(rounds):
        first = number % max(1, len(labels))
        yield from labels[first:] + labels[:first]


class Comparison:
    """What came out: each client's rounds and versions, and who could not be asked."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.runs: dict[str, list[Figures]] = {}
        self.versions: dict[str, dict[str, str]] = {}
        self.absent: list[str] = []

    def add(self, script: str, names: Mapping[str, str], rounds: int, **given: Any) -> None:
        """So many rounds of each of these, label -> client, one after the other; each round another is first."""
        with ExitStack() as stack:
            processes = {}
            for label, client in names.items():
                there = clients.python_of(client) is not None
                process = stack.enter_context(Process(script, client, given)) if there else None
                if process is None or process.versions is None:
                    self.absent += [label] * (label not in self.absent)
                else:
                    processes[label], self.versions[label] = process, process.versions
            for label in turns(list(processes), rounds):
                self.runs.setdefault(label, []).append(processes[label].round())

    def medians(self) -> dict[str, Figures]:
        """Of each client's rounds, for each figure."""
        return {
            label: {name: statistics.median(each[name] for each in rounds if name in each) for name in rounds[0]}
            for label, rounds in self.runs.items()
        }

    def write(self, asked: argparse.Namespace, **more: Any) -> None:
        """As JSON, beside the script unless another place was named; and as a table on the screen."""
        content = {
            "benchmark": Path(sys.argv[0]).stem,
            "form": asked.form,
            "date": datetime.now(UTC).date().isoformat(),
            "machine": {**MACHINE, "load_after": machine.load()},
            **more,
            "versions": self.versions,
            "absent": self.absent,
            "medians": {label: _rounded(figures) for label, figures in self.medians().items()},
            "runs": {label: [_rounded(each) for each in rounds] for label, rounds in self.runs.items()},
        }
        for label, figures in content["medians"].items():
            print(f"{label:42}", *(f"{name} {value:g}" for name, value in figures.items()), sep="  ")
        print({name: value for name, value in content.items() if name not in {"medians", "runs", "versions"}})
        if asked.to != "-":
            Path(asked.to).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


MACHINE = machine.machine()


def _rounded(figures: Figures) -> Figures:
    return {name: float(f"{value:.5g}") for name, value in figures.items()}


def blocking(call: Callable[..., Any]) -> Callable[..., Any]:
    """The call itself, or one that awaits it in a loop which lasts as long as this process, as its connections do."""
    if not asyncio.iscoroutinefunction(call):
        return call
    runner = asyncio.Runner()
    return lambda *given: runner.run(call(*given))


def arguments(forms: Mapping[str, Mapping[str, Any]]) -> argparse.Namespace:
    """What the user asked for: a form, perhaps only some clients, and where to write."""
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("--form", choices=forms, default="short", help="how much of it (short)")
    parser.add_argument("--only", nargs="+", default=[""], help="parts of the labels of those to measure (all)")
    parser.add_argument("--to", default=Path(sys.argv[0]).with_suffix(".json"), help="file to write, - for none")
    return parser.parse_args()


def chosen(labels: Mapping[str, str], only: list[str]) -> dict[str, str]:
    """Those of the clients that the user asked for."""
    return {label: client for label, client in labels.items() if any(part in label for part in only)}


def main(measure: Callable[..., Round], compare: Callable[[], None], *, pinned: bool = True) -> None:
    """Be the process of one client, or compare them all; on one core, unless all are to be used."""
    if pinned:
        machine.pin()
    if sys.argv[1:2] != ["--measure"]:
        compare()
        return
    given = json.loads(sys.argv[2])
    told = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a client prints is nobody's figure
    try:
        run = measure(**given)
    except ModuleNotFoundError:
        if not clients.may_be_absent(given["client"]):
            raise
        print("null", file=told, flush=True)
        return
    print(json.dumps(clients.versions(given["client"])), file=told, flush=True)
    for _ in sys.stdin:
        print(json.dumps(run()), file=told, flush=True)
