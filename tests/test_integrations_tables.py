"""Through each table tool: the right vector of a server that is not, or our error; nulls stay null."""

from __future__ import annotations

import math
import sqlite3

import daft
import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import any_llm.integrations.pandas
import any_llm.integrations.polars  # noqa: F401  # to import it is all
import unruly
from any_llm import ContextLengthExceededError, InvalidRequestError, InvalidResponseError, UnsupportedParameterError
from any_llm.integrations import daft as in_daft
from any_llm.integrations import duckdb as in_duckdb
from any_llm.integrations import ray as in_ray
from any_llm.integrations import spark as in_spark
from any_llm.integrations import sqlite as in_sqlite
from numbered import KEY

MODEL = "openai:text-embedding-3-small"
TEXTS = ["3", None, "1", "2"]
RIGHT = [[3.0, 1.0], None, [1.0, 1.0], [2.0, 1.0]]


def in_pandas(texts, **options):
    return list(pd.DataFrame({"text": texts}).any_llm.embed("text", **options))


def in_polars(texts, **options):
    return pl.DataFrame({"text": texts}).any_llm.embed("text", **options).to_list()


def in_an_expression(texts, **options):
    return (
        pl.DataFrame({"text": texts}).lazy().select(pl.col("text").any_llm.embed(**options)).collect()["text"].to_list()
    )


def in_sql(con, registered, texts):
    con.execute("CREATE TABLE texts (text VARCHAR)")
    con.executemany("INSERT INTO texts VALUES (?)", [[text] for text in texts])
    with registered:
        return [vector for (vector,) in con.execute(f"SELECT embed(text, '{MODEL}') FROM texts").fetchall()]


def duckdb_sql(texts, model, **options):
    con = duckdb.connect()
    return in_sql(con, in_duckdb.register(con, **options), texts)


def sqlite_sql(texts, model, **options):
    con = sqlite3.connect(":memory:")
    try:
        found = in_sql(con, in_sqlite.register(con, **options), texts)
    finally:
        con.close()
    return [None if blob is None else np.frombuffer(blob, dtype="<f4") for blob in found]


def in_ray_data(texts, **options):
    return in_ray.Embed("text", **options)(pa.table({"text": texts}))["embedding"].to_pylist()


def in_spark_arrow(texts, **options):
    batch = pa.record_batch({"text": texts})
    return [vector for made in in_spark.embed_udf("text", **options)(iter([batch])) for vector in made[1].to_pylist()]


def in_daft_frames(texts, **options):
    frame = daft.from_pydict({"text": texts})
    return frame.select(in_daft.Embed(**options)(frame["text"])).to_pydict().popitem()[1]


TOOLS = {
    "pandas": in_pandas,
    "polars": in_polars,
    "polars expression": in_an_expression,
    "duckdb": duckdb_sql,
    "sqlite": sqlite_sql,
    "ray": in_ray_data,
    "spark": in_spark_arrow,
    "daft": in_daft_frames,
}
each_tool = pytest.mark.parametrize("tool", TOOLS)


def given(url):
    return {"model": MODEL, "api_key": KEY, "api_base": url, "client_args": {"max_retries": 0}}


@each_tool
@pytest.mark.parametrize("answer", [unruly.shuffled, unruly.capped], ids=["shuffled", "capped"])
def test_each_text_gets_its_vector_and_null_stays_null(tool, answer, loopback):
    vectors = TOOLS[tool](TEXTS, **given(loopback(answer).url))
    assert [None if vector is None else list(vector) for vector in vectors] == RIGHT


@each_tool
@pytest.mark.parametrize("answer", [unruly.short, unruly.nan], ids=["short", "NaN"])
def test_what_cannot_be_right_is_our_error(tool, answer, loopback):
    with pytest.raises(InvalidResponseError) as caught:
        TOOLS[tool](TEXTS, **given(loopback(answer).url))
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("tool", ["pandas", "polars", "duckdb", "ray", "spark"])
def test_an_error_names_the_row_nulls_and_all(tool, loopback):
    with pytest.raises(InvalidResponseError) as caught:
        TOOLS[tool](TEXTS, **given(loopback(unruly.nan).url))
    assert caught.value.index == 3


@pytest.mark.parametrize("tool", ["pandas", "polars"])
def test_collected_errors_are_nulls_and_a_warning(tool):
    texts = ["short", None, "long " * 2000]
    with pytest.warns(UserWarning, match="1 of 3 rows became null: row 2 of this batch for ContextLength"):
        vectors = TOOLS[tool](texts, model="local:all-MiniLM-L6-v2", on_error="collect")
    assert [vector is None for vector in vectors] == [False, True, True]
    with pytest.raises(ContextLengthExceededError):
        TOOLS[tool](texts, model="local:all-MiniLM-L6-v2")


def test_an_index_of_pandas_stays():
    frame = pd.DataFrame({"text": ["a", None, "b"]}, index=[3, 3, 5])
    vectors = frame["text"].any_llm.embed("fake:any", dimensions=2)
    assert list(vectors.index) == [3, 3, 5]
    assert np.stack(vectors.dropna()).shape == (2, 2)


@pytest.mark.parametrize(
    ("options", "kind"), [({}, pl.List(pl.Float32)), ({"dimensions": 2}, pl.Array(pl.Float32, 2))], ids=str
)
@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
def test_polars_knows_the_type_before(options, kind, engine):
    frame = pl.LazyFrame({"text": ["a", None]}).select(pl.col("text").any_llm.embed("fake:any", **options))
    assert frame.collect_schema()["text"] == kind
    assert frame.collect(engine=engine).schema["text"] == kind


def test_polars_refuses_arguments_at_once():
    with pytest.raises(UnsupportedParameterError):
        pl.col("text").any_llm.embed(MODEL, api_key=KEY, input_type="clustering")


def test_duckdb_asks_a_chunk_at_a_time_and_for_one_model(loopback):
    server = loopback(unruly.shuffled)
    con = duckdb.connect()
    with in_duckdb.register(con, api_key=KEY, api_base=server.url):
        con.sql("CREATE TABLE t AS SELECT CAST(i AS VARCHAR) AS text FROM range(3000) r(i)")
        rows = con.sql(f"SELECT text, embed(text, '{MODEL}')[1] FROM t").fetchall()
    assert all(float(text) == number for text, number in rows)
    assert len(server.requests) < 30
    assert con.sql("SELECT embed('a', NULL)").fetchall() == [(None,)]
    with pytest.raises(InvalidRequestError, match="one model for all rows"), in_duckdb.register(con, "other"):
        con.sql("SELECT other(text, text) FROM t").fetchall()


def test_sqlite_makes_them_together_where_there_is_a_cache(loopback, tmp_path):
    server = loopback(unruly.shuffled)
    con = sqlite3.connect(":memory:")
    cache = {"cache": str(tmp_path / "vectors.sqlite3")}
    registered = in_sqlite.register(con, api_key=KEY, api_base=server.url, client_args=cache)
    con.execute("CREATE TABLE t (text, vector)")
    con.executemany("INSERT INTO t VALUES (?, NULL)", [[str(number)] for number in range(300)])
    with registered:
        assert con.execute(f"SELECT embed_ahead(text, '{MODEL}') FROM t").fetchall() == [(300,)]
        asked = len(server.requests)
        con.execute(f"UPDATE t SET vector = embed(text, '{MODEL}')")
    assert len(server.requests) == asked < 30
    assert all(np.frombuffer(blob, "<f4")[0] == float(text) for text, blob in con.execute("SELECT * FROM t"))
    con.close()


def test_ray_says_which_batches_it_takes():
    with pytest.raises(TypeError, match='batch_format="pyarrow"'):
        in_ray.Embed("text", "fake:any")({"text": np.array(["a"])})


def test_the_type_of_an_arrow_column_is_one_whatever_is_null():
    for texts in (["a"], [None], []):
        table = pa.table({"text": pa.array(texts, pa.string())})
        assert in_ray.Embed("text", "fake:any")(table)["embedding"].type == pa.list_(pa.float32())
        fixed = in_ray.Embed("text", "fake:any", dimensions=2)(table)["embedding"].type
        assert fixed == pa.list_(pa.float32(), 2)
    assert math.isclose(np.linalg.norm(in_pandas(["a"], model="fake:any")[0]), 1, rel_tol=1e-6)
