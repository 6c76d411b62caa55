"""How many tokens is a text at least, and at most? Told from its bytes, with no tokenizer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from any_llm.flow.tokens import estimate, size

if TYPE_CHECKING:
    from collections.abc import Callable

SPECIAL = 4
"""Tokens a tokenizer may put around a text: a beginning, an end, and SentencePiece's mark of a first word."""
HAN_A_TOKEN = 8
"""Ideographs a token, where text is full of the longest there are; most tokens hold one or two."""
MARGIN = 1.25
"""A part of a text may have so many times the tokens that as long a part has on average."""


def _kind(byte: int) -> int:
    """A blank, an ideograph, the beginning of a letter or digit, or what else a byte of UTF-8 may be."""
    if byte in b" \t\n\r":
        return ord(" ")
    if 0xE4 <= byte <= 0xE9:  # U+4000 to U+9FFF  # noqa: PLR2004  # UTF-8's own numbers, here and below
        return ord("i")
    # Not C2, CC, CD, E2, EF and F0: signs, accents and emoji, which some tokenizers drop.
    letter = 0xC3 <= byte <= 0xCB or 0xCE <= byte <= 0xE1 or 0xEA <= byte <= 0xED  # noqa: PLR2004
    return ord("a") if letter or bytes([byte]).isalnum() else ord(".")


_KINDS = bytes(map(_kind, range(256)))


def most(text: str) -> int:
    """Tokens at most, special ones too: no tokenizer in use makes more than one token of a byte of UTF-8.

    No sharper bound is sure: digits, hashes and the smaller scripts reach this one
    (docs/decisions/0008-bytes-and-tokens.md). A text of nothing but signs that stand for whole phrases, as U+FDFA does,
    may exceed it. Raises UnicodeEncodeError for a lone surrogate.
    """
    return size(text) + SPECIAL


def least(text: str) -> int:
    """Tokens at least, without special ones: one a word that follows a blank, and one for every 8 ideographs.

    No tokenizer in use makes one token of two words. Other scripts without blanks count for next to nothing.
    """
    kinds = text.encode().translate(_KINDS)
    return kinds.count(b" a") + kinds.count(b"i") // HAN_A_TOKEN


def likely(text: str) -> int:
    """Tokens, special ones too, as an estimate has them: too many of prose and code, too few of digits and noise."""
    return estimate(size(text)) + SPECIAL


def by_rate(tokens: int, length: int) -> Callable[[str], int]:
    """Count by what a provider said of the same text, or of one like it: so many tokens for so many bytes of UTF-8.

    Close, and not sure: use it where a piece that is too long is refused, and `most` on what was refused.
    """
    rate = MARGIN * tokens / max(1, length)
    return lambda text: min(int(size(text) * rate), size(text)) + SPECIAL
