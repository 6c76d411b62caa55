"""Is an over-long text cut into pieces that fit, lose nothing, and end where a reader would end them?"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from any_llm.exceptions import InvalidRequestError
from any_llm.flow.bounds import SPECIAL, by_rate, most
from any_llm.flow.split import pieces
from any_llm.flow.tokens import size
from by_hand import PROPERTY
from long_texts import KINDS, TOKENIZERS

if TYPE_CHECKING:
    from collections.abc import Callable

SENTENCE = "A cat sits on the mat. "
ROOM = 30 - SPECIAL
"""Bytes in a piece of 30 tokens."""
STORIES = [
    ("", [""]),
    ("short", ["short"]),
    ("x" * ROOM, ["x" * ROOM]),
    ("x" * (ROOM + 1), ["x" * ROOM, "x"]),
    (SENTENCE + "It purrs and sleeps.", [SENTENCE, "It purrs and sleeps."]),
    ("One line\nand another one\nhere", ["One line\nand another one\n", "here"]),
    ("words and yet more words without end", ["words and yet more words ", "without end"]),
    # A paragraph's end is better than a sentence's after it, a sentence's than a word's, near the end of a piece only.
    ("Twenty-two letters now.\n\nOh. And so on", ["Twenty-two letters now.\n\n", "Oh. And so on"]),
    ("Oh. " + "It is a long way to go to town", ["Oh. It is a long way to ", "go to town"]),
    ("one " + "x" * 40, ["one " + "x" * (ROOM - 4), "x" * 18]),  # a word's end far back is no reason for a short piece
    ("文" * 10, ["文" * 8, "文" * 2]),  # three bytes each
    ("一二三四五六。七八九十", ["一二三四五六。", "七八九十"]),
    ("🙂" * 7, ["🙂" * 6, "🙂"]),
    ("👩‍👩‍👧" * 2, ["👩‍👩‍👧", "👩‍👩‍👧"]),  # 18 bytes each, and one sign
    ("👨‍👩‍👧‍👦" * 2, ["👨‍👩‍👧‍👦", "👨‍👩‍👧‍👦"]),
    ("e\u0301" * 9, ["e\u0301" * 8, "e\u0301"]),
    ("🇩🇪" * 4, ["🇩🇪" * 3, "🇩🇪"]),
    ("aaaa" + "🇩🇪" * 4, ["aaaa" + "🇩🇪" * 2, "🇩🇪" * 2]),  # five letters would fit
    ("x" * 22 + " \u0301" + "y" * 9, ["x" * 22 + " \u0301" + "y", "y" * 8]),  # a blank may bear an accent
    ("\u1112\u1161\u11ab" * 3, ["\u1112\u1161\u11ab" * 2, "\u1112\u1161\u11ab"]),  # one syllable, three letters
    ("नमस्ते" * 2, ["नमस्तेनम", "स्ते"]),
    ("न" * 6 + "स्तन", ["न" * 6, "स्तन"]),  # two consonants that are written as one
    ("a" * (ROOM - 1) + "\r\n" + "b", ["a" * (ROOM - 1), "\r\nb"]),
    ("e" + "\u0301" * 20, ["e" + "\u0301" * 12, "\u0301" * 8]),  # no piece can hold this character
    ("a" + " " * 30 + "b", ["a" + " " * (ROOM - 1), " " * 5 + "b"]),
    ("a" + " " * 90 + "b", ["a" + " " * (ROOM - 1), "b"]),  # no two pieces can hold the blanks between them
    (" " * 90 + "b", ["b"]),
    ("x" * ROOM + "  ", ["x" * (ROOM // 2), "x" * (ROOM // 2) + "  "]),  # the blanks at the end are no piece
    ("x" * ROOM + " " * 90, ["x" * ROOM]),
    (" " * 90, [" " * ROOM]),  # all that a blank text can be
]


@pytest.mark.parametrize(("text", "expected"), STORIES, ids=range(len(STORIES)))
def test_where_a_text_is_cut(text: str, expected: list[str]):
    assert pieces(text, 30) == expected


def test_a_character_longer_than_the_limit_stands_alone():
    assert pieces("文字", 30, count=lambda text: 100 * len(text)) == ["文", "字"]


def without_blanks(text: str) -> str:
    return "".join(text.split())


def letters(text: str) -> int:
    """An exact count of another kind: 3 letters a token, a blank is none, two special tokens."""
    return len(without_blanks(text)) // 3 + 2


def ragged(text: str) -> int:
    """A count that is no sum of its parts: a shorter text may have more tokens."""
    return 2 + sum(1 if len(word) % 4 == 0 else len(word) for word in text.split(" "))


COUNTS = pytest.mark.parametrize("count", [most, letters, ragged], ids=lambda count: count.__name__)
characters = st.sampled_from([*"ab. \n\té文。🙂🇩🇪👩क्ที", "\u200d", "\u0301", "\u3000", "\u1112", "\u1161", "\r\n", "한"])
texts_of = st.lists(characters | st.sampled_from(["word ", "x" * 9, " " * 7, "👩‍👧"]), max_size=90).map("".join)


@COUNTS
@given(text=texts_of, limit=st.integers(16, 60))
@PROPERTY
def test_the_laws_of_pieces(count: Callable[[str], int], text: str, limit: int):
    found = pieces(text, limit, count=count)
    assert found == pieces(text, limit, count=count)
    assert found == [text] or count(text) > limit
    assert all(count(piece) <= limit for piece in found)
    assert all(piece.strip() for piece in found) or (len(found) == 1 and not text.strip())
    assert without_blanks("".join(found)) == without_blanks(text)
    blanks = max(map(size, re.findall(r"\s+", text)), default=0)
    if count is most and blanks <= limit // 2 - SPECIAL - 4:
        assert "".join(found) == text


@given(text=texts_of, limit=st.integers(60, 90))
@PROPERTY
def test_no_character_is_cut_that_a_piece_can_hold(text: str, limit: int):
    whole = [match.end() for match in regex.finditer(r"\X", text)]
    longest = max((size(match.group()) for match in regex.finditer(r"\X", text)), default=0)
    found = pieces(text, limit)
    if longest <= 30 and "".join(found) == text:
        ends = {sum(map(len, found[:last])) for last in range(1, len(found) + 1)}
        assert ends <= {0, *whole}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", TOKENIZERS)
def test_a_piece_is_short_enough_for_real_tokenizers(name: str, kind: str):
    count, text = TOKENIZERS[name], KINDS[kind]
    for limit in (64, 512):
        found = pieces(text, limit)
        assert max(map(count, found)) + 2 <= limit  # beginning and end
        assert without_blanks("".join(found)) == without_blanks(text)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", TOKENIZERS)
def test_with_the_tokenizer_at_hand_pieces_are_full(name: str, kind: str):
    text = KINDS[kind]

    def count(piece: str) -> int:
        return TOKENIZERS[name](piece) + 2

    found = pieces(text, 256, count=count)
    assert max(map(count, found)) <= 256
    assert len(found) <= 2 + 1.3 * TOKENIZERS[name](text) / 254


def test_a_rate_that_was_seen_makes_longer_pieces():
    text = KINDS["prose"]
    count = TOKENIZERS["qwen"]
    found = pieces(text, 128, count=by_rate(count(text), size(text)))
    assert max(map(count, found)) + 2 <= 128
    assert len(found) < len(pieces(text, 128)) / 2


UNEVEN = [
    # Characters of four bytes and of one, by turns: 16,800 bytes.
    (most, ("🙂" * 60 + "a " * 300) * 20, 42, 5),
    # Much that has no tokens at all, as accents have none for some tokenizers: 200,000 tokens.
    (lambda text: text.count("d") + 2, ("z" * 20_000 + "d" * 5000) * 40, 720, 16),
    # All or nothing: what is too long has one token too many, however long it is.
    (lambda text: 513 if len(text) > 300 else 400, "x" * 30_000, 150, 1000),
]


@pytest.mark.parametrize(("count", "text", "most_pieces", "times"), UNEVEN, ids=range(len(UNEVEN)))
def test_uneven_texts_are_cut_into_few_pieces_by_few_looks(count, text, most_pieces, times):
    read = looks = 0

    def counted(piece: str) -> int:
        nonlocal read, looks
        read, looks = read + len(piece), looks + 1
        return count(piece)

    found = pieces(text, 512, count=counted)
    assert len(found) <= most_pieces
    assert looks <= 12 * len(found)
    assert read <= times * len(text)


@pytest.mark.parametrize("limit", [15, 1, 0, -7])
def test_no_room_is_said(limit: int):
    with pytest.raises(InvalidRequestError, match=f"{limit} tokens leave no room"):
        pieces("a" * 100, limit)
    assert pieces("a", 5) == ["a"]


MANY = 10_000_000
LARGE = {
    "words": SENTENCE * (MANY // len(SENTENCE)),
    "one word": "x" * MANY,
    "ideographs": "文" * (MANY // 3),
    "flags": "🇩🇪" * (MANY // 8),
    "accents": "e" + "\u0301" * (MANY // 2),
    "blanks": "a" + " " * MANY + "b" * 400 + " " * MANY,
    "dense then thin": "🙂" * (MANY // 8) + "a " * (MANY // 4),
}


@pytest.mark.parametrize("kind", LARGE)
def test_ten_megabytes_are_read_a_few_times_and_no_more(kind: str):
    text, read = LARGE[kind], 0

    def counted(piece: str) -> int:
        nonlocal read
        read += len(piece)
        return most(piece)

    began = time.process_time()
    found = pieces(text, 512, count=counted)
    assert time.process_time() - began < 10  # under one on a quiet machine; what is quadratic takes hours
    assert len(found) > 1
    assert read <= 4 * len(text)
