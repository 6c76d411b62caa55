"""What does `omniembed bulk` print, and how does it end?"""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest
from pyarrow import parquet

from bulk_server import ledger, told
from cli_command import environment, omniembed


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_a_summary_for_a_person_and_one_for_a_program():
    rows = b'{"text": "a"}\n{"text": null}\n{"text": "a"}\n'
    options = "--input-format", "jsonl", "-o", "out.parquet", "-m", "fake:m", "--dimensions", "4"
    ran = omniembed("bulk", "-", *options, stdin=rows)
    assert (ran.code, ran.stderr) == (0, "")
    assert ran.stdout.decode().splitlines()[0] == "out.parquet  3 rows, 0 failed, 1 without text"
    again = omniembed("bulk", "-", *options, "--json", stdin=rows)
    found = json.loads(again.stdout)
    assert (found["rows"], found["texts"], found["usd"], found["output"]) == (3, 0, 0.0, "out.parquet")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["in.txt"], 2, "where to? Name a file with --output"),
        (["nothing.csv", "-o", "out.parquet"], 1, "there is no nothing.csv."),
        (["in.txt", "-o", "out.parquet", "--deadline", "5"], 1, "deadline belongs to the job itself"),
        (["in.txt", "-o", "out.parquet", "--column", "body"], 1, "there are: text."),
    ],
)
def test_what_is_wrong_is_one_line(arguments, code, words, tmp_path):
    (tmp_path / "in.txt").write_text("a\n")
    ran = omniembed("bulk", *arguments, "-m", "fake:m")
    assert (ran.code, ran.stdout) == (code, b"")
    assert words in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


def test_an_estimate_says_what_is_not_known(tmp_path):
    (tmp_path / "in.txt").write_text("a\na\nb\n")
    ran = omniembed("bulk", "in.txt", "--estimate", "-m", "openai:unheard-of")
    assert "cost             USD unknown\n" in ran.stdout.decode()
    assert "duplicates       1\n" in ran.stdout.decode()


def test_ctrl_c_keeps_what_is_under_way_and_the_next_run_goes_on(tmp_path):
    count = 1_500
    (tmp_path / "in.txt").write_text("".join(f"{number}\n" for number in range(count)))
    with ledger(milliseconds=60) as url:
        options = ["-o", "out.parquet", "-m", "openai:m", "--batch-size", "16", "--api-base", url]
        command = [sys.executable, "-m", "any_llm.cli", "bulk", "in.txt", *options]
        settings = {"env": environment(OPENAI_API_KEY="sk"), "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with subprocess.Popen(command, **settings) as job:
            told(url, 200)
            job.send_signal(signal.SIGINT)
            output, errors = job.communicate(timeout=60)
        assert (job.returncode, output) == (130, b"")
        assert b"stopping: what is under way is waited for and kept" in errors
        assert 200 <= told(url).paid < count
        ran = subprocess.run(command, **settings, check=False, timeout=60)
        assert ran.returncode == 0, ran.stderr
        assert told(url).paid == told(url).texts == count
    assert [vector[0] for vector in parquet.read_table("out.parquet")["embedding"].to_pylist()] == list(range(count))
