"""Do pyarrow, polars and duckdb read what a job has made of a real corpus: the standard library's documentation?"""

from __future__ import annotations

import ast
import sysconfig
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import parquet

from any_llm import embedding
from any_llm.bulk import embed_file

MODEL = "local:all-MiniLM-L6-v2"
PLACES = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def docstrings():
    """Each docstring of the standard library, each of its paragraphs if there are several, and where it stands."""
    for path in sorted(Path(sysconfig.get_path("stdlib")).rglob("*.py")):
        if {"site-packages", "test", "tests", "idlelib", "lib2to3"} & {*path.parts}:
            continue
        tree = ast.parse(path.read_bytes())
        for node in ast.walk(tree):
            if isinstance(node, PLACES) and (text := ast.get_docstring(node)):
                name = f"{path.stem}.{getattr(node, 'name', '')}"
                parts = [each.strip() for each in text.split("\n\n") if each.strip()]
                yield from ((name, each) for each in ([text, *parts] if len(parts) > 1 else parts))


def every(count):
    """So many of them, from all over; None: all."""
    found = list(docstrings())
    return found if count is None else found[:: len(found) // count]


@pytest.mark.parametrize("count", [200, pytest.param(None, marks=pytest.mark.soak)])
def test_a_corpus_is_read_back_alike(count, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    corpus = every(count)
    assert count is not None or len(corpus) >= 20_000
    parquet.write_table(
        pa.table({"name": [name for name, _ in corpus], "text": [text for _, text in corpus]}), "in.parquet"
    )
    report = embed_file("in.parquet", "out.parquet", model=MODEL, overflow="truncate")
    assert (report.rows, report.failed) == (len(corpus), 0)

    read = parquet.read_table("out.parquet")
    vectors = np.stack(read["embedding"].combine_chunks().to_numpy(zero_copy_only=False))
    assert read["text"].to_pylist() == texts
    some = list(range(0, len(corpus), max(1, len(corpus) // 40)))
    again = embedding(MODEL, [texts[place] for place in some], overflow="truncate").to_numpy()
    assert (vectors[some] * again).sum(1).min() > 0.995  # a text's neighbours in a batch move its last digits

    frame = pl.read_parquet("out.parquet")
    assert frame.schema["embedding"] == pl.Array(pl.Float32, vectors.shape[1])
    assert np.array_equal(frame["embedding"].to_numpy(), vectors)

    query = (
        "select name, text, array_cosine_similarity(embedding, (select embedding from t limit 1)) as likeness from t"
    )
    with duckdb.connect() as base:
        base.execute("create view t as select * from 'out.parquet'")
        best = base.sql(f"select name, {likeness} from t order by likeness desc limit 1").fetchone()
        numbers = base.sql("select embedding from t").fetchnumpy()["embedding"]
    assert best[0] == names[0]
    assert best[1] == pytest.approx(1)
    assert np.array_equal(np.stack(list(numbers)), vectors)
