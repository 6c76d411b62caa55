"""Does line n become text n, whatever the file?"""

from __future__ import annotations

import pytest
from hypothesis import given, strategies

from any_llm.cli.failure import Failure
from any_llm.cli.inputs import lines


@pytest.mark.parametrize(
    ("data", "texts"),
    [
        (b"", []),
        (b"\n", [""]),
        (b"a", ["a"]),
        (b"a\n", ["a"]),
        (b"a\n\n", ["a", ""]),
        (b"a\n\nb\n", ["a", "", "b"]),
        (b"a\r\nb\r\n", ["a", "b"]),
        (b"a\rb\n", ["a\rb"]),  # a lone carriage return ends no line
        (b"a\r\r\n", ["a\r"]),
        (b"  a \t\n", ["  a \t"]),  # nothing but the newline is taken off
        ("a\u2028b\x0bc\x85d\n".encode(), ["a\u2028b\x0bc\x85d"]),  # nor do these
        (b"a\0b\n", ["a\0b"]),
        (b"\xef\xbb\xbfa\n", ["a"]),  # Windows marks UTF-8 so
        ("Grüße\n世界\n🙂".encode(), ["Grüße", "世界", "🙂"]),
    ],
)
def test_lines(data, texts):
    assert lines(data, "texts.txt") == texts


@pytest.mark.parametrize(
    ("data", "number"),
    [
        (b"\xff", 1),
        (b"a\nb\nGr\xfc\xdfe\n", 3),  # Latin-1
        (b"\xff\xfea\0\n\0", 1),  # UTF-16, as PowerShell writes it
        (b"a\n\xed\xb3\xbf\n", 2),  # a lone surrogate
        (b"a\nb\xf0\x9f", 2),  # cut short
    ],
)
def test_what_is_not_utf8_is_named_by_its_line(data, number):
    with pytest.raises(Failure, match=rf"^line {number} of texts.txt is not UTF-8 text\. "):
        lines(data, "texts.txt")


@given(strategies.lists(strategies.text(strategies.characters(exclude_characters="\r\n", exclude_categories=["Cs"]))))
def test_what_is_written_a_line_each_is_read_back(texts):
    if texts and texts[0].startswith("\ufeff"):
        texts[0] = texts[0].lstrip("\ufeff")
    assert lines("".join(text + "\n" for text in texts).encode(), "texts.txt") == texts
