"""Draws the plots of docs/performance.md. Each carries a digest of the figures it was drawn from: a test sees age."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from goals import FOLDER, digits, measured

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

OURS, OTHERS, FLOOR, TEXT = "#0b6e4f", "#b8b8b8", "#e0e0e0", "#333333"
STYLE = {
    "font.size": 9,
    "font.family": "DejaVu Sans",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#999999",
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.labelcolor": TEXT,
    "text.color": TEXT,
    "xtick.color": TEXT,
    "ytick.color": TEXT,
    "figure.constrained_layout.use": True,
}
DPI = 120


def digest(benchmark: str) -> str:
    """Tell the figures of a benchmark from any others."""
    return sha256((FOLDER / f"{benchmark}.json").read_bytes()).hexdigest()


def bars(axes: Any, benchmark: str, figure: str, *, title: str, log: bool = False, only: Collection[str] = ()) -> None:
    """One bar a client (`only`: of these), the best on top, ours in colour."""
    medians = {label: each for label, each in measured(benchmark)["medians"].items() if not only or label in only}
    ranked = sorted(((each[figure], label) for label, each in medians.items()), reverse=not figure.endswith("second"))
    values, labels = zip(*ranked, strict=True)
    colours = [
        OURS if label.startswith("omniembed") else FLOOR if "by hand" in label or "bare" in label else OTHERS
        for label in labels
    ]
    drawn = axes.barh(labels, values, color=colours, height=0.7, log=log)
    axes.bar_label(drawn, [*map(digits, values)], padding=3)
    axes.set_title(title)
    axes.margins(x=0.16)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)


def one_call(plt: Any) -> Any:
    """CPU of one call by client."""
    figure, axes = plt.subplots(figsize=(7.5, 3.8))
    bars(axes, "latency", "cpu_us", title="CPU of one call with a short text, µs (logarithmic)", log=True)
    return figure


def many_texts(plt: Any) -> Any:
    """CPU a vector, and vectors a second."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 2.8))
    bars(left, "throughput", "cpu_us", title="CPU a vector, µs (less is better)")
    bars(right, "throughput", "vectors_a_second", title="vectors a second (more is better)")
    return figure


def scaling(plt: Any) -> Any:
    """Cost an input against inputs, and cost a vector against width."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.2))
    medians = measured("scaling")["medians"]
    for ending, colour, name in (("sync", OURS, "embedding()"), ("async", "#79b4a0", "aembedding()")):
        points = [
            (int(label.split()[1]), each["cpu_us"]) for label, each in medians.items() if label.endswith(" " + ending)
        ]
        left.loglog(*zip(*points, strict=True), marker="o", markersize=4, color=colour, label=name)
    left.set(title="CPU an input, µs, by inputs in a call", xlabel="inputs")
    left.legend(frameon=False)
    points = [(int(label.split()[1]), each["cpu_us"]) for label, each in medians.items() if label.startswith("width")]
    right.plot(*zip(*points, strict=True), marker="o", markersize=4, color=OURS)
    right.set(title="CPU a vector of a base64 reply, µs, by width", xlabel="width")
    right.set_ylim(bottom=0)
    right.set_xlim(left=0)
    for axes in (left, right):
        axes.grid(color="#eeeeee")
    return figure


def jobs(plt: Any) -> Any:
    """Memory of a job against its rows, and rows a second by whoever."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 2.8))
    medians = measured("bulk")["medians"]
    points = [(int(label.split()[1]), each["peak_mb"]) for label, each in medians.items() if label.startswith("rows")]
    left.semilogx(*zip(*points, strict=True), marker="o", markersize=4, color=OURS)
    left.set(title="memory of a job at its highest, MB, by rows", xlabel="rows")
    left.set_ylim(bottom=0)
    left.grid(color="#eeeeee")
    named = {label for label in medians if not label.startswith(("rows", "journal"))}
    bars(right, "bulk", "rows_a_second", title="rows a second (more is better)", only=named)
    return figure


PLOTS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "one-call": ("latency", one_call),
    "many-texts": ("throughput", many_texts),
    "scaling": ("scaling", scaling),
    "jobs": ("bulk", jobs),
}


def draw(folder: Path) -> None:
    """Write all of them into this folder."""
    import matplotlib as mpl  # noqa: PLC0415  # installed by make bench alone

    mpl.use("agg")
    import matplotlib.pyplot as plt  # noqa: PLC0415

    folder.mkdir(exist_ok=True)
    with mpl.rc_context(STYLE):
        for name, (benchmark, plot) in PLOTS.items():
            figure = plot(plt)
            about = {"Software": None, "Description": digest(benchmark)}
            figure.savefig(folder / f"{name}.png", dpi=DPI, metadata=about)
            plt.close(figure)
