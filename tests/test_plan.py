"""Which inputs travel together? Batches break no limit, lose nothing and change no order."""

from __future__ import annotations

from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_llm.flow.plan import Plan, equal_ones
from any_llm.flow.tokens import estimate, size
from any_llm.providers.row import Limits
from any_llm.wire import Batch
from by_hand import PROPERTY

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


FIRST = Batch(["a", "b", "c"], range(3), 3)
COMES_BACK = [
    # after the first three of seven were taken -> what is taken then, and whether it was sent before
    ("nothing", lambda _: None, [("def", False), ("g", False)]),
    ("it was too much", lambda plan: plan.give_back(FIRST),
     [("ab", True), ("c", True), ("def", False), ("g", False)]),
    ("some of them", lambda plan: plan.again([2, 0]), [("ca", True), ("def", False), ("g", False)]),
    ("pieces", lambda plan: plan.add("vwxy", halved=False),
     [("vwx", False), ("y", False), ("def", False), ("g", False)]),
    ("pieces of what was sent", lambda plan: plan.add("vwxy", halved=True),
     [("vwx", True), ("y", True), ("def", False), ("g", False)]),
    ("some are dropped", lambda plan: plan.drop({1, 4, 6}), [("df", False)]),
    ("all are dropped", lambda plan: plan.drop({3, 4, 5, 6}), []),
    ("too much, and one is dropped", lambda plan: (plan.give_back(FIRST), plan.drop({1})),
     [("ac", True), ("def", False), ("g", False)]),
]  # fmt: skip


@pytest.mark.parametrize(("change", "then"), [pytest.param(*story[1:], id=story[0]) for story in COMES_BACK])
def test_what_comes_back_goes_before_all_others(change, then):
    plan = Plan("abcdefg", lambda: Limits(items=3))
    assert (plan.take(), plan.halved, plan.done()) == (FIRST, False, False)
    change(plan)
    taken = []
    while not plan.done():
        batch = plan.take()
        taken.append(("".join(batch.texts), plan.halved))
        assert batch.texts == [plan.text(index) for index in batch.indexes]
    assert (taken, plan.take()) == (then, None)


def test_of_nothing_nothing_is_taken():
    plan = Plan([], Limits)
    assert (plan.done(), plan.take(), plan.halved, plan.limits) == (True, None, False, Limits())


def test_pieces_stand_after_all_inputs():
    plan = Plan("abc", Limits)
    assert [*plan.add("xy", halved=True), *plan.add("z", halved=True)] == [3, 4, 5]


def test_only_some_are_planned_in_the_order_they_are_given():
    plan = Plan("abcdef", lambda: Limits(items=2), order=[5, 0, 3])
    assert [batch.texts for batch in iter(plan.take, None)] == [["f", "a"], ["d"]]


COUNTED = [
    # prefix, limits, counted by -> texts of each batch, and its tokens
    ("", Limits(), None, [(["a", "bbb", "ccccc"], 1 + 2 + 3)]),
    ("1234", Limits(), None, [(["1234a", "1234bbb", "1234ccccc"], 3 + 4 + 5)]),
    ("1234", Limits(tokens=7), None, [(["1234a", "1234bbb"], 7), (["1234ccccc"], 5)]),
    ("1234", Limits(tokens=6), None, [(["1234a"], 3), (["1234bbb"], 4), (["1234ccccc"], 5)]),
    ("1234", Limits(tokens=12), len, [(["1234a", "1234bbb"], 12), (["1234ccccc"], 9)]),
    ("1234", Limits(tokens=11), len, [(["1234a"], 5), (["1234bbb"], 7), (["1234ccccc"], 9)]),
    ("1234", Limits(items=3), len, [(["1234a", "1234bbb", "1234ccccc"], 3 + 4 + 5)]),  # no limit: not worth counting
    ("1234", Limits(bytes=12), None, [(["1234a", "1234bbb"], 7), (["1234ccccc"], 5)]),
    ("1234", Limits(bytes=11), None, [(["1234a"], 3), (["1234bbb"], 4), (["1234ccccc"], 5)]),
]


@pytest.mark.parametrize(("prefix", "limits", "count", "batches"), COUNTED)
def test_what_stands_before_a_text_counts(prefix, limits, count, batches):
    plan = Plan(["a", "bbb", "ccccc"], lambda: limits, prefix=prefix, count=count)
    assert [(batch.texts, batch.tokens) for batch in iter(plan.take, None)] == batches


@pytest.mark.parametrize("indexes", [range(1, 3), range(0, 3, 2), [1, 2], [2, 1], [1]])
def test_a_batch_of_ones_own_choice_is_estimated_at_the_rate_of_the_place(indexes):
    plan = Plan(["a", "bbb", "ccccc"], Limits, prefix="1234", rate=lambda: 10.0)
    batch = plan.batch(indexes)
    assert (batch.texts, batch.indexes) == (["1234" + "abc"[i] * (2 * i + 1) for i in indexes], indexes)
    assert batch.tokens == sum(10 * (3 + i) for i in indexes)
    assert plan.batch(indexes, 7).tokens == 7


@pytest.mark.parametrize(
    ("inputs", "same"),
    [("", {}), ("abc", {}), ("aba", {2: 0}), ("aabba", {1: 0, 3: 2, 4: 0}), (["a", "A", "a ", "á", "a\u0301"], {})],
)
def test_equal_ones_are_found_with_the_first_of_their_kind(inputs, same):
    assert equal_ones(inputs) == same


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


PEEKS = [
    # inputs, limits -> how many the only batch holds, where there is only one
    (["a"] * 3, Limits(), 3),
    (["a"] * 3, Limits(items=3), 3),
    (["a"] * 3, Limits(items=2), None),
    (["a"], Limits(bytes=1), 1),
    ([], Limits(), None),
]


@pytest.mark.parametrize(("inputs", "limits", "size"), PEEKS)
def test_the_only_batch_is_looked_at_and_not_taken(inputs, limits, size):
    plan = Plan(inputs, lambda: limits)
    seen = plan.peek()
    assert (None if seen is None else [*seen.indexes]) == (None if size is None else [*range(size)])
    assert plan.done() == (not inputs)


@pytest.mark.parametrize("stretches", [2, 3])
def test_of_several_stretches_there_is_no_only_batch(stretches):
    plan = Plan(["a"] * 3, Limits)
    for _ in range(stretches - 1):
        plan.again([2])
    assert plan.peek() is None
    plan.drop({0, 1, 2})
    assert plan.peek() is None


PLANNED = Limits(items=8)
OUTGROWN = [
    # limits now -> whether four inputs of two bytes and two tokens each break them
    (PLANNED, False),
    (Limits(items=8), False),
    (Limits(), False),
    (Limits(items=5), False),
    (Limits(items=4), False),
    (Limits(items=3), True),
    (Limits(tokens=8), False),
    (Limits(tokens=7), True),
    (Limits(bytes=8), False),
    (Limits(bytes=7), True),
    (Limits(items=9, tokens=9, bytes=7), True),
]


@pytest.mark.parametrize(("now", "outgrown"), OUTGROWN)
def test_a_batch_is_held_against_the_limits_now_in_force(now, outgrown):
    plan = Plan(["aa"] * 4, lambda: now)
    assert plan.outgrown(plan.batch(range(4)), PLANNED) is outgrown


def test_what_was_planned_so_or_travels_alone_is_not_outgrown():
    tight = Limits(items=1, tokens=1, bytes=1)
    plan = Plan(["aa"] * 4, lambda: tight)
    pair, alone = plan.batch(range(2)), plan.batch([0])
    assert [plan.outgrown(pair, limits) for limits in (tight, Limits(items=1, tokens=1, bytes=1))] == [False, False]
    assert [plan.outgrown(each, PLANNED) for each in (pair, alone)] == [True, False]


BACK = [
    # batches of two that are taken, which of them comes back -> what the next of three holds, and the one after it
    (1, 0, [0, 1, 2], [3, 4, 5]),
    (2, 1, [2, 3, 4], [5, 6, 7]),
    (2, 0, [0, 1], [4, 5, 6]),
    (4, 3, [6, 7], None),
    (5, 3, [6, 7], None),  # the fifth found that nothing was left
    (5, 0, [0, 1], None),
]


@pytest.mark.parametrize(("taken", "back", "then", "after"), BACK)
@pytest.mark.parametrize("halved", [True, False])
def test_what_was_not_sent_after_all_goes_next(taken, back, then, after, halved):
    force = [Limits(items=2)]
    plan = Plan(["a"] * 8, lambda: force[0])
    batches = [plan.take() for _ in range(taken)]
    force[0] = Limits(items=3)
    plan.put_back(batches[back], halved=halved)
    found = plan.take()
    assert [*found.indexes] == then
    in_place = back == taken - 1
    assert plan.halved == (halved and not in_place)
    following = plan.take()
    assert (None if following is None else [*following.indexes]) == after


def test_what_comes_back_stands_before_what_was_planned_anew():
    plan = Plan(["a"] * 8, lambda: Limits(items=2))
    first = plan.take()
    plan.again([5, 6, 7])
    plan.put_back(first, halved=False)
    assert [[*plan.take().indexes] for _ in range(3)] == [[0, 1], [5, 6], [7]]


def test_what_is_dropped_leaves_a_stretch_as_it_was():
    plan = Plan(["a"] * 8, lambda: Limits(items=4))
    batch = plan.take()
    plan.give_back(batch)
    plan.drop({4})
    assert [[*plan.take().indexes] for _ in range(3)] == [[0, 1, 2], [3], [5, 6, 7]]
