"""Does a response say all that its conversations brought, each thing at its input's place?"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import msgspec
import pytest

from any_llm.exceptions import InvalidRequestError
from any_llm.flow.matrix import Form, Matrix
from any_llm.flow.merge import merge
from any_llm.flow.pieces import Pieces
from any_llm.flow.plan import Plan
from any_llm.flow.setting import Answer
from any_llm.flow.vectors import fill
from any_llm.providers.row import Limits
from any_llm.types.identity import EmbeddingIdentity
from any_llm.types.loaded import Loaded
from any_llm.types.requests import Requests
from any_llm.types.usage import Usage
from any_llm.types.vectors import Vectors
from any_llm.wire import Batch, Part
from by_hand import a_call, a_setting

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from any_llm.types.completion import CreateEmbeddingResponse

ROWS = {0: [3.0, 4.0], 1: [0.5, 0.5], 2: [1.0, 0.0]}
AN_ERROR = InvalidRequestError("no", None, "openai")


def answer(
    model: str | None = None,
    request_id: str | None = None,
    applied: str | None = None,
    loaded: Loaded | None = None,
) -> Answer:
    return Answer(9, 9, model, request_id, applied, loaded=loaded)


def merged(
    answers: Sequence[Answer] = (),
    *,
    rows: Mapping[int, list[float]] = ROWS,
    count: int = 3,
    errors: Mapping[int, InvalidRequestError] | None = None,
    same: Mapping[int, int] | None = None,
    truncated: Sequence[int] = (),
    uneven: bool = False,
    was_cut: bool = False,
    final: bool = False,
    price: float | None = None,
    identity: EmbeddingIdentity | None = None,
    **given: object,
) -> CreateEmbeddingResponse:
    """Merge these rows of a matrix."""
    call = a_call(**given)
    matrix = Matrix(count, Form(call.options.dimensions))
    for index, vector in rows.items():
        fill(matrix, Batch(["a"], [index], 1), Part(vectors=Vectors(bytearray(array("f", vector)), 2)))
    matrix.uneven, matrix.was_cut, matrix.final = uneven, was_cut, final
    setting = msgspec.structs.replace(a_setting(call), matrix=matrix, price=lambda: price, identity=identity)
    setting.tally.bill(7, 8, estimated=True)
    setting.tally.add(sent=5, retried=2)
    pieces = Pieces(setting, Plan([], Limits), count, lambda: None)
    pieces.truncated.update(truncated)
    return merge(setting, answers, errors or {}, same or {}, pieces)


def vectors_of(made: CreateEmbeddingResponse) -> list[list[float]]:
    return [made.vectors.numbers(at).tolist() for at in range(len(made.vectors))]


SAID = [
    # what conversations brought -> model, ids and how the role was applied
    ([], ("m", (), "prefix")),
    ([answer()], ("m", (), "prefix")),
    ([answer("a", "1", "field"), answer("b", "2", "model")], ("a", ("1", "2"), "field")),
    ([answer(), answer("a"), answer("b", "1"), answer(applied="model")], ("a", ("1",), "model")),
]


@pytest.mark.parametrize(("answers", "said"), SAID)
def test_the_first_that_says_it_is_believed(answers, said):
    made = merged(answers, model="m", applied="prefix")
    assert (made.model, made.request_ids, made.input_type_applied) == said


def test_books_are_kept_for_the_call():
    made = merged(price=2.0)
    assert made.usage == Usage(prompt_tokens=7, total_tokens=8, source="estimated")
    assert made.requests == Requests(sent=5, retried=2)
    assert (made.provider, made.overflow, made.cost_usd) == ("openai", "enforced", 16 / 1_000_000)


EQUAL = [
    # rows that are there, whom an input equals -> rows then, and those that are missing
    ({0: [3.0, 4.0], 2: [1.0, 0.0]}, {1: 0}, [[3.0, 4.0], [3.0, 4.0], [1.0, 0.0]], set()),
    ({1: [3.0, 4.0]}, {2: 1}, [[0.0, 0.0], [3.0, 4.0], [3.0, 4.0]], {0}),
    ({2: [3.0, 4.0]}, {1: 0}, [[0.0, 0.0], [0.0, 0.0], [3.0, 4.0]], {0, 1}),
    ({}, {2: 0}, [], {0, 1, 2}),
    (ROWS, {}, [*ROWS.values()], set()),
]


@pytest.mark.parametrize(("rows", "same", "vectors", "missing"), EQUAL)
def test_equal_inputs_have_equal_vectors_or_none(rows, same, vectors, missing):
    made = merged(rows=rows, same=same)
    assert (vectors_of(made)[: len(vectors)], made.missing) == (vectors, missing)


LENGTHS = [
    # asked for, some were cut and not scaled -> whether all have length 1
    (True, False, True),
    (True, True, True),
    (None, True, True),
    (None, False, False),
    (False, True, False),
    (False, False, False),
]


@pytest.mark.parametrize(("normalize", "uneven", "unit"), LENGTHS)
def test_length_1_where_it_is_asked_for_or_was_lost(normalize, uneven, unit):
    made = merged(normalize=normalize, uneven=uneven)
    assert vectors_of(made)[0] == pytest.approx([0.6, 0.8] if unit else [3.0, 4.0])
    assert vectors_of(merged(rows={}, count=0, normalize=normalize, uneven=uneven)) == []
    assert vectors_of(merged(normalize=normalize, uneven=uneven, final=True))[0] == [3.0, 4.0]


@pytest.mark.parametrize(("asked", "cut", "by"), [(None, False, None), (2, False, "provider"), (2, True, "client")])
def test_who_gave_the_width(asked, cut, by):
    assert merged(dimensions=asked, was_cut=cut).dimensions_by == by


def test_errors_and_what_was_cut_stand_in_order():
    made = merged(rows={1: [1.0, 0.0]}, errors={2: AN_ERROR, 0: AN_ERROR}, truncated=[2, 1, 0])
    assert ([*made.errors], made.truncated, made.missing) == ([0, 2], (1,), {0, 2})


@pytest.mark.parametrize(("asked", "kind"), [(None, list), ("float", list), ("base64", str)])
def test_base64_where_it_was_asked_for(asked, kind):
    assert isinstance(merged(encoding_format=asked).data[0].embedding, kind)


ASKED = EmbeddingIdentity(model="asked", prompt="p: ")
IDENTITIES = [
    # known before the call, what the loaded models told -> the result's
    (None, [None], None),
    (None, [Loaded("its own", "r")], None),
    (ASKED, [], ASKED),
    (ASKED, [None], ASKED),
    (ASKED, [Loaded("its own", "r")], EmbeddingIdentity(model="its own", revision="r", prompt="p: ")),
    (ASKED, [None, Loaded("its own", "r", "q: ")], EmbeddingIdentity(model="its own", revision="r", prompt="q: ")),
    (
        ASKED,
        [Loaded("first", "r"), Loaded("second", "s")],
        EmbeddingIdentity(model="first", revision="r", prompt="p: "),
    ),
]


@pytest.mark.parametrize(("known", "loaded", "then"), IDENTITIES)
def test_the_loaded_model_tells_what_it_is(known, loaded, then):
    assert merged([answer(loaded=each) for each in loaded], identity=known).identity == then
