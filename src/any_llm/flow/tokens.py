"""How many tokens a text may be, with no tokenizer and no download: by its bytes, corrected by usage."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

BYTES_PER_TOKEN = 2
"""English has 4 to 5 bytes a token, code 2 to 4, CJK 2 to 5; two is on the safe side of all but digits and noise."""
MARGIN = 1.25
"""Corrected estimates stay this much above the highest rate seen."""
LEAST, MOST = 0.5, 4.0
"""Bounds of a correction: 4 bytes a token, and 2 tokens a byte. Usage that says otherwise counts something else."""
REPLIES = 32
"""A place's rate is the highest of so many replies: English after digits is held for as dear as they are."""
TELLING = 256
"""Estimated tokens; in a reply to fewer, what stands around each text counts for too much."""

Seen = tuple[float, ...]
"""Tokens by the provider's count for each by our estimate, of a place's newest replies, the newest last."""


def size(text: str) -> int:
    """Count bytes of UTF-8. Raises UnicodeEncodeError for a lone surrogate, which no provider can be sent."""
    return len(text) if text.isascii() else len(text.encode())


def sizes(texts: Sequence[str]) -> list[int]:
    """Count bytes of UTF-8 of each."""
    return list(map(len if all(map(str.isascii, texts)) else size, texts))


def estimate(size_in_bytes: int, rate: float = 1.0) -> int:
    """Tokens at most, for a text of so many bytes, at the rate of a place."""
    return ceil((size_in_bytes // BYTES_PER_TOKEN + 1) * rate)


def estimates(sizes_in_bytes: Sequence[int], rate: float = 1.0) -> list[int]:
    """The same of each."""
    plain = [each // BYTES_PER_TOKEN + 1 for each in sizes_in_bytes]
    return plain if rate == 1 else [ceil(each * rate) for each in plain]


def rate(seen: Seen) -> float:
    """What estimates are multiplied by, from what was seen; 1 where nothing was."""
    return min(MOST, max(LEAST, MARGIN * max(seen))) if seen else 1.0


def learn(seen: Seen, texts: Sequence[str], counted: int) -> Seen:
    """Add what the provider counted in these texts, which it took or refused."""
    estimated = sum(estimates(sizes(texts)))
    if estimated < TELLING or counted < 1:
        return seen
    return (*seen[1 - REPLIES :], counted / estimated)
