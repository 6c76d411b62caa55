"""Does a job ask for what a call asks for: kinds of number, widths, roles, a cache?"""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import parquet

from any_llm import embedding
from any_llm.bulk import embed_batches, embed_file
from loopback import Answer
from numbered import KEY, vectors

TEXTS = ["7", "100", "9"]
DTYPES = {"int8": pa.int8(), "uint8": pa.uint8(), "binary": pa.int8(), "ubinary": pa.uint8()}


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.txt").write_text("".join(f"{text}\n" for text in TEXTS))


def voyage(request):
    """The text "7" is [7, 8, 9, ...], in the kind of number asked for."""
    body = request.json
    width = body.get("output_dimension", 256) // (8 if "binary" in body["output_dtype"] else 1)
    rows = [[(int(text) + place) % 128 for place in range(width)] for text in body["input"]]
    data = [{"index": index, "embedding": row} for index, row in enumerate(rows)]
    return Answer(json={"data": data, "model": body["model"], "usage": {"total_tokens": 3}})


@pytest.mark.parametrize("dtype", DTYPES)
def test_each_kind_of_number_is_kept_as_it_came(dtype, loopback):
    options = {"model": "voyage:voyage-4", "api_key": KEY, "api_base": loopback(voyage).url, "dtype": dtype}
    right = embedding(inputs=TEXTS, dimensions=512, **options).to_numpy()
    for name in ("out.parquet", "out.jsonl", "out.npy"):
        embed_file("in.txt", name, dimensions=512, shard_rows=2, **options)
    column = parquet.read_table("out.parquet")["embedding"].combine_chunks()
    assert (column.type.value_type, column.type.list_size) == (DTYPES[dtype], right.shape[1])
    assert np.array_equal(np.stack(column.to_numpy(zero_copy_only=False)), right)
    assert np.array_equal(pl.read_parquet("out.parquet")["embedding"].to_numpy(), right)
    with open("out.jsonl", encoding="utf-8") as file:  # noqa: PTH123  # beside its name
        assert [json.loads(line)["embedding"] for line in file] == right.tolist()
    assert np.array_equal(np.load("out.npy"), right)
    (batch,) = embed_batches([pa.record_batch({"text": TEXTS})], dimensions=512, **options)
    assert batch["embedding"].to_pylist() == right.tolist()


def test_a_call_says_what_a_job_says_to_the_provider(loopback):
    server = loopback(voyage)
    options = {"model": "voyage:voyage-4", "api_key": KEY, "api_base": server.url, "dtype": "int8"}
    more = {"input_type": "document", "overflow": "truncate", "dimensions": 512, "extra_body": {"also": 1}}
    embedding(inputs=TEXTS, **options, **more)
    embed_file("in.txt", "out.parquet", **options, **more)
    one, other = server.requests
    assert one.json == other.json


def test_a_cache_serves_the_next_job(loopback, tmp_path):
    server = loopback(vectors)
    options = {"model": "openai:m", "api_key": KEY, "api_base": server.url, "client_args": {"cache": tmp_path / "v"}}
    paid = embed_file("in.txt", "out.parquet", **options)
    count = len(server.requests)
    found = embed_file("in.txt", "other.parquet", **options)
    assert len(server.requests) == count
    assert (paid.tokens, found.tokens, found.requests) == (1, 0, 0)
    tables = [parquet.read_table(name) for name in ("out.parquet", "other.parquet")]
    assert tables[0].equals(tables[1])
