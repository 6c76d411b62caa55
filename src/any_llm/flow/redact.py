"""Keep the caller's texts and keys out of errors: providers echo them in their messages."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from any_llm.secret import Secret, secretive

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

WINDOW = 12
"""Characters. A text this long is taken out wherever it stands; a shorter one only in quotes, for it may be a word."""
RUN = 2 * WINDOW - 1
"""Characters: a run this long that is also a run of an input is taken out; it holds one aligned window whole."""
LONGEST = 600
"""Characters of a provider's message that an error keeps."""
QUOTES = "'\"`"
SHORT = 8
"""Characters of a key; a shorter one is a dummy, and taken out as a whole word only: it may be a part of others."""


def redact(message: str, texts: Sequence[str]) -> str:
    """Replace what the message repeats of the inputs, and cut what is left to a readable length."""
    message = message[: 3 * LONGEST]
    forms = [form for text in texts for form in (_forms(text) if "\\" in message else (text,)) if form]
    spans = sorted([*_whole(message, forms), *_runs(message, "\0".join(forms))])
    pieces, kept = [], 0
    for start, stop in spans:
        if start > kept or (start == kept == 0):
            pieces += [message[kept:start], "[input]"]
        kept = max(kept, stop)
    whole = "".join([*pieces, message[kept:]])
    return whole if len(whole) <= LONGEST else whole[:LONGEST] + " ..."


def without_secrets(message: str, *carriers: Mapping[str, str]) -> str:
    """Replace the keys that these headers and query parameters carry."""
    for carrier in carriers:
        for name, value in carrier.items():
            secret = value.rpartition(" ")[2]  # less "Bearer "
            if secret and secret in message and (isinstance(value, Secret) or secretive(name)):
                message = _without(message, secret)
    return message


def _without(message: str, secret: str) -> str:
    if len(secret) >= SHORT:
        return message.replace(secret, "***")
    return re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", "***", message)


def _forms(text: str) -> set[str]:
    """A text as it stands, and as JSON and Python quote it."""
    return {text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1], repr(text)[1:-1]}


def _whole(message: str, forms: Sequence[str]) -> Iterator[tuple[int, int]]:
    for form in forms:
        if len(form) >= RUN or form not in message:
            continue
        at = message.find(form)
        while at >= 0:
            stop = at + len(form)
            quoted = at > 0 and message[at - 1] in QUOTES and message[stop : stop + 1] == message[at - 1]
            if quoted:
                yield at - 1, stop + 1
            elif len(form) >= WINDOW:
                yield at, stop
            at = message.find(form, at + 1)


def _runs(message: str, joined: str) -> Iterator[tuple[int, int]]:
    """Every run of RUN characters or more that stands in `joined` too; near the windows that do, for speed."""
    stop = 0
    for start in _starts(message, joined):
        stop = max(stop, start)
        while stop < len(message) and message[start : stop + 1] in joined:
            stop += 1
        if stop - start >= RUN:
            yield start, stop


def _starts(message: str, joined: str) -> Iterator[int]:
    """Where a run may begin: up to WINDOW - 1 characters before a window that stands in `joined`, or inside one."""
    begun = 0
    for window in range(0, len(message) - WINDOW + 1, WINDOW):
        if message[window : window + WINDOW] in joined:
            begun = max(begun, window - WINDOW + 1)
            yield from range(begun, window + 1)
            begun = window + 1
