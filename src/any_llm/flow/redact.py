"""Keep the caller's texts out of errors: providers echo them in their messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

WINDOW = 12
"""Characters: any echo of 2 * WINDOW - 1 or more holds one aligned window of the message whole."""
LONGEST = 600
"""Characters of a provider's message that an error keeps."""


def redact(message: str, texts: Sequence[str]) -> str:
    """Replace every run of the message that is also a run of an input, and cut what is left to a readable length."""
    message = message[: 8 * LONGEST]
    joined = "\0".join(texts)
    for text in texts:
        if 0 < len(text) < 2 * WINDOW:
            for quoted in (f"'{text}'", f'"{text}"', f"`{text}`"):
                message = message.replace(quoted, "[input]")
    pieces: list[str] = []
    kept = position = 0
    while position + WINDOW <= len(message):
        if message[position : position + WINDOW] not in joined:
            position += WINDOW
            continue
        start, stop = position, position + WINDOW
        while start > kept and message[start - 1 : stop] in joined:
            start -= 1
        while stop < len(message) and message[start : stop + 1] in joined:
            stop += 1
        # A dozen characters alike may be chance ("input length"); an echo is longer, or the whole text.
        if stop - start >= 2 * WINDOW - 1 or message[start:stop] in texts:
            pieces += [message[kept:start], "[input]"]
            kept = stop
        position = stop
    whole = "".join([*pieces, message[kept:]])
    return whole if len(whole) <= LONGEST else whole[:LONGEST] + " ..."
