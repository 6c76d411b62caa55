"""Which inputs travel together? Batches break no limit, lose nothing and change no order."""

from __future__ import annotations

from itertools import islice, pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_llm.flow.plan import Plan
from any_llm.flow.tokens import estimate, size
from any_llm.providers.row import Limits
from by_hand import PROPERTY

if TYPE_CHECKING:
    from any_llm.wire import Batch

STORIES = [
    (["a"] * 5, Limits(items=2), [2, 2, 1]),
    (["a"] * 4, Limits(items=2), [2, 2]),
    (["a"] * 5, Limits(), [5]),
    ([], Limits(items=2), []),
    ([""], Limits(items=1), [1]),
    (["a" * 100], Limits(tokens=1), [1]),  # an input is never cut in silence
    (["a" * 100] * 2, Limits(tokens=1), [1, 1]),
    (["a"] * 6, Limits(tokens=2), [2, 2, 2]),  # one byte may be one token
    (["a", "a" * 100, "a", "a"], Limits(tokens=4), [1, 1, 2]),  # a giant travels alone, its neighbours do not
    (["a" * 10] * 5, Limits(bytes=20), [2, 2, 1]),
    (["文" * 10] * 4, Limits(bytes=60), [2, 2]),  # three bytes each
    (["a" * 10] * 6, Limits(items=3, bytes=20), [2, 2, 2]),
    (["a"] * 6, Limits(items=3, bytes=20), [3, 3]),
    ([""] * 5, Limits(tokens=2), [2, 2, 1]),  # an empty text has a token
    ([""] * 3, Limits(bytes=1), [3]),
]


@pytest.mark.parametrize(("inputs", "limits", "sizes"), STORIES)
def test_each_batch_is_filled(inputs: list[str], limits: Limits, sizes: list[int]):
    assert [len(batch) for batch in batches_of(inputs, limits)] == sizes


def batches_of(inputs: list[str], limits: Limits) -> list[Batch]:
    """One more than there can be, at most: a plan that never ends is seen, not waited for."""
    return list(islice(iter(Plan(inputs, lambda: limits).take, None), len(inputs) + 1))


some = st.none() | st.integers(1, 40)
inputs_of = st.lists(st.text(alphabet="aé文🌍", max_size=12), max_size=12)


@given(inputs=inputs_of, items=some, tokens=some, length=some)
@PROPERTY
def test_the_laws_of_a_plan(inputs: list[str], items: int | None, tokens: int | None, length: int | None):
    batches = batches_of(inputs, Limits(items=items, tokens=tokens, bytes=length))
    assert [index for batch in batches for index in batch.indexes] == list(range(len(inputs)))
    assert [text for batch in batches for text in batch.texts] == inputs
    for batch in batches:
        assert 1 <= len(batch) <= (items or len(inputs))
        assert batch.tokens == sum(estimate(size(text)) for text in batch.texts)
        if len(batch) > 1:
            assert batch.tokens <= (tokens or batch.tokens)
            assert sum(len(text.encode()) for text in batch.texts) <= (length or 1000)


@given(inputs=inputs_of, items=some, tokens=some, length=some)
@PROPERTY
def test_no_batch_had_room_for_the_next_input(
    inputs: list[str], items: int | None, tokens: int | None, length: int | None
):
    batches = batches_of(inputs, Limits(items=items, tokens=tokens, bytes=length))
    for batch, following in pairwise(batches):
        more = [*batch.texts, following.texts[0]]
        assert (
            (items is not None and len(more) > items)
            or (tokens is not None and sum(estimate(size(text)) for text in more) > tokens)
            or (length is not None and sum(map(size, more)) > length)
        )


def test_a_limit_learnt_meanwhile_counts():
    limits = [Limits(items=4), Limits(items=1), Limits(items=2)]
    batches = iter(Plan(["a"] * 7, lambda: limits[0]).take, None)
    sizes = [len(next(batches))]
    limits[0] = limits[1]
    sizes.append(len(next(batches)))
    limits[0] = limits[2]
    assert [*sizes, *map(len, batches)] == [4, 1, 2]


TOKENS = [("", 1), ("a", 1), ("hello world", 6), ("文", 2), ("a" * 1000, 501)]


@pytest.mark.parametrize(("text", "most"), TOKENS)
def test_an_estimate_is_half_the_bytes_and_one(text: str, most: int):
    assert estimate(size(text)) == most


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
@PROPERTY
def test_a_size_is_that_of_the_utf8(text: str):
    assert size(text) == len(text.encode())


def test_a_lone_surrogate_has_no_size():
    with pytest.raises(UnicodeEncodeError):
        size("\ud800")
