"""What does a file of texts cost, to a file of vectors? Memory, rows a second, resuming. Writes bulk.json.

Run: .venv/bin/python benchmarks/bulk.py [--form full] [--only omniembed]
A provider that takes 50 ms to answer, vectors 1,536 wide, 16 requests of 128 texts under way; from Parquet to Parquet.
Memory is the whole process at its highest. Each run has a process and a provider of its own.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import clients
from meter import Meter, highest
from rounds import Comparison, arguments, chosen, main, turns
from served import provider
from vectors import check_matrix, texts

if TYPE_CHECKING:
    from collections.abc import Callable

WIDTH = 1536
LATENCY = 0.05
SHARD = 32_768
CLIENTS = {
    "omniembed": "ours.file",
    "bare asyncio loop": "by_hand.file",
    "Daft": "daft_engine.file",
    "Ray Data": "ray_data.file",
}
ELSEWHERE = ("ray_data.file",)
"""Who does the work in processes of its own, so that this one's CPU and memory say nothing."""
FORMS = {
    "tiny": {"rounds": 1, "rows": 500, "sizes": (300,), "entries": SHARD},
    "short": {"rounds": 3, "rows": 5_000, "sizes": (10_000, 100_000), "entries": 1_000_000},
    "full": {"rounds": 3, "rows": 5_000, "sizes": (10_000, 100_000, 1_000_000), "entries": 10_000_000},
}


def measure(client: str, **sizes: Any) -> Callable[[], dict[str, float]]:
    """One run: of a file, or of journals."""
    return of_journals(client, **sizes) if "entries" in sizes else of_file(client, **sizes)


def of_file(client: str, url: str, rows: int) -> Callable[[], dict[str, float]]:
    """Rows a second, and megabytes at most."""
    import pyarrow as pa
    from pyarrow import parquet

    call = clients.load(client)(url)

    def run() -> dict[str, float]:
        with TemporaryDirectory() as folder:
            source = Path(folder) / "in.parquet"
            with parquet.ParquetWriter(source, pa.schema([("text", pa.string())])) as writer:
                for begin in range(0, rows, SHARD):
                    some = texts(min(SHARD, rows - begin), begin)
                    writer.write_table(pa.table({"text": some}))
            with Meter() as meter:
                output = call(source)
            most = highest()
            check_output(output, rows)
        figures = {"rows_a_second": rows / meter.wall}
        if client not in ELSEWHERE:
            figures |= {"cpu_us": meter.cpu / rows * 1e6, "peak_mb": (most or 0) / 1e6}
        return figures

    return run


def check_output(output: Path, rows: int) -> None:
    """Stop the benchmark unless each row has its vector, a file or a folder of them, in whichever order."""
    from pyarrow import parquet

    seen = 0
    for path in sorted(output.rglob("*.parquet")) if output.is_dir() else [output]:
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(SHARD // 8):
                column: Any = batch.column("embedding")
                column = getattr(column, "storage", column)  # Ray Data has a type of its own
                found = column.flatten().to_numpy(zero_copy_only=False).reshape(len(batch), -1)
                check_matrix(batch.column("text").to_pylist(), found, WIDTH)
                seen += len(batch)
    if seen != rows:
        raise SystemExit(f"{output} has {seen} rows, not {rows}.")


def of_journals(client: str, entries: int) -> Callable[[], dict[str, float]]:
    """Seconds, and CPU an entry."""

    def run() -> dict[str, float]:
        with TemporaryDirectory() as folder:
            call = clients.load(client)(folder)
            with Meter() as meter:
                found = call(entries // SHARD)
        return {
            "cpu_us": meter.cpu / found * 1e6,
            "cpu_s": meter.cpu / found * entries,
            "peak_mb": (highest() or 0) / 1e6,
        }

    return run


def compare() -> None:
    """All clients with one size, this package with each, and the journals."""
    asked = arguments(FORMS)
    form = FORMS[asked.form]
    found = Comparison()
    for label in turns(list(chosen(CLIENTS, asked.only)), form["rounds"]):
        with provider(WIDTH, LATENCY) as url:
            found.add(__file__, {label: CLIENTS[label]}, 1, url=url, rows=form["rows"])
    for rows in form["sizes"]:
        labels = chosen({f"rows: {rows}": "ours.file"}, asked.only)
        with provider(WIDTH, LATENCY) as url:
            found.add(__file__, labels, 1, url=url, rows=rows)
    labels = chosen({f"journal: {form['entries']} entries": "ours.resume"}, asked.only)
    found.add(__file__, labels, form["rounds"], entries=form["entries"])
    found.write(asked, texts={"rows": form["rows"]})


if __name__ == "__main__":
    main(measure, compare)
