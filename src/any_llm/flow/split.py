"""Where is an over-long text cut? Into pieces that the model can read, at the best places near their ends."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from any_llm.exceptions import InvalidRequestError
from any_llm.flow.bounds import most
from any_llm.flow.characters import within
from any_llm.providers.row import LEAST_ROOM

if TYPE_CHECKING:
    from collections.abc import Callable

    Count = Callable[[str], int]
    """Tokens of a text, special ones too."""

TRIES = 6
"""Ends tried for one piece by its tokens so far; after them its size is halved until it fits."""
GROWTH = 8
"""Times that a piece may grow from one try to the next."""
LONGEST_CHARACTER = 32
"""Code points looked through for the beginning of what readers see as one character."""
ENDS: tuple[tuple[tuple[str, ...], int], ...] = (
    (("\n\n",), 3),
    (("\n", ". ", "! ", "? ", "。", "！", "？", "।", "۔"), 3),  # noqa: RUF001  # full stops of other scripts
    ((" ", "\t", "\u3000"), 2),
)
"""What a piece may end with, best first: paragraphs, sentences, words. 3: in its last third, 2: in its last half."""
_blanks = re.compile(r"\s*")


def pieces(text: str, limit: int, *, count: Count = most) -> list[str]:
    """Cut a text into pieces of at most `limit` tokens by `count`; a text that fits is one piece.

    Joined, the pieces give the text back; only a run of blanks too long for a piece is left out. None is blank,
    unless the whole text is. They end after a paragraph, a sentence or a word where there is one, else between
    characters as readers see them; a character longer than the limit stands alone. Without a `count` each byte is taken
    for a token, which is sure whatever the tokenizer. Raises InvalidRequestError when the limit leaves no room.
    """
    if count(text) <= limit:
        return [text]
    if limit < LEAST_ROOM:
        raise InvalidRequestError(f"{limit} tokens leave no room for text.")
    stop = len(text.rstrip())
    if not stop:
        return [text[: _reach(text, 0, 0, limit=limit, count=count, guess=limit)[0]]]
    found: list[str] = []
    start = end = first = 0
    guess = limit
    while end < stop:
        start, first = end, _after_blanks(text, end)
        if first > start and count(text[start : first + 1]) > limit:
            start = first
        end, tokens = _reach(text, start, first, limit=limit, count=count, guess=guess)
        found.append(text[start:end])
        guess = _likely(end - start, tokens, limit) + 1
    return (
        [*found[:-1], *_with_blanks(text, start, first, stop, limit=limit, count=count)] if end < len(text) else found
    )


def _with_blanks(text: str, start: int, first: int, stop: int, *, limit: int, count: Count) -> list[str]:
    """The last piece as two, the second of which can hold the blanks after `stop` that end the text, if any can."""
    head = first if count(text[stop:]) < limit else stop
    while head + 1 < stop:
        head = (head + stop) // 2
        cut = _good_end(text, start, first, head)
        if count(text[cut:]) <= limit:
            return [text[start:cut], text[cut:]]
    return [text[start:stop]]


def _after_blanks(text: str, start: int) -> int:
    blanks = _blanks.match(text, start)
    return blanks.end() if blanks else start


def _reach(text: str, start: int, first: int, *, limit: int, count: Count, guess: int) -> tuple[int, int]:
    """Where a piece from `start` ends, and its tokens. It holds the character at `first` in any case.

    Its size is guessed from the tokens of the try before, so that no stretch is counted more than a few times.
    """
    fits, cost = 0, 0
    raw, attempt = start + guess, 0
    while True:
        attempt += 1
        end = _good_end(text, start, first, max(first + 1, raw))
        if end <= fits:
            return fits, cost
        tokens = count(text[start:end])
        wanted = _likely(end - start, tokens, limit)
        if tokens <= limit:
            fits, cost = end, tokens
            if end == len(text) or 8 * tokens >= 5 * limit:
                return fits, cost
            raw = start + wanted + 1
        elif end == first + 1:
            return end, tokens
        else:
            raw = start + (wanted if attempt <= TRIES else (end - start) // 2)


def _likely(length: int, tokens: int, limit: int) -> int:
    """Characters that fill a piece, if as many as `length` have so many tokens."""
    return min(GROWTH * length, length * limit // max(1, tokens))


def _good_end(text: str, start: int, first: int, raw: int) -> int:
    """The best place for a cut at `raw` or a little before it, after the character at `first`."""
    if raw >= len(text):
        return len(text)
    for marks, share in ENDS:
        low = max(first, raw - (raw - start) // share)
        end = max(place + len(mark) if (place := text.rfind(mark, low, raw)) >= 0 else 0 for mark in marks)
        if end and not within(text, start, end):
            return end
    for end in range(raw, max(first, raw - LONGEST_CHARACTER), -1):
        if not within(text, start, end):
            return end
    return raw
