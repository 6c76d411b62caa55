"""What does a person see of a job? How far it is, what came of it, and what Ctrl-C does, once and twice."""

from __future__ import annotations

import signal
import sys
import time
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING, Any

import msgspec

from any_llm.cli.failure import INTERRUPTED, USAGE, Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from any_llm.bulk import Estimate, Progress, Report

EVERY = 10.0
"""Seconds between plain lines."""


def arguments(asked: dict[str, Any], **client: int | None) -> dict[str, Any]:
    """Lay the client's options of this command over those that were given by name."""
    given = {name: value for name, value in client.items() if value is not None}
    return {**asked, "client_args": {**asked.get("client_args", {}), **given}}


def foretold(source: str, **asked: Any) -> Estimate:
    """Say what a job would be."""
    from any_llm.bulk import estimate_file  # noqa: PLC0415  # --help needs no library

    names = "model", "column", "input_format", "batch_size", "client_args"
    return estimate_file(source, **{name: asked[name] for name in names if name in asked})


def run(source: str, output: str | None, **arguments: Any) -> Report:
    """Run the job. Raises Failure with the code of Ctrl-C when it was stopped."""
    if output is None:
        raise Failure("where to? Name a file with --output, or ask what it would cost with --estimate.", code=USAGE)
    from any_llm.bulk import JobStoppedError, embed_file  # noqa: PLC0415  # --help needs no library

    with stopping() as stop, shown() as show:
        try:
            return embed_file(source, output, stopped=stop.is_set, on_progress=show, **arguments)
        except JobStoppedError as stopped:
            raise Failure(f"{stopped}.", code=INTERRUPTED) from stopped


@contextmanager
def stopping() -> Iterator[Event]:
    """Let the first Ctrl-C set the event, and the second be Ctrl-C."""
    asked = Event()

    def once(*_: object) -> None:
        asked.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        say("stopping: what is under way is waited for and kept; Ctrl-C again leaves it")

    before = signal.signal(signal.SIGINT, once)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)


def say(words: str) -> None:
    """Write a line to stderr."""
    print(f"omniembed: {words}", file=sys.stderr, flush=True)  # noqa: T201  # a command's word


@contextmanager
def shown() -> Iterator[Callable[[Progress], None]]:
    """Give what shows how far a job is: a bar on a terminal, else a line now and then."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield Lines().show
        return
    from rich.console import Console  # noqa: PLC0415  # only who waits at a terminal pays for it
    from rich.progress import BarColumn, TextColumn  # noqa: PLC0415  # the same
    from rich.progress import Progress as Bar  # noqa: PLC0415  # the same

    columns = BarColumn(bar_width=12), TextColumn("{task.description}", markup=False)
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=None)
        yield lambda now: bar.update(task, total=now.total, completed=now.rows, description="\n".join(told(now)))


class Lines:
    """Writes a line when the last one is long ago."""

    def __init__(self, every: float = EVERY) -> None:
        """Nothing is written at once: a short job needs no lines. `every`: seconds."""
        self._every, self._last = every, time.monotonic()

    def show(self, now: Progress) -> None:
        """Write one, or not."""
        if time.monotonic() - self._last >= self._every:
            self._last = time.monotonic()
            say("  ".join(told(now)))


def told(now: Progress) -> tuple[str, str]:
    """Say how far it is, and what it has cost: two lines of fewer than 67 letters, beside a bar."""
    far = [f"{now.rows:,} of {now.total:,} rows", f"{now.rate:,.0f} rows/s"]
    if now.seconds_left is not None:
        far.append(f"{duration(now.seconds_left)} left")
    cost = [f"{now.tokens:,} tokens", usd(now.usd)]
    if now.usd and now.usd_forecast is not None:
        cost[-1] += f" of {usd(now.usd_forecast)}"
    if now.pauses:
        cost.append(f"{now.pauses:,} waits ({now.paused:.0f} s)")
    if now.failed:
        cost.append(f"{now.failed:,} failed")
    return "  ".join(far), "  ".join(cost)


def usd(amount: float | None) -> str:
    """Write an amount; what nobody knows is not nothing."""
    return "USD unknown" if amount is None else f"{amount:.4f} USD" if amount < 1 else f"{amount:,.2f} USD"


def duration(seconds: float) -> str:
    """Write hours, minutes and seconds, as far as there are any."""
    whole = round(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {whole % 60} s" if minutes else f"{whole} s"


def as_json(found: Report | Estimate) -> str:
    """Write an object."""
    return msgspec.json.format(msgspec.json.encode(found, enc_hook=str)).decode() + "\n"


def report(found: Report) -> str:
    """Say what came of it, for a person."""
    took = f"this one sent {found.texts:,} texts in {duration(found.seconds)}"
    lines = [
        f"{found.output}  {found.rows:,} rows, {found.failed:,} failed, {found.without_text:,} without text",
        f"{found.tokens:,} tokens, {usd(found.usd)} over all runs; {took}",
    ]
    if found.failed:
        lines.append("the column embedding_error says why; the same command tries those rows again")
    if found.at_risk:
        lines.append(f"had it been killed, at most {found.at_risk:,} texts would have been paid for again")
    return "\n".join([*lines, *found.damaged]) + "\n"


def estimate(found: Estimate) -> str:
    """Say what it would be, for a person."""
    lines = [
        ("rows", f"{found.rows:,}"),
        ("different texts", f"{found.texts:,}"),
        ("duplicates", f"{found.duplicates:,}"),
        ("without text", f"{found.without_text:,}"),
        ("blank", f"{found.blank:,}"),
        ("too long", "unknown" if found.too_long is None else f"about {found.too_long:,}"),
        ("tokens", f"about {found.tokens:,}, at most {found.tokens_at_most:,}"),
        ("requests", f"about {found.requests:,}"),
        ("cost", usd(found.usd) if not found.usd else f"about {usd(found.usd)}, at most {usd(found.usd_at_most)}"),
        ("time", "unknown: give --rpm or --tpm" if found.seconds is None else f"about {duration(found.seconds)}"),
    ]
    return "".join(f"{name:<16} {value}\n" for name, value in lines)
