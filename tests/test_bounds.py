"""Do the fewest and the most tokens of a text hold for real tokenizers, whatever the text is made of?"""

from __future__ import annotations

import random

import pytest

from any_llm.flow.bounds import SPECIAL, by_rate, least, likely, most
from long_texts import KINDS, TOKENIZERS

LEAST = [
    ("", 0),
    ("hello", 0),  # a first word may be anything, also the rest of a longer one
    ("hello world", 1),
    ("a\tb\nc\r\nd  e", 4),
    ("don't e-mail me", 2),
    ("x . , ! ... -", 0),
    ("x 1 2.5 3", 3),
    ("x été Öl год 사람 ไทย", 5),
    ("x ́ 👍 ︎ €", 0),  # accents, emoji and signs: some tokenizers drop them
    ("x\u00a0y\u3000z", 0),
    ("文" * 7, 0),
    ("文" * 8, 1),
    ("文" * 17, 2),
    ("word " * 3 + "文" * 8, 3),
    ("日本語のひらがな", 0),
]
MOST = [("", SPECIAL), ("a", 1 + SPECIAL), ("é", 2 + SPECIAL), ("文", 3 + SPECIAL), ("🙂", 4 + SPECIAL)]


@pytest.mark.parametrize(("text", "tokens"), LEAST)
def test_the_fewest_tokens(text: str, tokens: int):
    assert least(text) == tokens


@pytest.mark.parametrize(("text", "tokens"), MOST)
def test_the_most_tokens(text: str, tokens: int):
    assert most(text) == tokens


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", TOKENIZERS)
def test_the_tokens_of_a_text_lie_between(name: str, kind: str):
    count, text = TOKENIZERS[name], KINDS[kind]
    draw = random.Random(kind)  # noqa: S311
    starts = [0, *(draw.randrange(len(text)) for _ in range(40))]
    for start in starts:
        for part in (text[start:], text[start : start + 100], text[start : start + 7]):
            assert least(part) <= count(part) <= most(part) - SPECIAL


def test_prose_has_some_of_the_most_and_most_of_the_fewest():
    """Bounds of 0 and infinity would hold as well."""
    tokens = TOKENIZERS["qwen"](KINDS["prose"])
    assert least(KINDS["prose"]) > tokens / 2
    assert most(KINDS["prose"]) < 6 * tokens


RATES = [
    (250, 1000, "a" * 1000, 312 + SPECIAL),  # a quarter more than was seen
    (250, 1000, "文" * 100, 93 + SPECIAL),
    (1000, 1000, "a" * 100, 100 + SPECIAL),  # never more than the most
    (0, 0, "a" * 100, SPECIAL),
]


@pytest.mark.parametrize(("tokens", "length", "text", "expected"), RATES)
def test_a_count_by_a_rate_that_was_seen(tokens: int, length: int, text: str, expected: int):
    assert by_rate(tokens, length)(text) == expected


@pytest.mark.parametrize(("text", "tokens"), [("", 1), ("a" * 1000, 501), ("文" * 100, 151)])
def test_an_estimate_is_a_token_for_two_bytes(text: str, tokens: int):
    assert likely(text) == tokens + SPECIAL


def test_a_lone_surrogate_has_no_bounds():
    for bound in (most, least, likely, by_rate(1, 4)):
        with pytest.raises(UnicodeEncodeError):
            bound("\ud800")
