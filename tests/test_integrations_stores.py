"""Chroma and LanceDB: is what vectors are stamped into the store, kept there without keys, and held to?"""

from __future__ import annotations

import json
from types import SimpleNamespace

import pyarrow as pa
import pytest

import unruly
from any_llm import AnyLLM, InvalidResponseError
from numbered import KEY

MODEL = "openai:text-embedding-3-small"


@pytest.fixture
def server(loopback, monkeypatch):
    """Cap and shuffle; the key is in its variable."""
    found = loopback(unruly.capped)
    monkeypatch.setenv("OPENAI_API_KEY", "key-of-this-test")
    monkeypatch.setenv("OPENAI_BASE_URL", found.url)
    return found


@pytest.fixture
def chroma(tmp_path, server):
    import chromadb
    from chromadb.utils.embedding_functions import known_embedding_functions

    from any_llm.integrations.chroma import AnyLLMEmbeddingFunction

    client = chromadb.PersistentClient(tmp_path)
    known = dict(known_embedding_functions)
    yield SimpleNamespace(client=client, function=AnyLLMEmbeddingFunction, known=known_embedding_functions)
    known_embedding_functions.clear()
    known_embedding_functions.update(known)
    client.close()


def identity(**options):
    return AnyLLM.create("openai", KEY).identity("text-embedding-3-small", input_type="document", **options)


def test_a_collection_keeps_config_and_identity_and_no_key(chroma):
    headers = {"default_headers": {"x-token": KEY}}
    given = {"api_key": KEY, "client_args": headers, "extra_headers": {"x-more": KEY}}
    chroma.client.create_collection("docs", embedding_function=chroma.function(MODEL, dimensions=2, **given))
    kept = chroma.client.get_collection("docs").configuration_json["embedding_function"]
    assert kept["name"] == f"any_llm:text-embedding-3-small:{identity(dimensions=2).fingerprint}"
    assert kept["config"] == {"model": MODEL, "dimensions": 2, "identity": identity(dimensions=2).as_dict()}


OTHERS = [
    {"model": "openai:text-embedding-3-large"},
    {"dimensions": 512},
    {"normalize": True},
    {"api_base": "http://127.0.0.1:9"},
]


@pytest.mark.parametrize("other", OTHERS, ids="".join)
def test_chroma_refuses_another_identity_by_itself(chroma, other, server):
    function = chroma.function(MODEL)
    collection = chroma.client.create_collection("docs", embedding_function=function)
    with pytest.raises(ValueError, match=f"conflict: new: any_llm.* vs persisted: {function.name()}"):
        chroma.client.get_collection("docs", embedding_function=chroma.function(**{"model": MODEL, **other}))
    with pytest.raises(ValueError, match="incompatible types"):
        collection.modify(configuration={"embedding_function": chroma.function(**{"model": MODEL, **other})})
    assert server.requests == []


def test_the_same_identity_is_let_in_whatever_else_differs(chroma):
    chroma.client.create_collection("docs", embedding_function=chroma.function(MODEL))
    same = chroma.function("text-embedding-3-small", provider="openai", batch_size=7, client_args={"timeout": 9})
    collection = chroma.client.get_collection("docs", embedding_function=same)
    collection.add(ids=["a", "b", "c"], documents=["3", "1", "2"])
    assert collection.query(query_texts=["1"], n_results=1)["ids"] == [["b"]]


def test_a_function_is_built_of_what_the_collection_keeps(chroma):
    function = chroma.function(MODEL, dimensions=2)
    chroma.client.create_collection("docs", embedding_function=function).add(ids=["a"], documents=["3"])
    del chroma.known[function.name()]  # as in another process
    collection = chroma.client.get_collection("docs")
    again = chroma.function.build_from_config(collection.configuration_json["embedding_function"]["config"])
    assert (again.name(), again.get_config()) == (function.name(), function.get_config())
    assert collection.query(query_texts=["3"], n_results=1)["ids"] == [["a"]]


@pytest.fixture
def lance(tmp_path, server):
    import lancedb
    from lancedb.embeddings import EmbeddingFunctionConfig, get_registry

    import any_llm.integrations.lancedb

    assert any_llm.integrations.lancedb

    def table(name, **given):
        function = get_registry().get("any_llm").create(**{"model": MODEL, **given})
        config = EmbeddingFunctionConfig(source_column="text", vector_column="vector", function=function)
        columns = pa.schema({"text": pa.string(), "vector": pa.list_(pa.float32(), function.ndims())})
        return db.create_table(name, schema=columns, embedding_functions=[config])

    db = lancedb.connect(tmp_path)
    return SimpleNamespace(db=db, table=table, connect=lambda: lancedb.connect_async(tmp_path))


def rows(texts):
    return [{"text": text} for text in texts]


def test_a_table_keeps_arguments_and_identity_and_no_key(lance):
    from lancedb.embeddings import get_registry

    get_registry().set_var("key", KEY)
    given = {"client_args": {"default_headers": {"x-token": KEY}}, "extra_headers": {"x-more": KEY}}
    table = lance.table("docs", dimensions=2, api_key="$var:key", **given)
    (kept,) = json.loads(table.schema.metadata[b"embedding_functions"])
    stamp = {"identity": identity(dimensions=2).as_dict(), "width": 2}
    assert kept["model"] == {"model": MODEL, "dimensions": 2, "api_key": "$var:key", **stamp}
    assert KEY not in f"{table.embedding_functions}"
    with pytest.raises(ValueError, match="Sensitive key 'api_key' cannot be set to a hardcoded value"):
        lance.table("other", api_key=KEY)


def test_a_table_embeds_what_it_is_given_and_leaves_null_rows_null(lance):
    lance.table("docs").add(rows(["3", "1", None, "2"]), on_bad_vectors="null")
    table = lance.db.open_table("docs")
    assert table.to_arrow()["vector"].to_pylist() == [[3.0, 1.0], [1.0, 1.0], None, [2.0, 1.0]]
    assert table.search("2").limit(1).to_list()[0]["text"] == "2"


async def test_a_table_does_so_from_async_code(lance):
    lance.table("docs")
    table = await (await lance.connect()).open_table("docs")
    await table.add(rows(["3", "1", "2"]))
    (found,) = await (await table.search("2")).limit(1).to_list()
    assert (found["text"], found["vector"]) == ("2", [2.0, 1.0])


def test_a_table_refuses_to_embed_with_what_would_give_others(lance, monkeypatch, server):
    lance.table("docs").add(rows(["1"]))
    before = len(server.requests)
    monkeypatch.setenv("OPENAI_BASE_URL", server.url.replace("127.0.0.1", "localhost"))
    table = lance.db.open_table("docs")
    with pytest.raises(ValueError, match=r"are others than this embedding function's: \{'host':"):
        table.search("1")
    with pytest.raises(RuntimeError, match=r"are others than this embedding function's: \{'host':"):
        table.add(rows(["2"]))
    assert (len(server.requests), table.count_rows()) == (before, 1)


def test_an_error_while_adding_stands_in_lancedbs_and_nothing_is_added(lance, loopback):
    server = loopback(unruly.nan)
    table = lance.table("docs", dimensions=2, api_base=server.url)
    with pytest.raises(RuntimeError, match=r"any_llm\.exceptions\.InvalidResponseError"):
        table.add(rows(["1", "2"]))
    assert table.count_rows() == 0
    with pytest.raises(InvalidResponseError):
        table.search("1")
