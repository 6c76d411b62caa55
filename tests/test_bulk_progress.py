"""Is it told how far a job is, on a terminal and in a log, and is that true?"""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

from any_llm.bulk import Progress, embed_file
from any_llm.cli.bulk import Lines, told
from cli_command import omniembed
from loopback import Answer
from numbered import KEY, vectors

HALF = {"rows": 600, "total": 1000, "begun_at": 100, "seconds": 10.0}
"""50 rows a second: 500 of this run."""
FAR = "600 of 1,000 rows  50 rows/s  8 s left"


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.txt").write_text("".join(f"{number}\n" for number in range(40)))


@pytest.mark.parametrize(
    ("facts", "far", "cost"),
    [
        ({}, FAR, "0 tokens  0.0000 USD"),
        ({"tokens": 12_000, "usd": 0.3}, FAR, "12,000 tokens  0.3000 USD of 0.5000 USD"),
        ({"usd": None}, FAR, "0 tokens  USD unknown"),
        ({"rows": 100}, "100 of 1,000 rows  0 rows/s", "0 tokens  0.0000 USD"),
        ({"seconds": 0.0}, "600 of 1,000 rows  0 rows/s", "0 tokens  0.0000 USD"),
        ({"pauses": 3, "paused": 61.4}, FAR, "0 tokens  0.0000 USD  3 waits (61 s)"),
        ({"failed": 2}, FAR, "0 tokens  0.0000 USD  2 failed"),
        ({"total": 500_000}, "600 of 500,000 rows  50 rows/s  2 h 46 min left", "0 tokens  0.0000 USD"),
        ({"rows": 1000, "usd": 99.5}, "1,000 of 1,000 rows  90 rows/s  0 s left", "0 tokens  99.50 USD of 99.50 USD"),
    ],
)  # fmt: skip
def test_a_moment_is_told_in_two_lines(facts, far, cost, capsys):
    now = Progress(**{**HALF, **facts})
    assert told(now) == (far, cost)
    Lines().show(now)
    assert capsys.readouterr().err == ""
    Lines(every=0).show(now)
    assert capsys.readouterr().err == f"omniembed: {far}  {cost}\n"


def test_what_is_told_on_the_way_comes_to_what_the_report_says(loopback):
    refused = []

    def answer(request):
        if not refused:
            refused.append(request)
            return Answer(429, headers={"Retry-After-Ms": "1"}, json={"error": {"message": "too many"}})
        return vectors(request)

    seen = []
    report = embed_file(
        "in.txt", "out.parquet", model="openai:m", api_key=KEY, api_base=loopback(answer).url,
        batch_size=4, shard_rows=16, on_progress=seen.append,
    )  # fmt: skip
    last = seen[-1]
    assert (last.rows, last.total, last.failed, last.begun_at) == (40, 40, 0, 0)
    assert (last.tokens, last.requests, last.usd) == (report.tokens, report.requests, report.usd)
    assert (last.pauses, last.paused > 0, last.usd, last.usd_forecast) == (1, True, None, None)
    assert all(before.rows <= after.rows and before.seconds <= after.seconds for before, after in pairwise(seen))
    assert len(seen) >= 10


def test_what_an_earlier_run_has_done_is_counted_and_is_not_this_ones_speed(loopback):
    server = loopback(vectors)
    options = {"model": "openai:m", "api_key": KEY, "api_base": server.url, "batch_size": 4, "shard_rows": 16}
    seen = []
    with pytest.raises(Exception, match="stopped as asked"):
        embed_file("in.txt", "out.parquet", stopped=lambda: len(seen) > 2, on_progress=seen.append, **options)
    before = seen[-1]
    seen.clear()
    embed_file("in.txt", "out.parquet", on_progress=seen.append, **options)
    assert 0 < before.rows <= seen[0].begun_at < seen[0].rows
    assert (seen[-1].rows, seen[-1].tokens) == (40, len(server.requests))


def test_a_terminal_gets_a_bar_and_a_file_gets_neither_bar_nor_line_in_so_short_a_job(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    options = "-m", "fake:m", "--batch-size", "4"
    shown = omniembed("bulk", "in.txt", "-o", "out.parquet", *options, terminals=["stderr"])
    assert (shown.code, shown.stdout.splitlines()[0]) == (0, b"out.parquet  40 rows, 0 failed, 0 without text")
    assert "40 of 40 rows" in shown.stderr
    assert "tokens  0.0000 USD" in shown.stderr
    plain = omniembed("bulk", "in.txt", "-o", "plain.parquet", *options)
    assert (plain.code, plain.stderr) == (0, "")


def test_a_program_reads_the_summary_as_an_object():
    ran = omniembed("bulk", "in.txt", "-o", "out.parquet", "-m", "fake:m", "--json")
    found = json.loads(ran.stdout)
    identity, seconds = found.pop("identity"), found.pop("seconds")
    assert (identity["model"], seconds > 0) == ("m", True)
    assert found == {
        "output": "out.parquet", "rows": 40, "failed": 0, "without_text": 0, "texts": 40, "tokens": found["tokens"],
        "usd": 0.0, "requests": 0, "at_risk": 40, "damaged": [],
    }  # fmt: skip
