"""What does an estimate say of a job, and does it say what it does not know?"""

from __future__ import annotations

import json

import pytest

from any_llm.bulk import embed_file, estimate_file
from any_llm.bulk.shards import SHARD_ROWS
from cli_command import omniembed
from loopback import Answer

OPENAI = {"model": "openai:text-embedding-3-small"}
"""Reads 8,192 tokens of a text, takes 128 texts a request of ours, costs 0.02 USD a million tokens."""
UNKNOWN = {"model": "openai:unheard-of"}
FREE = {"model": "local:all-MiniLM-L6-v2"}


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write(tmp_path, texts):
    (tmp_path / "in.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))


@pytest.mark.parametrize(
    ("texts", "options", "told"),
    [
        (["a", None, "b"], OPENAI, {"rows": 3, "texts": 2, "without_text": 1, "duplicates": 0}),
        (["a", "b", "a", "a"], OPENAI, {"texts": 2, "duplicates": 2}),
        (["", " ", "\n", "a", " "], OPENAI, {"blank": 4, "texts": 4}),
        (["x" * 32_768, "y" * 32_769, "y" * 32_769], OPENAI, {"too_long": 2}),
        (["x" * 99_999], UNKNOWN, {"too_long": None}),
        (["four", "four", "eight678", "é"], OPENAI, {"tokens": 4, "tokens_at_most": 7}),
        (["four"] * (SHARD_ROWS + 5), OPENAI, {"texts": 1, "tokens": 1, "duplicates": SHARD_ROWS + 4}),
        (["x" * 40_000, *["four"] * SHARD_ROWS, "x" * 40_000], OPENAI, {"tokens": 10_001, "too_long": 2}),
        ([str(n) for n in range(300)], OPENAI, {"requests": 3}),
        ([str(n) for n in range(300)], {**OPENAI, "batch_size": 30}, {"requests": 10}),
        ([f"{n:0>20000}" for n in range(100)], OPENAI, {"requests": 2}),  # 500,000 tokens, of 300,000 a request
        (["four" * 25] * 2 + ["eight678"], OPENAI, {"usd": 27 * 0.02e-6, "usd_at_most": 54 * 0.02e-6}),
        (["a"], UNKNOWN, {"usd": None, "usd_at_most": None, "seconds": None}),
        (["a"], FREE, {"usd": 0.0, "usd_at_most": 0.0}),
        (["a"], {**OPENAI, "client_args": {"rpm": 2}}, {"seconds": 30.0}),
        (["x" * 4000], {**OPENAI, "client_args": {"rpm": 2, "tpm": 100}}, {"seconds": 600.0}),
    ],
)
def test_an_estimate_counts(texts, options, told, tmp_path):
    write(tmp_path, texts)
    found = estimate_file("in.jsonl", **options)
    assert [getattr(found, name) for name in told] == [pytest.approx(each) for each in told.values()]
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


def test_it_sends_nothing_needs_no_key_and_is_near_what_the_job_then_does(loopback, tmp_path):
    write(tmp_path, [str(number % 40) for number in range(100)])
    found = estimate_file("in.jsonl", **OPENAI, batch_size=10)

    def answer(request):
        data = [{"embedding": [float(text), 1.0], "index": at} for at, text in enumerate(request.json["input"])]
        return Answer(json={"data": data, "model": "m", "usage": {"prompt_tokens": 1, "total_tokens": 1}})

    server = loopback(answer)
    made = embed_file("in.jsonl", "out.parquet", **OPENAI, batch_size=10, api_key="sk", api_base=server.url)
    assert (found.rows, found.texts, found.requests) == (made.rows, made.texts, len(server.requests))


def test_a_person_reads_what_is_not_known_and_a_program_reads_null(tmp_path):
    rows = b"a\na\n\n"
    person = omniembed("bulk", "-", "--estimate", "-m", UNKNOWN["model"], stdin=rows)
    assert person.stdout.decode().splitlines() == [
        "rows             3",
        "different texts  2",
        "duplicates       1",
        "without text     0",
        "blank            1",
        "too long         unknown",
        "tokens           about 1, at most 1",
        "requests         about 1",
        "cost             USD unknown",
        "time             unknown: give --rpm or --tpm",
    ]
    program = json.loads(omniembed("bulk", "-", "--estimate", "--json", "-m", UNKNOWN["model"], stdin=rows).stdout)
    assert (program["rows"], program["usd"], program["seconds"], program["too_long"]) == (3, None, None, None)
