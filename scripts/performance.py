"""Writes docs/performance.md and its plots from what the benchmarks wrote: `make bench`, and `make render` the page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from goals import BENCHMARKS, GOALS, MORE, Goal, ahead, digits, measured, ratio, reached, shown, times
from tables import NOTHING, table

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/performance.md"

INTRODUCTION = """<!-- Written by scripts/performance.py from benchmarks/*.json, which `make bench` writes anew. -->

# Performance

What a call costs beside what others take for the same, over plain HTTP on one machine. `make bench` measures all of it
anew in a few minutes, `make bench FORM=full` with more rounds, and jobs; each benchmark is also a program by itself
([how](#how-it-was-measured)). No figure on this page is typed: it is rendered from `benchmarks/`.

What these figures are not: a provider far away takes tens of milliseconds to answer, and then a call's own millisecond
is not what one waits for. It is what a processor pays, for each call of a busy service and each vector of a large job.
"""
AHEAD = """## Where others are ahead

Of all that was measured in turn, and whichever figure:
"""
REASONS = {
    "socket by hand": "It writes no request anew, retries nothing, checks nothing: the least that Python can do.",
    "orjson and numpy, base64": "It plans no request, and checks neither places, widths nor values.",
    "orjson and numpy, numbers": "It plans no request, and checks neither places, widths nor values.",
    "bare asyncio loop": "It keeps nothing before the end, checks nothing, and begins anew when it is killed.",
    "fastembed, one thread, alike": "The same library told to use one thread, which spares it the waiting of threads.",
}
METHOD = """## How it was measured

- A provider of OpenAI's shape in a process of its own answers with vectors cut from what was encoded beforehand
  (`benchmarks/provider.py`). Where processes can be held to a core, it has one and whoever is measured the other. How
  much it could give at most is measured each time, by sockets that ask and do not decode.
- A client is a process of its own, its connections open before anything is timed. Clients take turns, a round each, and
  another is first each round. A ratio is the median of the ratios of rounds that followed one another; a figure is the
  median of its rounds.
- CPU is what the process was charged for, user and system (`getrusage`). Memory is the highest mark of the resident
  set over that before the call.
- Every vector of every client is compared with the one that belongs to its text, bit for bit, outside of what is timed.
  A wrong one ends the benchmark.
- The clients are called as their users call them: `benchmarks/clients/`. A client of OpenAI's SDK is kept; any-llm is
  called by its functions, and with a client kept. For many texts, OpenAI's SDK is driven by 16 threads or tasks with
  512 texts each; baseten's client once as it comes and once so.
- Local models may use all cores. fastembed runs the very weights of the local model.

Run one alone: `python benchmarks/latency.py --only omniembed --to -`. `--form tiny` takes seconds and proves only that
it runs."""
TITLES = {
    "latency": "One short text",
    "concurrency": "Many callers at once",
    "throughput": "Many texts",
    "decode": "One large reply",
    "import_time": "Beginning",
    "local": "The local model",
    "scaling": "Cost against size",
    "bulk": "Files of texts",
}
WORDS = {
    "latency": "One call after another, 1,536 wide, read as a list, over a connection that is open.",
    "concurrency": "1,000 tasks or 64 threads with one text each, at a provider that answers as soon as it can.",
    "throughput": "From a list of {count:,} texts ({fewer:,} for OpenAI's SDK) to one numpy matrix, 1,536 wide, at a "
    "provider that takes 50 ms to answer.",
    "decode": "2,048 vectors of 1,536, from the body's bytes to a numpy matrix: all of a call but the socket.",
    "import_time": "Importing, over what bare Python takes; and a process that begins, asks for one vector and ends.",
    "local": "Texts of about 40 tokens each, or on the mean, through all-MiniLM-L6-v2 in int8.",
    "scaling": "A provider in this process that answers at once, vectors 8 wide; then base64 replies of 2,048 vectors.",
    "bulk": "{rows:,} rows from Parquet to Parquet, 1,536 wide, 16 requests of 128 texts under way at a provider that "
    "takes 50 ms to answer; then files of more rows, and the journals of a killed job, read again, an entry a text. "
    "Memory is the whole process at its highest; each run is the first of its process. Daft and Ray Data are called by "
    "their own means "
    "([daft_engine](../benchmarks/clients/daft_engine.py), [ray_data](../benchmarks/clients/ray_data.py)); what the "
    "processes of Ray take is not counted.",
}
PLOTS = {"latency": "one-call", "throughput": "many-texts", "scaling": "scaling", "bulk": "jobs"}
HEADINGS = {
    "cpu_us": "CPU",
    "cpu_ms": "CPU",
    "cpu_s": "CPU of all",
    "first_vector_ms": "first vector",
    "wall_us": "clock",
    "wall_ms": "clock",
    "peak_mb": "memory",
    "p50_ms": "half within",
    "p99_ms": "99 of 100 within",
    "provider_busy": "provider busy",
}


def performance() -> str:
    """Write docs/performance.md."""
    parts = [INTRODUCTION, "## What is to be reached", goals(), AHEAD, losses(), *map(section, BENCHMARKS), METHOD]
    return "\n".join([*(f"{part.strip()}\n" for part in parts), "## On what", "", where(), ""])


def goals() -> str:
    """Each goal beside what was measured."""
    lines = []
    for goal in GOALS:
        ours = measured(goal.benchmark)["medians"].get(goal.ours, {}).get(goal.figure)
        side = "≥ " if goal.figure in MORE else "≤ "
        mine = NOTHING if ours is None else shown(goal.figure, ours)
        if goal.bound is not None:
            good = NOTHING if ours is None else _yes(goal, reached(goal.figure, ours, goal.bound))
            lines.append((goal.words, mine, NOTHING, NOTHING, side + shown(goal.figure, goal.bound), good))
        for peer, bound in goal.peers.items():
            theirs = measured(goal.benchmark)["medians"].get(peer, {}).get(goal.figure)
            found = ratio(goal.benchmark, goal.ours, peer, goal.figure)
            if theirs is None or found is None:
                lines.append((goal.words, mine, f"{peer}: not measured", NOTHING, side + times(bound), NOTHING))
            else:
                good = _yes(goal, reached(goal.figure, found, bound))
                lines.append(
                    (goal.words, mine, f"{peer}: {shown(goal.figure, theirs)}", times(found), side + times(bound), good)
                )
    return table(("figure", "ours", "others", "ratio", "goal", "reached"), lines)


def _yes(goal: Goal, good: bool) -> str:  # noqa: FBT001
    if good or not goal.why:
        return "yes" if good else "**no**"
    return f"**no** ([why](decisions/{goal.why}.md))"


def losses() -> str:
    """Name whoever has a better figure."""
    lines = [
        f"- {TITLES[benchmark]}, {_heading(figure)}: {ours} has {times(found)} times what {peer} has. "
        f"{REASONS.get(peer, '')}".rstrip()
        for benchmark, ours, peer, figure, found in ahead()
    ]
    return "\n".join(lines) or "Nobody was."


def section(benchmark: str) -> str:
    """All figures of one benchmark: medians, and of the first figure the least and the most."""
    found = measured(benchmark)
    names = list(dict.fromkeys(name for figures in found["medians"].values() for name in figures))
    lines = [
        (label, *(_spread(found["runs"][label], name, figures, spread=name == names[0]) for name in names))
        for label, figures in found["medians"].items()
    ]
    shape = table(("", *map(_heading, names)), lines)
    plot = f"![{TITLES[benchmark]}](performance/{PLOTS[benchmark]}.png)\n\n" if benchmark in PLOTS else ""
    words = WORDS[benchmark].format(**found.get("texts", {}))
    return f"## {TITLES[benchmark]}\n\n{words}\n\n{plot}{shape}"


def _spread(runs: list[dict[str, float]], name: str, figures: dict[str, float], *, spread: bool) -> str:
    if name not in figures:
        return NOTHING
    if name == "provider_busy":
        return f"{figures[name]:.0%}"
    values = [each[name] for each in runs if name in each]
    return shown(name, figures[name]) + (f" ({digits(min(values))} to {digits(max(values))})" if spread else "")


def _heading(figure: str) -> str:
    return HEADINGS.get(figure, figure.replace("_", " ").replace("cpu", "CPU"))


def where() -> str:
    """Machine, versions, and what the provider could have given."""
    lines = []
    versions: dict[str, str] = {}
    for benchmark in BENCHMARKS:
        found = measured(benchmark)
        lines.append(_run(benchmark, found))
        for installed in found["versions"].values():
            versions |= installed
    machine = measured(BENCHMARKS[0])["machine"]
    absent = sorted({label for benchmark in BENCHMARKS for label in measured(benchmark)["absent"]})
    heading = ("benchmark", "form", "rounds", "date", "load before and after", "provider at most", "its CPU a request")
    return "\n\n".join(
        [
            f"{machine['processor']}, {machine['cores']} cores, {machine['system']}, {machine['python']}.",
            table(heading, lines),
            "Versions: " + ", ".join(f"{name} {version}" for name, version in sorted(versions.items())) + ".",
            f"Not installed, so not measured: {', '.join(absent)}." if absent else "All clients were installed.",
        ]
    )


def _run(benchmark: str, found: dict[str, Any]) -> tuple[str, ...]:
    least = found.get("ceiling", {})
    load = f"{found['machine']['load_before']}, {found['machine']['load_after']}"
    most = f"{least['vectors_a_second']:,} vectors/s" if least else NOTHING
    cpu = f"{least['provider_cpu_us_a_request']:,} µs" if least else NOTHING
    rounds = str(max(map(len, found["runs"].values())))
    return f"[{benchmark}](../benchmarks/{benchmark}.json)", found["form"], rounds, found["date"], load, most, cpu


def main() -> None:
    """Write the page and the plots."""
    from plots import draw  # noqa: PLC0415  # the page needs no matplotlib

    PAGE.write_text(performance(), encoding="utf-8")
    draw(PAGE.with_suffix(""))


if __name__ == "__main__":
    main()
