"""Do record batches come back in order, each with its vectors? For threads and for tasks."""

from __future__ import annotations

import asyncio

import numpy as np
import pyarrow as pa
import pytest

from any_llm import InvalidRequestError, embedding
from any_llm.bulk import JobError, aembed_batches, embed_batches
from loopback import Answer
from numbered import to, vectors


def in_a_loop(batches, **options):
    """The async twin, read to its end."""

    async def read():
        async def later():
            for batch in batches:
                yield batch

        return [batch async for batch in aembed_batches(later(), **options)]

    return asyncio.run(read())


COLOURS = pytest.mark.parametrize("embed", [embed_batches, in_a_loop], ids=["sync", "async"])


def batches(*columns):
    return [
        pa.record_batch({"text": pa.array(column, pa.string()), "n": pa.array(range(len(column)), pa.int64())})
        for column in columns
    ]


@COLOURS
@pytest.mark.parametrize("chunk", [1, 2, 100])
@pytest.mark.parametrize("kind", ["fixed", "list"])
def test_each_batch_comes_back_with_its_vectors(embed, chunk, kind):
    given = batches([None], ["a", "b", "a"], [], ["c"], [None, "d"])
    made = list(embed(given, model="fake:m", dimensions=4, chunk_size=chunk, vector_type=kind))
    assert [batch.select(["text", "n"]) for batch in made] == given
    assert len({batch.schema for batch in made}) == 1
    assert pa.types.is_fixed_size_list(made[0].schema.field("embedding").type) is (kind == "fixed")
    found = [row for batch in made for row in batch.to_pylist()]
    right = {
        text: vector.tolist()
        for text, vector in zip("abcd", embedding("fake:m", [*"abcd"], dimensions=4).to_numpy(), strict=True)
    }
    assert [row["embedding"] for row in found] == [right.get(row["text"]) for row in found]
    assert [row["embedding_error"] for row in found] == [
        None if row["text"] else "there is no text in text" for row in found
    ]


@COLOURS
def test_a_bad_row_gets_its_own_error_or_ends_it(embed, loopback):
    def answer(request):
        return Answer(400, json={"error": {"message": "no"}}) if "7" in request.json["input"] else vectors(request)

    options = to(loopback(answer).url)
    given = batches([str(n) for n in range(10)])
    (made,) = embed(given, chunk_size=4, **options)
    found = made.to_pylist()
    assert [row["n"] for row in found if row["embedding"] is None] == [7]
    assert found[7]["embedding_error"].startswith("InvalidRequestError: ")
    assert np.array_equal([row["embedding"][0] for row in found if row["embedding"]], [0, 1, 2, 3, 4, 5, 6, 8, 9])
    with pytest.raises(InvalidRequestError):
        list(embed(given, on_error="stop", **options))


@COLOURS
def test_there_must_be_a_column_of_texts(embed):
    with pytest.raises(JobError, match="there are: text, n"):
        list(embed(batches(["a"]), model="fake:m", column="body"))
