"""Does each extra of a framework install alone, and is what it brings all that its adapter needs?"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

EXTRAS = {
    "langchain": """
from any_llm.integrations.langchain import AnyLLMEmbeddings as Made
vector = Made("fake:m", dimensions=8).embed_query("a")
""",
    "llama-index": """
from any_llm.integrations.llama_index import AnyLLMEmbedding as Made
vector = Made(model_name="fake:m", dimensions=8).get_query_embedding("a")
""",
    "haystack": """
from any_llm.integrations.haystack import AnyLLMTextEmbedder as Made
vector = Made("fake:m", dimensions=8).run("a")["embedding"]
""",
    "chroma": """
import chromadb
from any_llm.integrations.chroma import AnyLLMEmbeddingFunction as Made
collection = chromadb.EphemeralClient().create_collection("docs", embedding_function=Made("fake:m", dimensions=8))
collection.add(ids=["a"], documents=["a"])
(vector,) = collection.get(include=["embeddings"])["embeddings"]
""",
    "lancedb": """
from lancedb.embeddings import get_registry
import any_llm.integrations.lancedb
made = get_registry().get("any_llm").create(model="fake:m", dimensions=8)
(vector,) = made.compute_query_embeddings("a")
""",
    "pandas": """
import pandas
import any_llm.integrations.pandas
(vector,) = pandas.DataFrame({"text": ["a"]}).any_llm.embed("text", model="fake:m", dimensions=8)
""",
    "polars": """
import polars
import any_llm.integrations.polars
(vector,) = polars.DataFrame({"text": ["a"]}).any_llm.embed("text", model="fake:m", dimensions=8)
""",
    "duckdb": """
import duckdb
from any_llm.integrations.duckdb import register
con = duckdb.connect()
register(con, dimensions=8)
((vector,),) = con.sql("SELECT embed('a', 'fake:m')").fetchall()
""",
    "daft": """
import daft
from any_llm.integrations.daft import Embed
frame = daft.from_pydict({"text": ["a"]})
(vector,) = frame.select(Embed("fake:m", dimensions=8)(frame["text"])).to_pydict().popitem()[1]
""",
    "ray-data": """
import pyarrow, ray.data
from any_llm.integrations.ray import Embed
(vector,) = Embed("text", "fake:m", dimensions=8)(pyarrow.table({"text": ["a"]}))["embedding"].to_pylist()
""",
    "spark": """
import pyarrow, pyspark.sql
from any_llm.integrations.spark import embed_udf
batch = pyarrow.record_batch({"text": ["a"]})
((vector,),) = (made["embedding"].to_pylist() for made in embed_udf("text", "fake:m", dimensions=8)(iter([batch])))
""",
    "mteb": """
from mteb.types import PromptType
from any_llm.integrations.mteb import AnyLLMEncoder
made = AnyLLMEncoder("fake:m", dimensions=8)
(vector,) = made.encode([{"text": ["a"]}], task_metadata=None, prompt_type=PromptType.query)
""",
}
"""A program that leaves a vector, for an environment with this package, the extra, and nothing else."""

OF_NO_FRAMEWORK = {
    *("local", "fastembed", "sentence-transformers", "model2vec", "tokens", "cli", "bulk", "ray"),
    *("aws", "gcp", "azure", "otel", "all"),
}


def test_every_framework_has_a_row():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["optional-dependencies"].keys() - OF_NO_FRAMEWORK <= EXTRAS.keys()


@pytest.mark.soak
@pytest.mark.parametrize("extra", EXTRAS)
def test_an_extra_installs_alone_and_its_adapter_runs(extra, tmp_path):
    def run(*command):
        subprocess.run(command, check=True, cwd=tmp_path, timeout=900)

    uv = (sys.executable, "-m", "uv", "--quiet")
    run(*uv, "venv", "--python", sys.executable, tmp_path / "alone")
    python = tmp_path / "alone" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    run(*uv, "pip", "install", "--python", python, f"omniembed[{extra}] @ {ROOT.as_uri()}")
    run(python, "-c", f"{EXTRAS[extra]}\nassert len(vector) == 8, vector")
