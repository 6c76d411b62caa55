"""A result is built late and held once."""

from __future__ import annotations

import gc
import pickle
import subprocess
import sys
from array import array
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from any_llm.types.completion import CreateEmbeddingResponse, Embedding, Usage
from any_llm.types.vectors import Vectors
from results import NUMBERS, USAGE, from_lists, from_vectors


def test_a_users_test_can_construct_one():
    result = CreateEmbeddingResponse(
        data=[Embedding(embedding=[0.1], index=0, object="embedding")],
        model="m",
        object="list",
        usage=Usage(prompt_tokens=2, total_tokens=2),
    )
    assert (result.data[0].embedding, result.data[0].index, result.model) == ([0.1], 0, "m")
    assert (result.usage.total_tokens, result.usage.source, result.provider, result.request_ids) == (
        2,
        "measured",
        None,
        (),
    )


@pytest.mark.parametrize("as_base64", [False, True])
def test_data_is_a_list_that_stays_the_same(as_base64):
    result = from_vectors(as_base64=as_base64)
    assert type(result.data) is list
    assert result.data is result.data
    assert result.data[1].embedding is result.data[1].embedding
    assert [(each.index, each.object) for each in result.data] == [(0, "embedding"), (1, "embedding")]


def test_values_are_the_doubles_of_the_float32():
    assert [each.embedding for each in from_vectors().data] == NUMBERS.astype(float).tolist()


def test_base64_is_that_of_the_little_endian_bytes():
    assert from_vectors(np.ones((1, 1), "<f4"), as_base64=True).data[0].embedding == "AACAPw=="


@pytest.mark.parametrize(
    "values",
    [
        (0.5, 2.0),
        [0.5, 2],
        np.array([0.5, 2.0], "<f4"),
        list(np.array([0.5, 2.0], "<f4")),
        array("f", [0.5, 2.0]),
    ],
    ids=["tuple", "int", "array", "numpy's floats", "array.array"],
)
def test_an_embedding_becomes_a_list_of_floats(values):
    embedding = Embedding(embedding=values, index=0).embedding
    assert (embedding, [type(each) for each in embedding]) == ([0.5, 2.0], [float, float])


def test_to_numpy_is_a_writable_view():
    result = from_vectors()
    result.to_numpy()[0, 0] = 9
    assert result.to_numpy().dtype == np.float32
    assert (result.to_numpy()[0, 0], result.data[0].embedding[0]) == (9, 9.0)


def test_to_numpy_builds_no_object_for_a_vector():
    def embeddings():
        return sum(type(each) is Embedding for each in gc.get_objects())

    result, before = from_vectors(np.ones((500, 2), "<f4")), embeddings()
    assert result.to_numpy().shape == (500, 2)
    assert embeddings() == before
    assert (len(result.data), embeddings()) == (500, before + 500)


@pytest.mark.parametrize(
    "edit",
    [
        lambda result: result.data[0].embedding.append(1.0),
        lambda result: result.data[0].embedding.__setitem__(0, 5.0),
        lambda result: setattr(result.data[0], "embedding", [5.0]),
        lambda result: result.data.pop(),
    ],
    ids=["grow a list", "edit a list", "replace a list", "drop a vector"],
)
def test_editing_lists_does_not_write_back(edit):
    result = from_vectors()
    edit(result)
    assert result.to_numpy().tobytes() == NUMBERS.tobytes()
    assert result != from_vectors()
    assert result.model_dump() != from_vectors().model_dump()
    assert pickle.loads(pickle.dumps(result)).model_dump() == result.model_dump()  # noqa: S301


def test_new_data_replaces_the_buffer():
    result = from_vectors()
    result.data = [Embedding(embedding=[1.0], index=0)]
    assert result.to_numpy().tolist() == [[1.0]]


@pytest.mark.parametrize(
    ("data", "shape"),
    [
        (from_lists().data, (2, 3)),
        (from_vectors(as_base64=True).data, (2, 3)),
        ([Embedding(embedding="AACAPw==", index=0), Embedding(embedding=[1.0], index=1)], (2, 1)),
        ([], (0, 0)),
    ],
    ids=["lists", "base64 of a buffer", "both", "none"],
)
def test_to_numpy_of_lists_is_built(data, shape):
    built = CreateEmbeddingResponse(data=data, model="m", usage=USAGE).to_numpy()
    assert (built.shape, built.dtype, built.flags.writeable) == (shape, np.float32, True)
    assert built.tobytes() == (NUMBERS if shape == (2, 3) else np.ones(shape, "<f4")).tobytes()


def test_to_numpy_of_unequal_lists_says_so():
    with pytest.raises(ValueError, match=r"^vectors of 1, 2 values make no array$"):
        from_lists([[1.0], [1.0, 2.0]]).to_numpy()


def test_an_empty_result():
    result = from_vectors(np.empty((0, 0), "<f4"))
    assert (result.data, result.to_numpy().shape, result.model_dump()["data"]) == ([], (0, 0), [])


def test_threads_that_read_at_once_get_one_list():
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as pool:
            for _ in range(50):
                result = from_vectors(np.ones((300, 1), "<f4"))
                assert len({id(each) for each in pool.map(lambda _, result=result: result.data, range(8))}) == 1
    finally:
        sys.setswitchinterval(interval)


def test_importing_it_loads_nothing_heavy():
    program = "import sys, any_llm.types.completion; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(ran.stdout.split())
    assert "any_llm.types.vectors" in loaded
    assert not loaded & {"numpy", "pydantic", "pydantic_core", "dataclasses", "inspect", "msgspec", "json"}


def test_small_results_need_no_numpy():
    program = (
        "import sys; from any_llm.types.completion import *; from any_llm.types.vectors import Vectors\n"
        "made = CreateEmbeddingResponse.from_vectors(Vectors(bytearray(6144), 1536), model='m', provider=None,"
        " usage=Usage(prompt_tokens=1, total_tokens=1), request_ids=())\n"
        "made.data[0].embedding, made.model_dump_json(), repr(made), made == made.model_copy(deep=True)\n"
        "sys.exit('numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_where_no_input_has_a_vector_there_is_a_row_for_each():
    result = CreateEmbeddingResponse.from_vectors(
        Vectors(bytearray(), 0), model="m", usage=Usage(**USAGE), missing=frozenset({0, 1})
    )
    assert result.to_numpy(missing="nan").shape == (2, 0)
    assert "[2 x 0]" in repr(result)
