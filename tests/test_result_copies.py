"""Results are compared, copied, pickled and shown."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

from any_llm.types.completion import Embedding, Usage
from results import NUMBERS, USAGE, from_lists, from_vectors


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (from_vectors(), from_vectors(), True),
        (from_vectors(), from_lists(), True),  # as float32
        (from_vectors(np.zeros((1, 1), "<f4")), from_vectors(-np.zeros((1, 1), "<f4")), True),  # 0.0 == -0.0
        (from_vectors(), from_vectors(NUMBERS * 2), False),
        (from_vectors(), from_vectors(NUMBERS[:1]), False),
        (from_vectors(), from_vectors(model="n"), False),
        (from_vectors(), from_vectors(source="estimated"), False),
        (from_vectors(), from_vectors(as_base64=True), False),
        (from_vectors(as_base64=True), from_vectors(as_base64=True), True),
        (from_vectors(), from_lists(provider="another", request_ids=("r2",)), True),
        (from_vectors().data[0], from_vectors().data[0], True),
        (from_vectors().data[0], from_vectors().data[1], False),
        (from_vectors().data[0], Embedding(embedding=[0.1, -0.2, 3.0], index=1), False),
        (Usage(**USAGE), Usage(prompt_tokens=2, total_tokens=3), False),
        (from_vectors(), "m", False),
        (Usage(**USAGE), USAGE, False),
        (from_vectors().data[0], 0, False),
    ],
)
def test_equality(left, right, equal):
    assert (left == right) is equal
    assert (right == left) is equal


NOUNS = {
    "response": from_vectors(),
    "of lists": from_lists(),
    "base64": from_vectors(as_base64=True),
    "embedding": from_vectors().data[0],
    "usage": Usage(**USAGE),
}


@pytest.mark.parametrize("noun", NOUNS.values(), ids=NOUNS)
@pytest.mark.parametrize(
    "again",
    [
        copy.copy,
        copy.deepcopy,
        lambda noun: pickle.loads(pickle.dumps(noun)),  # noqa: S301
        lambda noun: noun.model_copy(),
        lambda noun: noun.model_copy(deep=True),
        lambda noun: type(noun).model_validate(noun.model_dump()),
        lambda noun: type(noun).model_validate_json(noun.model_dump_json()),
        lambda noun: type(noun).model_validate_json(noun.to_json().encode()),
        lambda noun: type(noun).model_validate(noun, from_attributes=True),
    ],
    ids=["copy", "deepcopy", "pickle", "model_copy", "deep", "dict", "json", "bytes", "attributes"],
)
def test_again_is_equal(noun, again):
    assert again(noun) == noun
    assert repr(again(noun)) == repr(noun)


def test_copies_and_pickles_keep_what_stands_beside_the_dump():
    result = from_vectors(source="estimated")
    for again in (copy.copy(result), copy.deepcopy(result), pickle.loads(pickle.dumps(result)), result.model_copy()):  # noqa: S301
        assert (again.provider, again.request_ids, again.usage.source) == ("openai", ("r1",), "estimated")
        assert again.input_type_applied == "prefix"


@pytest.mark.parametrize(("deep", "written"), [(False, 9.0), (True, np.float32(0.1))], ids=["shared", "deep"])
def test_model_copy_shares_the_buffer_unless_deep(deep, written):
    result = from_vectors()
    copied = result.model_copy(update={"model": "x", "provider": "p"}, deep=deep)
    result.to_numpy()[0, 0] = 9.0
    assert (copied.model, copied.provider, result.model) == ("x", "p", "m")
    assert copied.to_numpy()[0, 0] == written


def test_model_copy_knows_its_fields():
    with pytest.raises(ValueError, match=r"^CreateEmbeddingResponse has no field 'modle'$"):
        from_vectors().model_copy(update={"modle": "x"})


def test_a_pickle_holds_the_buffer_and_no_lists():
    result = from_vectors(np.random.default_rng(0).random((50, 100), np.float32))
    size = len(pickle.dumps(result))
    assert size < 4 * 50 * 100 + 600
    assert [len(each.embedding) for each in result.data] == [100] * 50
    assert len(pickle.dumps(result)) == size


@pytest.mark.parametrize(
    ("noun", "shown"),
    [
        (from_vectors(np.ones((2, 1536), "<f4")), "CreateEmbeddingResponse(model='m', data=[2 x 1536], usage=<usage>)"),
        (from_lists([[1.0], [1.0, 2.0]]), "CreateEmbeddingResponse(model='m', data=[2 vectors], usage=<usage>)"),
        (Usage(**USAGE), "<usage>"),
        (Usage(**USAGE, source="unknown"), "Usage(prompt_tokens=2, total_tokens=2, source='unknown')"),
        (Embedding(embedding=[0.5, 1], index=3), "Embedding(embedding=[0.5, 1.0], index=3, object='embedding')"),
        (Embedding(embedding=[0.5] * 9, index=3), "Embedding(embedding=[9 values], index=3, object='embedding')"),
        (from_vectors().data[1], "Embedding(embedding=[1e-08, -0.0, 7.5], index=1, object='embedding')"),
        (from_vectors(as_base64=True).data[1], "Embedding(embedding=<3 base64 values>, index=1, object='embedding')"),
    ],
    ids=str,
)
def test_a_repr_is_short(noun, shown):
    assert repr(noun) == str(noun) == shown.replace("<usage>", "Usage(prompt_tokens=2, total_tokens=2)")
