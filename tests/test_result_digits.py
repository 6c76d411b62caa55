"""JSON writes the fewest digits that read back as the same float32."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as some
from hypothesis.extra import numpy as arrays

from any_llm.types.digits import all_at_once, one_by_one, rounding
from results import from_lists, from_vectors

SINGLES = some.floats(width=32, allow_nan=False, allow_infinity=False)
"""Any float32: subnormal, -0.0, the largest."""
USUAL = some.floats(-10, 10, width=32)

AWKWARD = [
    0.0,
    -0.0,
    1.0,
    0.1,
    -0.3,
    1e-13,
    9.9999999e-14,
    999999.94,
    1e6,
    16777216.0,
    33554432.0,
    1e-45,  # the smallest subnormal
    1.1754942e-38,  # the largest one
    1.1754944e-38,  # the smallest normal
    3.4028235e38,  # the largest float32
    9.999999e-5,
    0.00999999977648258,
    9.53692e-7,  # six digits suffice, and the nearest decimal of seven is another one
    9.31409e-10,
    *(sign * 2.0**exponent for exponent in range(-149, 128) for sign in (1, -1)),
    *(float(np.float32(10.0**exponent)) for exponent in range(-45, 39)),
]


def significant(text):
    return len(text.lower().split("e")[0].replace(".", "").lstrip("-0").rstrip("0"))


def assert_shortest(singles, shortened):
    assert np.array(shortened, np.float32).tobytes() == singles.tobytes()
    for single, double in zip(singles, shortened, strict=True):
        # numpy's own repr of a float32 is the oracle of how few digits suffice.
        assert significant(repr(double)) <= significant(np.format_float_scientific(single)), single


@pytest.mark.parametrize("shorten", [one_by_one, all_at_once])
def test_awkward_values(shorten):
    singles = np.array(AWKWARD, np.float32)
    assert_shortest(singles, shorten(singles.tolist()))


@pytest.mark.parametrize("shorten", [one_by_one, all_at_once])
@given(singles=arrays.arrays(np.float32, 30, elements=SINGLES | USUAL))
@settings(deadline=None)
def test_any_values(shorten, singles):
    assert_shortest(singles, shorten(singles.tolist()))


@pytest.mark.parametrize("shorten", [one_by_one, all_at_once])
def test_unit_vectors(shorten):
    singles = np.random.default_rng(1).standard_normal(3000, np.float32) / np.float32(40)
    assert_shortest(singles, shorten(singles.tolist()))


@example(doubles=[1 / 3, 0.1, 1e300, 0.5])
@given(doubles=some.lists(some.floats() | SINGLES, max_size=20))
@settings(deadline=None)
def test_both_ways_agree_and_a_double_that_is_no_float32_stays(doubles):
    few, many = one_by_one(doubles), all_at_once(doubles)
    assert np.array(few).tobytes() == np.array(many).tobytes()
    with np.errstate(over="ignore"):
        singles = np.array(doubles).astype(np.float32)
    for given_, single, shortened in zip(doubles, singles, few, strict=True):
        assert float(single) == given_ or repr(shortened) == repr(given_)


@pytest.mark.parametrize(("count", "chosen"), [(0, one_by_one), (4095, one_by_one), (4096, all_at_once)])
def test_numpy_is_asked_when_it_pays(count, chosen):
    assert rounding(count) is chosen


@pytest.mark.parametrize("rows", [1, 2], ids=["without numpy", "with numpy"])
@pytest.mark.parametrize("read", [False, True], ids=["unread", "read"])
def test_a_results_json_is_short_and_true(rows, read):
    numbers = np.random.default_rng(2).standard_normal((rows, 2500)).astype("<f4") * np.float32(0.02)
    result = from_vectors(numbers)
    if read:
        assert [len(each.embedding) for each in result.data] == [2500] * rows
    parsed = json.loads(result.model_dump_json())
    vectors = [each["embedding"] for each in parsed["data"]]
    assert np.array(vectors, np.float32).tobytes() == numbers.tobytes()
    assert len(result.model_dump_json()) < 14 * numbers.size
    assert result.model_dump(mode="json") == parsed
    assert [each["embedding"] for each in result.model_dump()["data"]] == numbers.astype(float).tolist()


def test_a_users_own_double_is_written_whole():
    assert '"embedding":[0.1234567890123,0.1]' in from_lists([[0.1234567890123, 0.1]]).model_dump_json()
