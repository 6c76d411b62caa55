"""Is the vector of a text that was read in pieces the mean of theirs, by length, and of length 1 where theirs are?"""

from __future__ import annotations

import math
import random
from array import array
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_llm.exceptions import InvalidRequestError
from any_llm.types.mean import ROWS, averaged
from any_llm.types.vectors import Vectors
from by_hand import PROPERTY

HALF = math.sqrt(0.5)


def of(rows: list[list[float]]) -> Vectors:
    return Vectors(bytearray(array("f", [value for row in rows for value in row]).tobytes()), len(rows[0]))


def mean(rows: list[list[float]], weights: list[float]) -> list[float]:
    return list(array("f", averaged(of(rows), weights, index=0)))


STORIES = [
    ([[1, 0], [0, 1]], [1, 1], [HALF, HALF]),
    ([[1, 0], [0, 1]], [3, 1], [3 / math.sqrt(10), 1 / math.sqrt(10)]),
    ([[1, 0], [0, 1]], [0.75, 0.25], [3 / math.sqrt(10), 1 / math.sqrt(10)]),
    ([[1, 0], [0, 1], [0, -1]], [1, 1, 1], [1, 0]),
    ([[0.6, 0.8], [0.6, 0.8]], [5, 2], [0.6, 0.8]),
    ([[2, 0], [0, 4]], [1, 1], [1, 2]),  # of no unit length: a mean, not brought to any
    ([[1, 0], [0, 4]], [3, 1], [0.75, 1]),
    ([[3e38, 0], [3e38, 0]], [1, 1], [3e38, 0]),  # the sum is no float32
    ([[2**-140, 0], [3 * 2**-140, 0]], [3, 1], [1.5 * 2**-140, 0]),  # its square is no float32
    ([[7, 24]], [9], [7, 24]),  # one vector, whatever its length
    ([[0.6004, 0.8]], [9], [0.6004, 0.8]),
]


@pytest.mark.parametrize(("rows", "weights", "expected"), STORIES)
def test_a_mean_by_length(rows, weights, expected):
    assert mean(rows, weights) == list(array("f", expected))


units = st.lists(st.integers(-9, 9), min_size=3, max_size=3).filter(any)


@given(pieces=st.lists(st.tuples(units, st.integers(1, 9000)), min_size=2, max_size=9))
@PROPERTY
def test_it_is_the_exact_mean_rounded_once(pieces):
    rows = [[value / math.hypot(*row) for value in row] for row, _ in pieces]
    weights = [weight for _, weight in pieces]
    stored = [list(row) for row in (of(rows).numbers(position) for position in range(len(rows)))]
    exact = [sum(Fraction(row[at]) * weight for row, weight in zip(stored, weights, strict=True)) for at in range(3)]
    length = math.hypot(*map(float, exact))
    if length < sum(weights) / 1000:
        return  # nearly nothing: another story
    assert mean(rows, weights) == pytest.approx([float(value) / length for value in exact], rel=1e-7, abs=1e-12)
    assert math.hypot(*mean(rows, weights)) == pytest.approx(1, abs=2e-7)


def test_many_pieces_have_the_mean_of_all():
    draw = random.Random(5)  # noqa: S311
    count = 2 * ROWS + 3
    rows = [[draw.gauss(1, 1) for _ in range(4)] for _ in range(count)]
    weights = [float(draw.randrange(1, 600)) for _ in range(count)]
    stored = of(rows).to_numpy().tolist()
    exact = [math.fsum(row[at] * weight for row, weight in zip(stored, weights, strict=True)) for at in range(4)]
    assert mean(rows, weights) == pytest.approx([value / sum(weights) for value in exact], rel=1e-7)


def test_one_uneven_vector_among_many_is_enough():
    rows = [[2.0, 0.0]] + [[1.0, 0.0]] * ROWS
    assert mean(rows, [1] * len(rows)) == pytest.approx([1 + 1 / len(rows), 0], rel=1e-7)


OPPOSITE = [
    ([[1, 0], [-1, 0]], [1, 1]),
    ([[0.6, 0.8], [-0.6, -0.8]], [512, 512]),
    ([[1, 0], [-0.5, math.sqrt(3) / 2], [-0.5, -math.sqrt(3) / 2]], [7, 7, 7]),  # three ways, a third of a turn apart
    ([[5, 0], [-5, 1e-6]], [1, 1]),  # what is left is rounding
    ([[0, 0], [0, 0]], [1, 1]),
    ([[1, 0], [-1, 0]] * (ROWS // 2) + [[0, 0.03]], [1] * (ROWS + 1)),
]


@pytest.mark.parametrize(("rows", "weights"), OPPOSITE)
def test_vectors_that_cancel_out_are_an_error_that_names_the_input(rows, weights):
    with pytest.raises(InvalidRequestError, match="input 41 cancel out") as caught:
        averaged(of(rows), weights, index=41, provider_name="somebody")
    assert caught.value.index == 41
    assert caught.value.provider_name == "somebody"


def test_a_short_mean_is_not_nothing():
    assert mean([[1, 0], [-1, 0.01]], [1, 1]) == pytest.approx([0, 1], abs=0.01)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "binary", "ubinary"])
def test_only_floats_have_a_mean(dtype):
    with pytest.raises(InvalidRequestError, match=dtype) as caught:
        averaged(Vectors(bytearray(8), 4, dtype), [1, 1], index=3)
    assert caught.value.index == 3


@pytest.mark.parametrize("weights", [[], [1], [1, 1, 1], [1, 0], [1, -1], [1, math.nan]])
def test_each_vector_needs_a_weight(weights):
    with pytest.raises(ValueError, match="2 vectors"):
        averaged(of([[1, 0], [0, 1]]), weights, index=0)


def test_the_vectors_stay_as_they_are():
    vectors = of([[1, 0], [0, 1]])
    before = bytes(vectors.buffer)
    averaged(vectors, [1, 2], index=0)
    assert vectors.buffer == before
