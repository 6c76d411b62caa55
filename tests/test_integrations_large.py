"""Ray, Spark and MTEB in earnest: slow to start, or with torch."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.soak, pytest.mark.filterwarnings("default")]  # theirs, by the dozen
TEXTS = ["First", None, "Third"]


def right():
    from any_llm import embedding

    first, third = embedding("fake:any", ["First", "Third"], dimensions=4).to_numpy().tolist()
    return [first, None, third]


def test_ray():
    import pyarrow as pa
    import ray

    from any_llm.integrations.ray import Embed

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        made = ray.data.from_arrow(pa.table({"text": TEXTS})).map_batches(
            Embed,
            fn_constructor_args=("text", "fake:any"),
            fn_constructor_kwargs={"dimensions": 4},
            batch_format="pyarrow",
            compute=ray.data.ActorPoolStrategy(size=1),
        )
        rows = made.take_all()
    finally:
        ray.shutdown()
    assert [None if row["embedding"] is None else list(row["embedding"]) for row in rows] == right()


def test_spark(monkeypatch):
    import sys

    from pyspark.sql import SparkSession

    from any_llm.integrations.spark import embed_udf

    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    session = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    try:
        frame = session.createDataFrame([(text,) for text in TEXTS], "text string")
        made = frame.mapInArrow(embed_udf("text", "fake:any", dimensions=4), "text string, embedding array<float>")
        assert [row.embedding for row in made.collect()] == right()
    finally:
        session.stop()


def test_mteb():
    import mteb
    from mteb.mocks.mock_tasks import MockRetrievalTask, MockSTSTask

    from any_llm.integrations.mteb import AnyLLMEncoder

    encoder = AnyLLMEncoder("local:all-MiniLM-L6-v2")
    scores = [mteb.evaluate(encoder, [task()], cache=None)[0].get_score() for task in (MockRetrievalTask, MockSTSTask)]
    assert min(scores) > 0.5
    assert encoder.mteb_model_meta.name == "local/all-MiniLM-L6-v2"
