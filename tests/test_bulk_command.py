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
        (["in.txt", "-o", "out.parquet", "--deadline", "0"], 130, "the same call goes on from here"),
        (["in.txt", "-o", "out.parquet", "--client", "deadline=5"], 1, "deadline belongs to the job itself"),
        (["in.txt", "-o", "out.parquet", "--column", "body"], 1, "there are: text."),
    ],
)
def test_what_is_wrong_is_one_line(arguments, code, words, tmp_path):
    (tmp_path / "in.txt").write_text("a\n")
    ran = omniembed("bulk", *arguments, "-m", "fake:m")
    assert (ran.code, ran.stdout) == (code, b"")
    assert words in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


def command(tmp_path, url, count, *more):
    """A job of so many rows, as a user starts it."""
    (tmp_path / "in.txt").write_text("".join(f"{number}\n" for number in range(count)))
    options = "-o", "out.parquet", "-m", "openai:m", "--batch-size", "16", "--api-base", url
    return [sys.executable, "-m", "any_llm.cli", "bulk", "in.txt", *options, *more]


def settings():
    return {"env": environment(OPENAI_API_KEY="sk"), "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}


def test_ctrl_c_keeps_what_is_under_way_and_the_next_run_goes_on(tmp_path):
    count = 1_500
    with ledger(milliseconds=60) as url:
        words = command(tmp_path, url, count)
        with subprocess.Popen(words, **settings()) as job:
            told(url, 200)
            job.send_signal(signal.SIGINT)
            output, errors = job.communicate(timeout=60)
        assert (job.returncode, output) == (130, b"")
        assert b"stopping: what is under way is waited for and kept" in errors
        assert 200 <= told(url).paid < count
        ran = subprocess.run(words, **settings(), check=False, timeout=60)
        assert ran.returncode == 0, ran.stderr
        assert told(url).paid == told(url).texts == count
    assert [vector[0] for vector in parquet.read_table("out.parquet")["embedding"].to_pylist()] == list(range(count))


def test_a_second_ctrl_c_leaves_at_once_and_the_job_can_go_on(tmp_path):
    with ledger(milliseconds=600_000) as url:
        with subprocess.Popen(command(tmp_path, url, 100), **settings()) as job:
            told(url, 16)
            job.send_signal(signal.SIGINT)
            said = job.stderr.readline()
            assert job.poll() is None
            job.send_signal(signal.SIGINT)
            output, errors = job.communicate(timeout=60)
        assert said.startswith(b"omniembed: stopping: what is under way is waited for and kept; Ctrl-C again leaves it")
        assert (job.returncode, output, errors) == (130, b"", b"")
        paid = told(url).paid
        again = subprocess.run(command(tmp_path, url, 100, "--deadline", "0"), **settings(), check=False, timeout=60)
        assert (again.returncode, b"goes on from here" in again.stderr) == (130, True)
        assert told(url).paid == paid
