"""Where is an over-long text cut? Into pieces that the model can read, at the best places near their ends."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from any_llm.exceptions import InvalidRequestError
from any_llm.flow.bounds import most

if TYPE_CHECKING:
    from collections.abc import Callable

    Count = Callable[[str], int]
    """Tokens of a text, special ones too."""

LEAST_ROOM = 16
"""Tokens that a piece must have room for."""
TRIES = 6
"""Ends tried for one piece by its tokens so far; after them its size is halved until it fits."""
GROWTH = 8
"""Times that a piece may grow from one try to the next."""
LONGEST_CHARACTER = 32
"""Code points looked through for the beginning of what readers see as one character."""
ENDS: tuple[tuple[tuple[str, ...], int], ...] = (
    (("\n\n",), 4),
    (("\n", ". ", "! ", "? ", "。", "！", "？", "।", "۔"), 4),  # noqa: RUF001  # full stops of other scripts
    ((" ", "\t", "\u3000"), 2),
)
"""What a piece may end with, best first: paragraphs, sentences, words. 4: in its last quarter, 2: in its last half."""
VIRAMA = 9
"""Combining class of the sign that binds a consonant to the next."""

_blanks = re.compile(r"\s*")


def pieces(text: str, limit: int, *, count: Count = most) -> list[str]:
    """Cut a text into pieces of at most `limit` tokens by `count`; a text that fits is one piece.

    Joined, the pieces give the text back; only a run of blanks that no piece can hold is left out. None is blank,
    unless the whole text is. They end after a paragraph, a sentence or a word where there is one, else between
    characters as readers see them; a character longer than the limit stands alone. Without a `count` each byte is taken
    for a token, which is sure whatever the tokenizer. Raises InvalidRequestError when the limit leaves no room.
    """
    if limit < LEAST_ROOM:
        raise InvalidRequestError(f"{limit} tokens leave no room for text.")
    stop = len(text.rstrip())
    if not stop:
        return [text[: _reach(text, 0, 0, limit=limit, count=count, guess=limit)[0]]]
    found: list[str] = []
    start, guess = 0, limit
    while start < stop:
        first = _after_blanks(text, start)
        if first > start and count(text[start : first + 1]) > limit:
            start = first
        end, tokens = _reach(text, start, first, limit=limit, count=count, guess=guess)
        found.append(text[start:end])
        guess = (end - start) * limit // max(1, tokens) + 1
        start = end
    if start < len(text) and count(found[-1] + text[start:]) <= limit:
        found[-1] += text[start:]
    return found


def _after_blanks(text: str, start: int) -> int:
    blanks = _blanks.match(text, start)
    return blanks.end() if blanks else start


def _reach(text: str, start: int, first: int, *, limit: int, count: Count, guess: int) -> tuple[int, int]:
    """Where a piece from `start` ends, and its tokens. It holds the character at `first` in any case.

    Its size is guessed from the tokens of the try before, so that no stretch is counted more than a few times.
    """
    fits, cost, over = 0, 0, len(text) + 1
    raw, attempt = start + guess, 0
    while True:
        attempt += 1
        end = _good_end(text, start, first, max(first + 1, min(raw, over - 1)))
        if end <= fits:
            return fits, cost
        tokens = count(text[start:end])
        wanted = (end - start) * limit // max(1, tokens)
        if tokens <= limit:
            if end == len(text) or 8 * tokens >= 5 * limit or attempt > TRIES:
                return end, tokens
            fits, cost = end, tokens
            raw = start + min(wanted, GROWTH * (end - start)) + 1
        elif end <= first + 1:
            return end, tokens
        elif fits and attempt > TRIES:
            return fits, cost
        else:
            over = end
            raw = start + (wanted if attempt <= TRIES else (end - start) // 2)


def _good_end(text: str, start: int, first: int, raw: int) -> int:
    """The best place for a cut at `raw` or a little before it, after the character at `first`."""
    if raw >= len(text):
        return len(text)
    for marks, share in ENDS:
        low = max(first, raw - (raw - start) // share)
        end = max(place + len(mark) if (place := text.rfind(mark, low, raw)) >= 0 else 0 for mark in marks)
        if end > first and not _within_character(text, start, end):
            return end
    for end in range(raw, max(first, raw - LONGEST_CHARACTER), -1):
        if not _within_character(text, start, end):
            return end
    return raw


def _within_character(text: str, start: int, place: int) -> bool:
    """Whether a cut there would part what readers see as one character. None goes on across `start`."""
    before, after = text[place - 1], text[place : place + 1]
    if not after or (before.isascii() and after.isascii()):
        return before + after == "\r\n"
    if unicodedata.category(after)[0] == "M" or "\u200d" in (before, after):  # marks; the joiner of emoji
        return True
    if _is_flag_letter(after):
        run = 1
        while run <= place - start and _is_flag_letter(text[place - run]):
            run += 1
        return run % 2 == 0
    skin_or_tag = "\U0001f3fb" <= after <= "\U0001f3ff" or "\U000e0020" <= after <= "\U000e007f"
    jamo = "\u1100" <= after <= "\u11ff" and ("\u1100" <= before <= "\u11ff" or "\uac00" <= before <= "\ud7a3")
    return skin_or_tag or jamo or unicodedata.combining(before) == VIRAMA


def _is_flag_letter(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"
