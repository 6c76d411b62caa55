"""Which mutants do the tests let live? A mutant is a module of ours with one thing wrong. `make mutants`.

    python scripts/mutants.py                        all modules of TESTS: some minutes each
    python scripts/mutants.py flow/plan.py:40 ...    of a module, or of one line of it

What is explained (explained.py) may live. Exit 1 when another does, or what is explained does not.

A process imports and collects all a module's tests once. Each mutant lives in a child of it, where its functions take
the place of those that are there, and meets the tests that run its line, the quickest first.
"""

from __future__ import annotations

import argparse
import gc
import io
import os
import signal
import sys
import threading
import time
from collections import defaultdict
from contextlib import redirect_stdout
from importlib import import_module
from pathlib import Path
from types import FunctionType
from typing import TYPE_CHECKING, Any

import pytest
from explained import EXPLAINED
from hypothesis import settings
from hypothesis.strategies import text
from mutations import Mutant, mutants_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src/any_llm"
TESTS = {
    "flow/plan.py": ("plan", "job", "blame", "pieces"),
    "flow/vectors.py": ("vectors", "unfit"),
    "flow/faults.py": ("vectors", "unfit"),
    "flow/merge.py": ("merge", "form"),
    "flow/converse.py": (
        "converse", "converse_own", "retry", "failure", "unfit", "watch", "budget", "native_platforms", "blame",
        "traffic", "native_clouds_tokens", "limiter",
    ),
}  # fmt: skip
"""Module -> the tests that should find what is wrong with it."""
SLOW = 0.5
"""Seconds of CPU: a test that takes longer is left out."""
EXAMPLES = 25
"""Of a property. What more of them would find belongs into a table too."""
PATIENCE = 60
"""Seconds for a test that waits for what never comes."""


class Tried:
    """A plugin of pytest: instead of running the tests once, it runs them on each mutant."""

    def __init__(self, module: str, only: set[int]) -> None:
        """Take all mutants of a module, or those of these lines."""
        self.file = SOURCE / module
        self.may = {f"- {line}\n+ {other}" for (line, *others), _ in EXPLAINED.get(module, ()) for other in others}
        self.name = "any_llm." + module.removesuffix(".py").replace("/", ".")
        self.mutants = [
            mutant
            for mutant in mutants_of(self.file.read_text(encoding="utf-8"))
            if not only or not only.isdisjoint(mutant.lines)
        ]
        self.living: list[str] = []
        """How each that no test finds differs, but for what is explained."""
        self.explained: set[str] = set()
        """How each differs that lives and may."""
        self.lines: set[int] = set()
        self.failed = False
        self.runs: list[tuple[float, frozenset[int], pytest.Item]] = []
        """Seconds each test takes, and the lines it runs; the quickest first."""

    def pytest_collection_modifyitems(self, items: Sequence[pytest.Function]) -> None:
        """Let properties be quick."""
        for item in items:
            if hasattr(item.obj, "hypothesis"):
                own = item.obj._hypothesis_internal_use_settings  # noqa: SLF001  # there is no other way to it
                item.obj._hypothesis_internal_use_settings = settings(own, max_examples=EXAMPLES)  # noqa: SLF001

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Learn what each test does, then try the mutants."""
        self._learn(session.items)
        gc.collect()
        before = [each for each in gc.get_objects() if self._is_of(each, vars(import_module(self.name)))]
        source = self.file.read_text(encoding="utf-8")
        if not self._survives(Mutant(source, range(len(source)), "", outside=False), before):
            raise SystemExit(f"{self.name} itself does not survive")
        for mutant in self.mutants:
            if not self._survives(mutant, before):
                continue
            change = "\n".join(line[0] + " " + line[1:].strip() for line in mutant.diff.splitlines())
            if change in self.may:
                self.explained.add(change)
            else:
                self.living.append(change)
                where = f"{self.file.relative_to(SOURCE)}:{mutant.lines[0]}"
                print(where, mutant.diff, sep="\n", file=sys.__stdout__, flush=True)
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Know whether it went well."""
        self.failed |= report.failed

    def _run(self, item: pytest.Item, following: pytest.Item | None) -> bool:
        self.failed = False
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        return not self.failed

    def _learn(self, items: Sequence[pytest.Item]) -> None:
        """Run each once as it is. What is slow, or fails, is left out."""
        text().validate()  # reads Unicode's tables, which no test shall be charged for
        signal.signal(signal.SIGVTALRM, _too_slow)
        for item, following in zip(items, [*items[1:], None], strict=True):
            self.lines, began = set(), time.process_time()
            signal.setitimer(signal.ITIMER_VIRTUAL, SLOW)
            threading.settrace(self._trace)
            sys.settrace(self._trace)
            well = self._run(item, following)
            sys.settrace(None)
            threading.settrace(None)  # type: ignore[arg-type]
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            if well and self.lines:
                self.runs.append((time.process_time() - began, frozenset(self.lines), item))
        self.runs.sort(key=lambda run: run[0])
        signal.signal(signal.SIGVTALRM, signal.SIG_DFL)

    def _trace(self, frame: FrameType, event: str, _: Any) -> Callable[..., Any] | None:
        if frame.f_code.co_filename != str(self.file):
            return None
        code = frame.f_code
        if event == "line":
            self.lines.add(frame.f_lineno)
        elif code.co_firstlineno not in self.lines:  # called: defaults stand between its name and its body
            body = min((line for *_, line in code.co_lines() if line and line > code.co_firstlineno), default=0)
            self.lines.update(range(code.co_firstlineno, max(body, code.co_firstlineno + 1)))
        return self._trace

    def _survives(self, mutant: Mutant, before: Iterable[FunctionType]) -> bool:
        """Whether no test finds it, in a child that may do as it likes."""
        child = os.fork()
        if child:
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        try:
            silence = os.open(os.devnull, os.O_WRONLY)
            os.dup2(silence, 1)
            os.dup2(silence, 2)
            self._become(mutant, before)
            self._meet([run for run in self.runs if mutant.outside or not run[1].isdisjoint(mutant.lines)])
            os._exit(0)
        finally:
            os._exit(1)

    def _become(self, mutant: Mutant, before: Iterable[FunctionType]) -> None:
        """Give each function of the module what the mutant's of that name has, and each constant its value."""
        gc.disable()
        names: dict[str, Any] = {"__name__": self.name}
        exec(compile(mutant.source, str(self.file), "exec", dont_inherit=True), names)  # noqa: S102
        after = {each.__qualname__: each for each in gc.get_objects(generation=0) if self._is_of(each, names)}
        for function in before:
            new = after[function.__qualname__]
            function.__code__ = new.__code__
            function.__defaults__, function.__kwdefaults__ = new.__defaults__, new.__kwdefaults__
        gc.enable()
        constants = {name: value for name, value in names.items() if mutant.outside and name.isupper()}
        for name, value in constants.items():
            old = getattr(sys.modules[self.name], name)
            for module in [each for each in sys.modules.values() if vars(each).get(name) is old]:
                setattr(module, name, value)

    def _is_of(self, thing: object, names: dict[str, Any]) -> bool:
        """Whether it is a function of these names; what it makes as it runs will be the mutant's."""
        mine = isinstance(thing, FunctionType) and thing.__globals__ is names
        return mine and "<locals>" not in thing.__qualname__

    def _meet(self, runs: Sequence[tuple[float, frozenset[int], pytest.Item]]) -> None:
        for at, (seconds, _, item) in enumerate(runs):
            signal.alarm(PATIENCE)
            signal.setitimer(signal.ITIMER_VIRTUAL, SLOW + 10 * seconds)
            if not self._run(item, runs[at + 1][2] if at + 1 < len(runs) else None):
                os._exit(1)


def _too_slow(*_: object) -> None:
    raise TimeoutError


def tried(module: str, only: set[int]) -> bool:
    """Try a module's mutants, and print what came of them. True: none lives that may not."""
    began, plugin = time.perf_counter(), Tried(module, only)
    files = [str(ROOT / f"tests/test_{name}.py") for name in TESTS[module]]
    with redirect_stdout(io.StringIO()):
        ended = pytest.main(["--assert=plain", "--tb=native", "-m", "not soak", f"--rootdir={ROOT}", *files], [plugin])
    if ended not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
        raise SystemExit(f"{module}: pytest ended with {ended!r}")
    gone = set() if only else plugin.may - plugin.explained
    for change in gone:
        print(f"{module}: explained, but it does not live", change, sep="\n")
    living, explained = len(plugin.living), len(plugin.explained)
    counts = f"{len(plugin.mutants)} mutants, {len(plugin.mutants) - living - explained} killed, {explained} explained"
    took = f"{len(plugin.runs)} tests, {time.perf_counter() - began:.0f} s"
    print(f"{module}: {counts}, {living} unexplained; {took}", flush=True)
    return not (plugin.living or gone)


def main() -> int:
    """Read what is wanted."""
    parser = argparse.ArgumentParser(description="Which mutants do the tests let live?")
    parser.add_argument("wanted", nargs="*", metavar="module[:line]", help="a path below src/any_llm; default: all")
    lines: dict[str, set[int]] = defaultdict(set)
    for each in parser.parse_args().wanted or TESTS:
        module, _, line = each.partition(":")
        lines[module].update([int(line)] if line else ())
    clean = [tried(module, only) for module, only in lines.items()]
    return int(not all(clean))


if __name__ == "__main__":
    raise SystemExit(main())
