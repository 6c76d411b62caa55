"""Where does a character end, as readers see it? Accents, flags, families of emoji and syllables stay whole."""

from __future__ import annotations

import re
import unicodedata

JOINER = "\u200d"
"""Makes one sign of two emoji."""
EXTENDING = frozenset(
    [JOINER, "\u200c", "\u0e33", "\u0eb3", "\uff9e", "\uff9f"]
    + [chr(code) for block in (range(0x1F3FB, 0x1F400), range(0xE0020, 0xE0080)) for code in block]
)
"""What goes on with the character before it and is no mark: vowels of Thai and Lao, voicing, skin tones, tags."""
VIRAMA = 9
"""Combining class of the sign that binds a consonant to the next."""
FLAG_LETTERS = "".join(map(chr, range(0x1F1E6, 0x1F200)))
"""Two make a flag."""

_first, _rest, _whole = "\u1100-\u115f\ua960-\ua97c", "\u1160-\u11ff\ud7b0-\ud7fb", "\uac00-\ud7a3"
_korean = re.compile(f"[{_first}][{_first}{_rest}{_whole}]|[{_rest}{_whole}][{_rest}]")
"""Two letters of one Korean syllable."""


def within(text: str, start: int, place: int) -> bool:
    """Whether a cut at `place` would part a character. None reaches from before `start` over it.

    At least as careful as Unicode's extended grapheme clusters (UAX #29), but for signs that stand before a number.
    """
    before, after = text[place - 1], text[place : place + 1]
    if not after or (before.isascii() and after.isascii()):
        return before + after == "\r\n"
    if unicodedata.category(after)[0] == "M" or after in EXTENDING or before == JOINER:
        return True
    if after in FLAG_LETTERS:
        piece = text[start:place]
        return (len(piece) - len(piece.rstrip(FLAG_LETTERS))) % 2 == 1
    return _korean.match(before + after) is not None or unicodedata.combining(before) == VIRAMA
