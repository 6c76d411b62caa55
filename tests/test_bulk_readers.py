"""Do pyarrow, polars and duckdb read what README's command makes of the standard library's documentation?"""

from __future__ import annotations

import ast
import json
import re
import shlex
import sysconfig
import warnings
from contextlib import suppress
from itertools import islice
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import parquet

from any_llm import embedding
from cli_command import omniembed

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
COMMAND = shlex.split(re.findall(r"^    omniembed (bulk .*)$", README, re.MULTILINE)[0])
MODEL = "local:all-MiniLM-L6-v2"
PLACES = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def trees():
    """Each module of the standard library, but for those that are wrong on purpose."""
    for path in sorted(Path(sysconfig.get_path("stdlib")).rglob("*.py")):
        if "site-packages" not in path.parts:
            with suppress(SyntaxError, ValueError), warnings.catch_warnings(action="ignore"):
                yield path.stem, ast.parse(path.read_bytes())


def docstrings():
    """Each docstring of the standard library, each of its paragraphs if there are several, and where it stands."""
    for module, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, PLACES) and (text := ast.get_docstring(node)):
                name = f"{module}.{getattr(node, 'name', '')}"
                parts = [each.strip() for each in text.split("\n\n") if each.strip()]
                yield from ((name, each) for each in ([text, *parts] if len(parts) > 1 else parts))


QUERY = """
    select name, list_cosine_similarity(embedding, (select embedding from t limit 1)) as likeness
    from t order by likeness desc limit 1
"""


@pytest.mark.parametrize("count", [200, pytest.param(None, marks=pytest.mark.soak)])
def test_a_corpus_is_read_back_alike(count, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    corpus = list(islice(docstrings(), count))
    assert count is not None or len(corpus) >= 20_000
    names, texts = ([row[place] for row in corpus] for place in (0, 1))
    parquet.write_table(pa.table({"name": names, "text": texts}), "corpus.parquet")
    ran = omniembed(*COMMAND, "--json")
    assert ran.code == 0, ran.stderr
    report = json.loads(ran.stdout)
    assert (report["rows"], report["failed"]) == (len(corpus), 0)

    read = parquet.read_table("vectors.parquet")
    vectors = np.stack(read["embedding"].combine_chunks().to_numpy(zero_copy_only=False))
    assert read["text"].to_pylist() == texts
    some = list(range(0, len(corpus), max(1, len(corpus) // 40)))
    again = embedding(MODEL, [texts[place] for place in some], overflow="truncate").to_numpy()
    assert (vectors[some] * again).sum(1).min() > 0.995  # a text's neighbours in a batch move its last digits

    frame = pl.read_parquet("vectors.parquet")
    assert frame.schema["embedding"] == pl.Array(pl.Float32, vectors.shape[1])
    assert np.array_equal(frame["embedding"].to_numpy(), vectors)

    with duckdb.connect() as base:
        base.execute("create view t as select * from 'vectors.parquet'")
        best = base.sql(QUERY).fetchall()[0]
        numbers = base.sql("select embedding from t").fetchnumpy()["embedding"]
    assert best[0] == names[0]
    assert best[1] == pytest.approx(1)
    assert np.array_equal(np.stack(list(numbers)), vectors)
