"""A server of OpenAI's shape that shuffles, leaves out, gives NaN, or takes two texts a request: "7" is [7.0, 1.0]."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from loopback import Answer

if TYPE_CHECKING:
    from loopback import Request

TAKES = 2
"""Texts a request."""
TOO_MANY = f"at most {TAKES} inputs a request"


def items(request: Request) -> list[dict[str, Any]]:
    """Make the right vectors, in the right order."""
    given = request.json["input"]
    texts = [given] if isinstance(given, str) else given
    vectors = [[float(text) if text.isdigit() else 0.5, 1.0] for text in texts]
    return [{"object": "embedding", "index": at, "embedding": each} for at, each in enumerate(vectors)]


def reply(data: list[dict[str, Any]]) -> Answer:
    """Wrap them."""
    usage = {"prompt_tokens": 1, "total_tokens": 1}
    return Answer(body=json.dumps({"object": "list", "data": data, "model": "m", "usage": usage}).encode())


def shuffled(request: Request) -> Answer:
    """Answer in another order, with the right indexes."""
    return reply(items(request)[::-1])


def short(request: Request) -> Answer:
    """Leave the last vector out."""
    return reply(items(request)[:-1])


def nan(request: Request) -> Answer:
    """Give a last vector that is no number."""
    data = items(request)
    data[-1]["embedding"][0] = float("nan")
    return reply(data)


def capped(request: Request) -> Answer:
    """Refuse what is too much; shuffle the rest."""
    if len(items(request)) > TAKES:
        return Answer(400, json={"error": {"message": TOO_MANY, "type": "invalid_request_error"}})
    return shuffled(request)
