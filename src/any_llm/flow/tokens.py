"""How many tokens a text may be, with no tokenizer and no download."""

from __future__ import annotations

BYTES_PER_TOKEN = 2
"""English has about 4 bytes a token, code 3, CJK under 3; two is on the safe side of all but random bytes."""


def size(text: str) -> int:
    """Count bytes of UTF-8. Raises UnicodeEncodeError for a lone surrogate, which no provider can be sent."""
    return len(text) if text.isascii() else len(text.encode())


def estimate(size_in_bytes: int) -> int:
    """Tokens at most, for a text of so many bytes."""
    return size_in_bytes // BYTES_PER_TOKEN + 1
