"""What becomes of a job: bad rows, equal ones, changes, stops, a budget, a full disk, a second process?"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import threading

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import parquet

from any_llm import AuthenticationError, InsufficientFundsError, InvalidRequestError, embedding
from any_llm.bulk import (
    JobChangedError,
    JobError,
    JobHeldError,
    JobStoppedError,
    JobStorageError,
    aembed_file,
    embed_file,
)
from any_llm.bulk.lock import held
from loopback import Answer
from numbered import KEY, vectors

SHARD = 10


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def lines(tmp_path, *texts):
    (tmp_path / "in.jsonl").write_text(
        "".join(json.dumps({"text": text, "place": n}) + "\n" for n, text in enumerate(texts))
    )


def job(url, **options):
    """Run the job of these stories."""
    settings = {"model": "openai:m", "api_key": KEY, "api_base": url, "batch_size": 2, "shard_rows": SHARD}
    return embed_file("in.jsonl", "out.parquet", **{**settings, "client_args": {"max_concurrency": 2}, **options})


def rows():
    """The first number of each row's vector, or what is said instead."""
    made = pl.read_parquet("out.parquet").to_dicts()  # before 26, pyarrow reads no nulls among lists of one size
    assert [row["place"] for row in made] == list(range(len(made)))
    return [row["embedding_error"] or row["embedding"][0] for row in made]


def sent(server):
    return [text for request in server.requests for text in request.json["input"]]


def numbered(count):
    return [str(number) for number in range(count)]


def refusing(*bad, answer=None):
    """Refuse a request that holds one of these."""
    refusal = answer or Answer(400, json={"error": {"message": "no"}})
    return lambda request: refusal if {*bad} & {*request.json["input"]} else vectors(request)


def turning(mended, answer):
    """Answer so until all is mended."""
    return lambda request: vectors(request) if mended.is_set() else answer(request)


def test_every_row_has_its_vector_and_what_it_had(loopback, tmp_path):
    lines(tmp_path, *numbered(25))
    server = loopback(vectors)
    report = job(server.url)
    assert rows() == list(range(25))
    assert (report.rows, report.failed, report.texts, report.requests) == (25, 0, 25, len(server.requests))
    assert sorted(sent(server), key=int) == numbered(25)
    assert sorted(path.name for path in (tmp_path / "out.parquet.job").iterdir()) == ["lock", "manifest.json"]


def test_the_same_call_does_nothing_twice(loopback, tmp_path):
    lines(tmp_path, *numbered(25))
    server = loopback(vectors)
    first = job(server.url)
    count = len(server.requests)
    again = job(server.url)
    assert len(server.requests) == count
    assert (again.texts, again.tokens, again.rows) == (0, first.tokens, 25)


def test_equal_texts_are_sent_once_in_all_the_job(loopback, tmp_path):
    texts = [*numbered(4), *numbered(4), *numbered(15), *numbered(15)]
    lines(tmp_path, *texts)
    server = loopback(vectors)
    job(server.url)
    assert rows() == [float(text) for text in texts]
    assert sorted(sent(server), key=int) == numbered(15)


def test_a_bad_row_gets_its_own_error_and_the_same_call_tries_it_again(loopback, tmp_path):
    texts = numbered(25)
    texts[3], texts[17], texts[18] = "7", None, "9"
    lines(tmp_path, *texts)
    mended = threading.Event()
    server = loopback(turning(mended, refusing("7", "20")))
    report = job(server.url)
    assert (report.failed, report.without_text) == (3, 1)
    found = rows()
    assert [place for place, each in enumerate(found) if isinstance(each, str)] == [3, 7, 17, 20]
    assert found[3] == found[7]
    assert found[20].startswith("InvalidRequestError: ")
    assert found[17] == "there is no text in text"
    mended.set()
    server.requests.clear()
    report = job(server.url)
    assert sorted(sent(server)) == ["20", "7"]
    assert (report.failed, report.texts) == (0, 2)
    assert [each for each in rows() if isinstance(each, str)] == [found[17]]


def test_on_stop_the_first_bad_row_ends_the_job_and_says_which(loopback, tmp_path):
    lines(tmp_path, *numbered(25))
    with pytest.raises(InvalidRequestError) as caught:
        job(loopback(refusing("17")).url, on_error="stop")
    assert caught.value.index == 17
    assert caught.value.__notes__ == ["That is row 18 of the input."]
    assert not (tmp_path / "out.parquet").exists()


def test_what_was_paid_for_before_an_error_is_not_paid_for_again(loopback, tmp_path):
    lines(tmp_path, *numbered(25))
    mended = threading.Event()
    server = loopback(turning(mended, refusing("15", answer=Answer(401))))
    with pytest.raises(AuthenticationError):
        job(server.url, client_args={"max_concurrency": 1})
    paid = [text for text in sent(server) if text not in {"14", "15"}]
    mended.set()
    server.requests.clear()
    job(server.url)
    assert rows() == list(range(25))
    assert {*sent(server)} == {*numbered(25)} - {*paid}


def shorter(part):
    """Take some rows out of a part, whole otherwise."""
    with pa.OSFile(str(part)) as file, pa.ipc.open_stream(file) as whole:
        table = whole.read_all()
    with pa.OSFile(str(part), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table[:7])


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (shorter, "it holds 7 rows of 10"),
        (lambda part: os.truncate(part, part.stat().st_size - 100), "Expected"),
        (lambda part: part.unlink(), "No such file"),
    ],
)
def test_a_part_that_the_disk_has_not_kept_is_no_output(damage, words, loopback, tmp_path):
    lines(tmp_path, *numbered(15))
    mended = threading.Event()
    server = loopback(turning(mended, refusing("14", answer=Answer(401))))
    with pytest.raises(AuthenticationError):
        job(server.url)
    mended.set()
    damage(tmp_path / "out.parquet.job" / "000000.part")
    with pytest.raises(JobError, match=f"000000.part .*{words}.*--restart"):
        job(server.url)
    assert not (tmp_path / "out.parquet").exists()
    job(server.url, restart=True)
    assert rows() == list(range(15))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"model": "openai:n"}, "model .was m, is n"),
        ({"dimensions": 2}, "dimensions"),
        ({"vector_type": "list"}, "vector_type .was fixed, is list"),
    ],
)
def test_another_model_or_option_is_another_job(change, words, loopback, tmp_path):
    lines(tmp_path, *numbered(5))
    server = loopback(vectors)
    job(server.url)
    with pytest.raises(JobChangedError, match=words):
        job(server.url, **change)
    job(server.url, **change, restart=True)
    assert rows() == list(range(5))


def test_another_input_is_another_job(loopback, tmp_path):
    lines(tmp_path, *numbered(5))
    server = loopback(vectors)
    job(server.url)
    lines(tmp_path, *numbered(6))
    with pytest.raises(JobChangedError, match=r"the input \(in.jsonl\)"):
        job(server.url)
    job(server.url, restart=True)
    assert rows() == list(range(6))


def test_a_file_that_no_job_has_made_is_not_replaced(loopback, tmp_path):
    lines(tmp_path, *numbered(5))
    (tmp_path / "out.parquet").write_text("mine")
    server = loopback(vectors)
    with pytest.raises(JobError, match="no job of ours"):
        job(server.url)
    assert server.requests == []


def test_a_second_process_is_told_and_sends_nothing(loopback, tmp_path):
    lines(tmp_path, *numbered(5))
    (tmp_path / "out.parquet.job").mkdir()
    server = loopback(vectors)
    with held(tmp_path / "out.parquet.job" / "lock"), pytest.raises(JobHeldError):
        job(server.url)
    assert server.requests == []


def test_a_job_that_is_asked_to_stop_keeps_what_was_under_way(loopback, tmp_path):
    lines(tmp_path, *numbered(25))
    server = loopback(vectors)
    seen = []
    with pytest.raises(JobStoppedError):
        job(server.url, stopped=lambda: len(seen) >= 3, on_progress=seen.append)
    assert 6 <= len(sent(server)) < 20
    job(server.url)
    assert sorted(sent(server), key=int) == numbered(25)
    assert rows() == list(range(25))


def test_a_deadline_stops_the_job_as_one_asks_it_to(loopback, tmp_path):
    lines(tmp_path, *numbered(25))
    server = loopback(vectors)
    with pytest.raises(JobStoppedError):
        job(server.url, deadline=0)
    assert server.requests == []
    job(server.url, deadline=1e9)
    assert rows() == list(range(25))


async def test_a_task_that_is_cancelled_keeps_what_was_under_way(loopback, tmp_path):
    lines(tmp_path, *numbered(25))
    server = loopback(vectors)
    loop, begun = asyncio.get_running_loop(), asyncio.Event()
    options = {"model": "openai:m", "api_key": KEY, "api_base": server.url, "batch_size": 1, "shard_rows": SHARD}
    tell = lambda _: loop.call_soon_threadsafe(begun.set)  # noqa: E731
    task = asyncio.create_task(aembed_file("in.jsonl", "out.parquet", on_progress=tell, **options))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    report = await aembed_file("in.jsonl", "out.parquet", **options)
    assert sorted(sent(server), key=int) == numbered(25)
    assert report.rows == 25


def test_a_flipped_bit_is_named_and_what_stood_there_is_sent_again(loopback, tmp_path):
    lines(tmp_path, *numbered(9))
    mended = threading.Event()
    server = loopback(turning(mended, refusing("8", answer=Answer(401))))
    with pytest.raises(AuthenticationError):
        job(server.url, batch_size=1, client_args={"max_concurrency": 1})
    path = tmp_path / "out.parquet.job" / "000000.journal"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)
    mended.set()
    server.requests.clear()
    report = job(server.url, batch_size=1)
    assert rows() == list(range(9))
    assert len(sent(server)) == 2
    (damaged,) = report.damaged
    assert damaged.startswith("out.parquet.job/000000.journal: bytes ")


def test_a_full_disk_stops_the_sending_and_loses_nothing(loopback, tmp_path):
    lines(tmp_path, *numbered(400))
    server = loopback(vectors)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, before[1]))
    try:
        with pytest.raises(JobStorageError, match="cannot grow"):
            job(server.url, shard_rows=400, dimensions=2)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    paid = len(sent(server))
    assert 4 < paid < 400
    job(server.url, shard_rows=400, dimensions=2)
    assert sorted(sent(server), key=int) == numbered(400)
    assert rows() == list(range(400))


@pytest.mark.parametrize(("texts", "cannot"), [(numbered(800), "out.jsonl"), (numbered(400) * 2, "echoes.sqlite")])
def test_a_disk_that_is_full_by_then_loses_nothing_either(texts, cannot, loopback, tmp_path):
    lines(tmp_path, *texts)
    server = loopback(vectors)
    options = {
        "model": "openai:m", "api_key": KEY, "api_base": server.url, "client_args": {"max_concurrency": 1},
        "dimensions": 2, "shard_rows": 400, "batch_size": 10,
    }  # fmt: skip
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (25_000, before[1]))
    try:
        with pytest.raises(JobStorageError, match=f"{cannot} cannot grow"):
            embed_file("in.jsonl", "out.jsonl", **options)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not (tmp_path / "out.jsonl").exists()
    embed_file("in.jsonl", "out.jsonl", **options)
    made = [json.loads(line)["embedding"][0] for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert made == [float(text) for text in texts]
    assert sorted(sent(server), key=int) == sorted({*texts}, key=int)


PRICED = {"model": "openai:text-embedding-3-small"}


def costly(request):
    """A million tokens a request: 0.02 USD."""
    data = [{"embedding": [float(text), 1.0], "index": index} for index, text in enumerate(request.json["input"])]
    usage = {"prompt_tokens": 1_000_000, "total_tokens": 1_000_000}
    return Answer(json={"data": data, "model": "text-embedding-3-small", "usage": usage})


def test_a_budget_holds_over_all_runs(loopback, tmp_path):
    lines(tmp_path, *numbered(25))
    server = loopback(costly)
    for _ in range(2):
        with pytest.raises((InsufficientFundsError, JobError)):
            job(server.url, **PRICED, max_cost=0.05, client_args={"max_concurrency": 1})
        assert len(server.requests) <= 3
    report = job(server.url, **PRICED, max_cost=5)
    assert rows() == list(range(25))
    assert report.usd == pytest.approx(0.02 * len(server.requests))
    assert sorted(sent(server), key=int) == numbered(25)


def test_what_has_no_known_price_is_not_begun_under_a_budget(loopback, tmp_path):
    lines(tmp_path, *numbered(5))
    server = loopback(vectors)
    with pytest.raises(InvalidRequestError, match="no price"):
        job(server.url, max_cost=1)
    assert server.requests == []


def test_vectors_are_those_of_a_call(tmp_path):
    lines(tmp_path, "a", "b", "a", "c")
    embed_file("in.jsonl", "out.parquet", model="fake:m", dimensions=16)
    made = np.stack(parquet.read_table("out.parquet")["embedding"].combine_chunks().to_numpy(zero_copy_only=False))
    assert np.array_equal(made, embedding("fake:m", ["a", "b", "a", "c"], dimensions=16).to_numpy())
