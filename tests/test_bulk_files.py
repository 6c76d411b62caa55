"""Is every kind of file read and written, with all it holds?"""

from __future__ import annotations

import json
import sys

import lance
import msgspec
import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import csv, feather, parquet

from any_llm import embedding
from any_llm.bulk import JobError, embed_file
from any_llm.bulk.reading import batches
from any_llm.bulk.shards import stage, unstaged

TEXTS = ["one", "two, with a comma", "one", 'a "quote"', "two\nlines", "日本語", " "]
MODEL = {"model": "fake:m", "dimensions": 4}


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def table():
    count = len(TEXTS)
    return pa.table({"id": [f"n{n}" for n in range(count)], "text": TEXTS, "deep": [{"x": [n]} for n in range(count)]})


def json_lines(name, rows):
    with open(name, "w", encoding="utf-8") as file:  # noqa: PTH123  # beside its name
        file.writelines(json.dumps(row) + "\n" for row in rows)


def streamed(name, given=None):
    given = given or table()
    with pa.OSFile(name, "wb") as file, pa.ipc.new_stream(file, given.schema) as writer:
        writer.write_table(given)


WRITERS = {
    "in.parquet": lambda name: parquet.write_table(table(), name, row_group_size=2),
    "in.feather": lambda name: feather.write_feather(table(), name),
    "in.arrow": streamed,
    "in.jsonl": lambda name: json_lines(name, table().to_pylist()),
    "in.csv": lambda name: csv.write_csv(table().drop_columns(["deep"]), name),
    "in.tsv": lambda name: csv.write_csv(table().drop_columns(["deep"]), name, csv.WriteOptions(delimiter="\t")),
}


def vectors(column):
    return np.stack(column.combine_chunks().to_numpy(zero_copy_only=False))


def right(texts=TEXTS):
    return embedding("fake:m", texts, dimensions=4).to_numpy()


@pytest.mark.parametrize("name", WRITERS)
def test_every_kind_of_input_keeps_its_columns(name):
    WRITERS[name](name)
    embed_file(name, "out.parquet", **MODEL, shard_rows=3)
    made = parquet.read_table("out.parquet")
    assert np.array_equal(vectors(made["embedding"]), right())
    there = table() if "deep" in made.schema.names else table().drop_columns(["deep"])
    assert made.drop_columns(["embedding", "embedding_error"]).to_pylist() == there.to_pylist()


def test_lines_of_text_are_read(tmp_path):
    (tmp_path / "in.txt").write_bytes(b"\xef\xbb\xbfone\r\n\ntwo")
    embed_file("in.txt", "out.parquet", **MODEL)
    assert parquet.read_table("out.parquet")["text"].to_pylist() == ["one", "", "two"]


def test_a_folder_is_read_in_the_order_of_its_names(tmp_path):
    (tmp_path / "in" / "deeper").mkdir(parents=True)
    parquet.write_table(pa.table({"text": ["b"], "n": pa.array([1], pa.int32())}), "in/b.parquet")
    json_lines("in/a.jsonl", [{"text": "a", "more": 1.5}, {"text": None}])
    csv.write_csv(pa.table({"text": ["c"], "more": [2]}).select(["text"]), "in/deeper/c.csv")
    (tmp_path / "in" / "notes.md").write_text("not read")
    (tmp_path / "in" / ".hidden.csv").write_text("text\nnot read\n")
    embed_file("in", "out.parquet", **MODEL)
    made = pl.read_parquet("out.parquet").to_dicts()
    assert [(row["text"], row["more"], row["n"]) for row in made] == [
        ("a", 1.5, None),
        (None, None, None),
        ("b", None, 1),
        ("c", None, None),
    ]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("in.jsonl", b'{"text": "a"}\n[1]\n', "line 2 of in.jsonl is not a JSON object"),
        ("in.jsonl", b'{"text": "\\ud800"}\n', "line 1 of in.jsonl is not a JSON object"),
        ("in.jsonl", b"", "is empty"),
        ("in.txt", b"a\n\xff\n", "line 2 of in.txt is not UTF-8"),
        ("in.csv", b"a,b\n1,2\n", "there are: a, b"),
        ("in.csv", b"text,text\n1,2\n", "there are: text, text"),
        ("in.csv", b"text,b\n1\n", "cannot be read"),
        ("in.csv", b"text,embedding\n1,2\n", "has a column 'embedding' already"),
        ("in.parquet", b"none", "cannot be read"),
        ("in.jsonl", b'{"text": 1}\n', "holds int64, not text"),
        ("in.xlsx", b"", "tells no format"),
    ],
)
def test_what_cannot_be_read_is_said(name, content, words, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(JobError, match=words):
        embed_file(name, "out.parquet", **MODEL)
    assert not (tmp_path / "out.parquet").exists()


def test_there_must_be_a_file_and_a_name_that_tells_what_to_write(tmp_path):
    with pytest.raises(JobError, match=r"there is no nothing.csv"):
        embed_file("nothing.csv", "out.parquet", **MODEL)
    (tmp_path / "in.txt").write_text("a\n")
    with pytest.raises(JobError, match="tells no format"):
        embed_file("in.txt", "out.xlsx", **MODEL)
    with pytest.raises(JobError, match="there is no folder"):
        embed_file("in.txt", "nowhere/out.parquet", **MODEL)


def test_a_file_without_rows_is_a_file_without_rows(tmp_path):
    (tmp_path / "in.csv").write_text("text,id\n")
    report = embed_file("in.csv", "out.parquet", **MODEL)
    made = parquet.read_table("out.parquet")
    assert (report.rows, len(made), made.schema.names) == (0, 0, ["text", "id", "embedding", "embedding_error"])


@pytest.mark.parametrize("kind", ["fixed", "list"])
def test_parquet_says_what_its_vectors_are(kind):
    WRITERS["in.csv"]("in.csv")
    report = embed_file("in.csv", "out.parquet", **MODEL, vector_type=kind)
    schema = parquet.read_schema("out.parquet")
    assert pa.types.is_fixed_size_list(schema.field("embedding").type) is (kind == "fixed")
    assert msgspec.json.decode(schema.metadata[b"any_llm.identity"]) == report.identity
    found = parquet.ParquetFile("out.parquet").metadata.row_group(0).column(2)
    assert (found.path_in_schema, found.compression) == ("embedding.list.element", "ZSTD")
    assert "BYTE_STREAM_SPLIT" in found.encodings
    assert not found.has_dictionary_page


def test_arrow_and_json_lines_and_an_array_hold_the_same():
    WRITERS["in.jsonl"]("in.jsonl")
    for name in ("out.arrow", "out.jsonl", "out.npy"):
        embed_file("in.jsonl", name, **MODEL, id_column="id")
    assert np.array_equal(vectors(feather.read_table("out.arrow")["embedding"]), right())
    with open("out.jsonl", encoding="utf-8") as file:  # noqa: PTH123  # beside its name
        rows = [json.loads(line) for line in file]
    assert np.array_equal(np.array([row["embedding"] for row in rows], dtype="f4"), right())
    assert [row["deep"] for row in rows] == table()["deep"].to_pylist()
    assert np.array_equal(np.load("out.npy"), right())
    with open("out.ids.jsonl", encoding="utf-8") as file:  # noqa: PTH123  # the same
        assert [json.loads(line) for line in file] == table()["id"].to_pylist()


def test_lance_holds_the_same_and_replaces_what_it_held(tmp_path):
    WRITERS["in.jsonl"]("in.jsonl")
    for _ in range(2):
        report = embed_file("in.jsonl", "out.lance", **MODEL, shard_rows=3, restart=True)
    made = lance.dataset("out.lance")
    assert made.version == 1
    assert np.array_equal(vectors(made.to_table()["embedding"]), right())
    assert made.to_table()["deep"].to_pylist() == table()["deep"].to_pylist()
    assert msgspec.json.decode(made.schema.metadata[b"any_llm.identity"]) == report.identity
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "out.lance", "out.lance.job"]


def test_a_kind_that_needs_a_package_says_so_before_anything_is_sent(monkeypatch):
    WRITERS["in.jsonl"]("in.jsonl")
    monkeypatch.setitem(sys.modules, "lance", None)
    with pytest.raises(JobError, match="not installed: pip install pylance"):
        embed_file("in.jsonl", "out.lance", **MODEL)


def test_a_row_without_a_vector_is_none_in_each(tmp_path):
    json_lines("in.jsonl", [{"text": "a"}, {"text": None}])
    for name in ("out.parquet", "out.arrow", "out.jsonl", "out.npy", "out.lance"):
        embed_file("in.jsonl", name, **MODEL)
    embed_file("in.jsonl", "list.parquet", **MODEL, vector_type="list")
    (one,) = right(["a"]).tolist()
    tables = feather.read_table("out.arrow"), parquet.read_table("list.parquet"), lance.dataset("out.lance").to_table()
    for made in tables:
        assert made["embedding"].to_pylist() == [one, None]
    assert pl.read_parquet("out.parquet")["embedding"].to_list() == [one, None]
    last = json.loads((tmp_path / "out.jsonl").read_text().splitlines()[1])
    assert (last["embedding"], last["embedding_error"]) == (None, "there is no text in text")
    assert np.isnan(np.load("out.npy")).tolist() == [[False] * 4, [True] * 4]


CODES = pa.dictionary(pa.int32(), pa.string())
DEEP = pa.struct([("code", CODES), ("codes", pa.list_(CODES)), ("more", pa.large_list(CODES))])


def coded():
    """Three batches, each with dictionaries of its own."""
    schema = pa.schema([("text", CODES), ("deep", DEEP)])
    for word in ("a", "b", "c"):
        deep = {"code": word, "codes": [word, word], "more": [word]}
        yield pa.RecordBatch.from_pydict({"text": [word, word], "deep": [deep, deep]}, schema=schema)


@pytest.mark.parametrize("shard_rows", [2, 6])
@pytest.mark.parametrize(
    ("name", "read"),
    [("out.parquet", parquet.read_table), ("out.arrow", feather.read_table), ("out.lance", lance.dataset)],
)
def test_columns_with_a_dictionary_hold_the_same_whatever_each_shard_has_in_its_own(name, read, shard_rows):
    given = pa.Table.from_batches(coded())
    streamed("in.arrow", given)
    embed_file("in.arrow", name, **MODEL, shard_rows=shard_rows)
    made = read(name)
    made = made.to_table() if name == "out.lance" else made
    assert made.select(["text", "deep"]).to_pylist() == given.to_pylist()
    assert np.array_equal(vectors(made["embedding"]), right(["a", "a", "b", "b", "c", "c"]))


def test_rows_that_are_sent_to_another_process_may_have_dictionaries(tmp_path):
    given = pa.Table.from_batches(coded())
    stage(tmp_path / "rows", given)
    assert unstaged(tmp_path / "rows").equals(given)


def test_a_file_is_read_a_little_at_a_time(tmp_path):
    parquet.write_table(pa.table({"text": [str(n) for n in range(10_000)]}), "in.parquet")
    assert max(map(len, batches(tmp_path / "in.parquet"))) <= 4096
