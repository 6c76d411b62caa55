"""Is nothing lost and nothing paid twice, whenever a job is killed? Against a server that keeps a ledger."""

from __future__ import annotations

import random
import signal
import subprocess
import sys

import pyarrow as pa
import pytest
from pyarrow import parquet

from bulk_server import check_rows, ledger, told
from cli_command import environment

WIDTH = 8
AT_ONCE = 4


def start(folder, url, batch):
    options = ["--client", f"max_concurrency={AT_ONCE}", "--batch-size", str(batch), "--api-base", url]
    command = [
        sys.executable,
        "-m",
        "any_llm.cli",
        "bulk",
        "in.parquet",
        "-o",
        "out.parquet",
        "-m",
        "openai:m",
        *options,
    ]
    return subprocess.Popen(
        command, cwd=folder, env=environment(OPENAI_API_KEY="sk"), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


@pytest.mark.parametrize(
    ("rows", "kills", "batch"),
    [(2_000, 2, 32), pytest.param(50_000, 20, 64, marks=pytest.mark.soak)],
)
def test_a_killed_job_goes_on_and_pays_again_for_no_more_than_was_under_way(rows, kills, batch, tmp_path):
    chance = random.Random(rows)  # noqa: S311
    texts = [str(number) for number in range(rows)]
    chance.shuffle(texts)
    table = pa.table({"place": range(rows), "text": texts})
    parquet.write_table(table, tmp_path / "in.parquet")
    moments = sorted(chance.sample(range(1, rows), kills))
    with ledger(width=WIDTH, milliseconds=30) as url:
        for moment in moments:
            with start(tmp_path, url, batch) as job:
                told(url, moment)
                job.send_signal(signal.SIGKILL)
        with start(tmp_path, url, batch) as job:
            output, errors = job.communicate(timeout=600)
        account = told(url)
    assert (job.returncode, errors) == (0, b""), output
    check_rows(tmp_path, texts, WIDTH)
    assert account.texts == rows
    assert account.paid - rows <= kills * AT_ONCE * batch
