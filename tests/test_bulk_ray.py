"""Does a job on Ray lose nothing and pay for nothing twice, whoever of it is killed? Against a server with a ledger."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from contextlib import contextmanager

import pyarrow as pa
import pytest
from pyarrow import parquet

from bulk_server import check_rows, ledger, told
from cli_command import environment
from patience import within
from ray_processes import actors, ends, watched

WIDTH, BATCH, AT_ONCE = 8, 32, 4
PROGRAM = """
import json, sys
from any_llm.bulk import embed_file

if __name__ == "__main__":
    report = embed_file("in.parquet", "out.parquet", engine="ray", **json.loads(sys.argv[1]))
    print(report.texts, report.at_risk)
"""
CLUSTER = """
import os, ray

ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
print(ray.get_runtime_context().gcs_address, flush=True)
input()
"""
QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0", "RAY_AUTH_MODE": "disabled"}


def start(folder, url, shard_rows, address=None, **more):
    client = {"max_concurrency": AT_ONCE}
    options = {"model": "openai:m", "api_base": url, "batch_size": BATCH, "shard_rows": shard_rows}
    command = [sys.executable, "-c", PROGRAM, json.dumps({**options, "client_args": client, **more})]
    return run(folder, command, address)


def run(folder, command, address=None):
    joins = {} if address is None else {"RAY_ADDRESS": address, "RAY_AUTH_MODE": "disabled"}
    variables = {"OPENAI_API_KEY": "sk-never-to-be-seen", **joins}
    return subprocess.Popen(
        command, cwd=folder, env=environment(**variables), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@contextmanager
def cluster():
    """A Ray that outlives its drivers: its address, and the process that it is below."""
    command = [sys.executable, "-c", CLUSTER]
    with subprocess.Popen(
        command, env=environment(**QUIET), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True,
    ) as process:  # fmt: skip
        yield process.stdout.readline().strip(), process.pid
        process.stdin.close()


def write(folder, rows, chance):
    """Rows of which one in ten has the text of another, far away or near."""
    texts = [str(number) for number in range(rows - rows // 10)]
    texts += chance.sample(texts, rows // 10)
    chance.shuffle(texts)
    parquet.write_table(pa.table({"place": range(rows), "text": texts}), folder / "in.parquet")
    return texts


def check(folder, texts):
    """Every row is right, and nothing is left of the job but what another run needs."""
    check_rows(folder, texts, WIDTH)
    assert sorted(path.name for path in (folder / "out.parquet.job").iterdir()) == ["lock", "manifest.json"]


def test_a_killed_worker_goes_on_and_what_stands_in_two_shards_is_paid_for_once(tmp_path):
    texts = write(tmp_path, 3_000, random.Random(1))  # noqa: S311
    with ledger(width=WIDTH, milliseconds=30) as url:
        with start(tmp_path, url, 500) as job:
            told(url, 700)
            os.kill(actors(job.pid, "Worker")[0], signal.SIGKILL)
            left = watched(job.pid)
            output, errors = job.communicate(timeout=300)
        assert job.returncode == 0, errors
        account = told(url)
    check(tmp_path, texts)
    assert account.texts == len({*texts})
    assert account.paid - account.texts <= AT_ONCE * BATCH
    assert "sk-never" not in output + errors
    assert all(ends(each, within(30)) for each in left)


@pytest.mark.soak
@pytest.mark.parametrize("kind", ["Worker", "Limits", "driver"])
def test_whoever_is_killed_nothing_is_lost_and_no_more_paid_twice_than_was_under_way(kind, tmp_path):
    chance = random.Random(kind)  # noqa: S311
    rows, kills = 20_000, 5
    texts = write(tmp_path, rows, chance)
    different = len({*texts})
    moments = sorted(chance.sample(range(1, different), kills))
    with ledger(width=WIDTH, milliseconds=30) as url, cluster() as (address, below_which):
        job = start(tmp_path, url, 1_000, address)
        try:
            for moment in moments:
                told(url, moment)
                if kind == "driver":
                    job.kill()
                    job.communicate()
                    job = start(tmp_path, url, 1_000, address)
                else:
                    there = actors(below_which, kind)
                    os.kill(chance.choice(there), signal.SIGKILL)
            _, errors = job.communicate(timeout=600)
        finally:
            job.kill()
        account = told(url)
        assert job.returncode == 0, errors
        assert actors(below_which, "Worker") == []
    check(tmp_path, texts)
    assert account.texts == different
    assert account.paid - different <= (0 if kind == "Limits" else kills * AT_ONCE * BATCH)


@pytest.mark.soak
def test_a_budget_holds_over_all_workers(tmp_path):
    texts = write(tmp_path, 4_000, random.Random(2))  # noqa: S311
    asked = {"model": "openai:text-embedding-3-small"}
    with ledger(width=WIDTH, milliseconds=30) as url, cluster() as (address, _):
        with start(tmp_path, url, 500, address, **asked, max_cost=3e-5) as job:
            _, errors = job.communicate(timeout=300)
        assert (job.returncode, "InsufficientFundsError" in errors) == (1, True), errors
        assert 100 < told(url).paid <= 3e-5 / 0.02e-6
        with start(tmp_path, url, 500, address, **asked, max_cost=1) as job:
            _, errors = job.communicate(timeout=300)
        assert job.returncode == 0, errors
        account = told(url)
    check(tmp_path, texts)
    assert account.paid == account.texts


@pytest.mark.soak
def test_ctrl_c_keeps_what_is_under_way(tmp_path):
    texts = write(tmp_path, 4_000, random.Random(3))  # noqa: S311
    options = ["-o", "out.parquet", "-m", "openai:m", "--batch-size", str(BATCH), "--engine", "ray"]
    with ledger(width=WIDTH, milliseconds=60) as url, cluster() as (address, _):
        command = [sys.executable, "-m", "any_llm.cli", "bulk", "in.parquet", *options, "--api-base", url]
        with run(tmp_path, [*command, "--ray-address", address]) as job:
            told(url, 500)
            job.send_signal(signal.SIGINT)
            _, errors = job.communicate(timeout=60)
        assert (job.returncode, "stopped as asked" in errors) == (130, True), errors
        assert told(url).paid < len({*texts})
        with run(tmp_path, [*command, "--ray-address", address]) as job:
            _, errors = job.communicate(timeout=300)
        assert job.returncode == 0, errors
        account = told(url)
    check(tmp_path, texts)
    assert account.paid == account.texts
