"""How many tokens may a text be? Estimates by bytes, corrected by usage; true counts are the built-in tokenizer's."""

from __future__ import annotations

import gzip
import json
from itertools import pairwise
from pathlib import Path

import pytest
import tokenizers
from hypothesis import given
from hypothesis import strategies as st

import any_llm.local
from any_llm.flow import tokens
from any_llm.flow.tokens import LEAST, MARGIN, MOST, REPLIES, TELLING, estimate, learn, rate, size
from by_hand import PROPERTY
from local_call import DATA

HUNDRED = "a" * 1998  # 1,000 tokens by our estimate

STORIES = [
    # what replies of 1,000 estimated tokens counted -> the rate
    ([], 1.0),
    ([800], 1.0),
    ([1000], 1.25),
    ([480], 0.6),
    ([600, 480], 0.75),  # never below what was seen
    ([480, 600], 0.75),
    ([2000], 2.5),  # digits: our first estimate was too low
    ([100], LEAST),  # counts something else than tokens
    ([9000], MOST),
    ([0], 1.0),  # counts nothing
    ([2000] + [480] * (REPLIES - 1), 2.5),
    ([2000] + [480] * REPLIES, 0.6),  # until it is long ago
]


@pytest.mark.parametrize(("counts", "expected"), STORIES)
def test_a_rate_is_that_of_the_dearest_reply_and_a_margin(counts: list[int], expected: float):
    seen: tokens.Seen = ()
    for counted in counts:
        seen = learn(seen, [HUNDRED], counted)
    assert rate(seen) == pytest.approx(expected)
    assert len(seen) <= REPLIES


@pytest.mark.parametrize(("texts", "tells"), [(["a" * 2 * (TELLING - 1)], True), (["a" * 2 * (TELLING - 2)], False),
                                              ([""] * TELLING, True), ([""] * (TELLING - 1), False)])  # fmt: skip
def test_a_short_reply_tells_nothing(texts: list[str], *, tells: bool):
    assert len(learn((), texts, 99)) == tells


ESTIMATES = [("a", 1.0, 1), ("a", 0.5, 1), ("a", 1.25, 2), ("a" * 1998, 1.25, 1250), ("", 4.0, 4), ("文", 1.25, 3)]


@pytest.mark.parametrize(("text", "at", "expected"), ESTIMATES)
def test_an_estimate_at_a_rate_is_rounded_up(text: str, at: float, expected: int):
    assert estimate(size(text), at) == expected


def estimated(texts: list[str], seen: tokens.Seen) -> int:
    return sum(estimate(size(text), rate(seen)) for text in texts)


lengths = st.lists(st.integers(0, 3000), min_size=1, max_size=20).map(lambda some: [*some, 2 * TELLING])
replies_of = st.lists(st.tuples(lengths, st.floats(1.0, MARGIN)), min_size=2, max_size=8)


@given(base=st.floats(0.3, MOST / MARGIN), replies=replies_of)
@PROPERTY
def test_similar_texts_are_never_more_than_was_estimated(base: float, replies: list[tuple[list[int], float]]):
    """Texts of one place whose tokens a byte differ by the margin at most."""
    seen: tokens.Seen = ()
    for some, above in replies:
        texts = ["a" * length for length in some]
        counted = int(estimated(texts, ()) * base * above)
        if seen:
            assert counted <= estimated(texts, seen)
        seen = learn(seen, texts, counted)


@given(counts=st.lists(st.integers(1, 4000), min_size=1, max_size=REPLIES + 9))
@PROPERTY
def test_no_estimate_is_below_what_was_seen(counts: list[int]):
    seen: tokens.Seen = ()
    for counted in counts:
        seen = learn(seen, [HUNDRED], counted)
    highest = max(counts[-REPLIES:])
    assert highest <= estimated([HUNDRED], seen) <= max(LEAST * 1000, MARGIN * highest + 1)


TOKENIZER = tokenizers.Tokenizer.from_file(str(Path(any_llm.local.__file__).with_name("data") / "tokenizer.json"))
TOKENIZER.no_truncation()
TOKENIZER.no_padding()
CHINESE = [
    "人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心，并应以兄弟关系的精神相对待。",  # noqa: RUF001
    "人人有资格享有本宣言所载的一切权利和自由，不分种族、肤色、性别、语言、宗教、政治或其他见解。",  # noqa: RUF001
    "任何人不得使为奴隶或奴役；一切形式的奴隶制度和奴隶买卖，均应予以禁止。",  # noqa: RUF001
]
SOURCE = Path(tokens.__file__).parent
KINDS = {
    "english": json.loads(gzip.decompress((DATA / "minilm_texts.json.gz").read_bytes()))[:1000],
    "chinese": [text * 3 for text in CHINESE] * 16,
    "code": [text for path in sorted(SOURCE.glob("*.py")) for text in path.read_text(encoding="utf-8").split("\n\n\n")],
    "digits": [",".join(str(first * 7919 % 1_000_003 + step) for step in range(40)) for first in range(48)],
}


def true(texts: list[str]) -> int:
    return sum(len(TOKENIZER.encode(text)) for text in texts)


def batches_of(kind: str) -> list[list[str]]:
    """Eight batches of like texts."""
    return [KINDS[kind][start::8] for start in range(8)]


@pytest.mark.parametrize("kind", KINDS)
def test_one_reply_is_enough_to_estimate_texts_of_its_kind(kind: str):
    for told, following in pairwise(batches_of(kind)):
        seen = learn((), told, true(told))
        assert true(following) <= estimated(following, seen) <= 1.6 * true(following)


def test_whatever_was_seen_before_is_still_held():
    seen: tokens.Seen = ()
    for kind in ("digits", "chinese", "code", "english"):
        first, *rest = batches_of(kind)
        seen = learn(seen, first, true(first))
        assert all(true(batch) <= estimated(batch, seen) for batch in rest)
    assert all(true(batch) <= estimated(batch, seen) for kind in KINDS for batch in batches_of(kind))


def test_uncorrected_estimates_are_too_low_for_digits_alone():
    low = {kind for kind in KINDS if true(KINDS[kind]) > estimated(KINDS[kind], ())}
    assert low == {"digits"}
