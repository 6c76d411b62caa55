"""What of a reply is no JSON, though many a server writes it: NaN and Infinity, as their languages print them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from any_llm.wire import Reply

if TYPE_CHECKING:
    from any_llm.providers.row import Adapter
    from any_llm.wire import Call, Part

_TOKENS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[-+]?\b(?:nan|inf|infinity)\b', re.IGNORECASE)
"""Texts, so that they are stepped over whole, and what stands for no number."""


def without_literals(body: bytes | bytearray) -> bytes:
    """Put null in the place of each, so that the rest can be read, and the vector that holds it be named."""
    return _TOKENS.sub(lambda found: found[0] if found[0].startswith(b'"') else b"null", body)


def decoded(adapter: Adapter, call: Call, reply: Any) -> Part:
    """Read a reply; where NaN makes it no JSON, read the rest: the vector that holds it is named."""
    try:
        return adapter.decode(call, reply)
    except msgspec.DecodeError:
        body = without_literals(reply.body) if isinstance(reply, Reply) else b""
        if not body or body == reply.body:
            raise
        return adapter.decode(call, msgspec.structs.replace(reply, body=body))
