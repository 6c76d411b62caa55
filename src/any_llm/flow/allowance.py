"""What a reply says of how much is left, and of when to come back: every form of header in use."""

from __future__ import annotations

import datetime as dt
import re
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from any_llm.wire import Reply

Kind = Literal["requests", "tokens"]
RATE_LIMITED = 429


class Family(NamedTuple):
    """Headers that belong together."""

    kind: Kind
    limit: str
    left: str
    reset: str
    """Empty where there is none."""
    period: float = 60.0
    """Seconds the limit is for. Where nothing says when all is back, it is taken to be when the clock's next begins."""


FAMILIES = (
    # OpenAI: "1s", "6m0s", "20ms" until all is back. https://platform.openai.com/docs/guides/rate-limits
    # Azure: whole seconds, or no reset at all. Groq, SambaNova, Fireworks, Scaleway: the same names. Jina: `remaining`
    # alone. LiteLLM and others hand on what their provider said. Read 2026-11-22, as all below.
    Family("requests", "x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),
    Family("tokens", "x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
    # Mistral: a minute's, with no reset; months and a query's cost stand beside them. Replies of 2026.
    Family("requests", "x-ratelimit-limit-req-minute", "x-ratelimit-remaining-req-minute", ""),
    # Mistral; and Cerebras with a reset in seconds, "33011.382867". https://inference-docs.cerebras.ai
    Family(
        "tokens",
        "x-ratelimit-limit-tokens-minute",
        "x-ratelimit-remaining-tokens-minute",
        "x-ratelimit-reset-tokens-minute",
    ),
    # Mistral until 2025; gateways still hand them on.
    Family("tokens", "x-ratelimitbysize-limit-minute", "x-ratelimitbysize-remaining-minute", "ratelimitbysize-reset"),
    # Fireworks: what is read and what is written are counted apart. https://docs.fireworks.ai/guides/quotas_usage
    Family("tokens", "x-ratelimit-limit-tokens-prompt", "x-ratelimit-remaining-tokens-prompt", ""),
    # Together: a second's. https://docs.together.ai/docs/rate-limits OpenRouter: reset as epoch milliseconds.
    # Cohere: reset as epoch seconds (cohere 7.3.1, core/http_client.py).
    Family("requests", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", 1.0),
    Family("tokens", "x-tokenlimit-limit", "x-tokenlimit-remaining", "x-tokenlimit-reset", 1.0),
    # watsonx: a second's, refilled all the time, with no reset (ibm-watsonx-ai, foundation_models/embeddings).
    Family("requests", "x-requests-limit-rate", "x-requests-limit-remaining", "", 1.0),
    # IETF's drafts up to 07. https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
    Family("requests", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"),
)
LEFT = frozenset(family.left for family in FAMILIES)
# The later drafts', as Hugging Face writes them (huggingface_hub 2.4): "api";r=0;t=55 and "api";q=500;w=300.
STRUCTURED = re.compile(r"\br=(\d{1,15})\s*;\s*t=(\d{1,15})")
QUOTA = re.compile(r"\bq=(\d{1,15})")
# Google names the wait in the body of its error. https://cloud.google.com/apis/design/errors#error_details
RETRY_DELAY = re.compile(rb'"retryDelay"\s*:\s*"(\d{1,9}(?:\.\d{1,9})?)s"')

UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
PIECE = re.compile(r"(\d{1,15}(?:\.\d{0,15})?)(ms|us|µs|ns|d|h|m|s)")
EPOCH = 1e9
"""Seconds; a smaller number is a time from now, a larger one a date: 2001 and later."""
EPOCH_MILLISECONDS = 1e11


class Allowance(NamedTuple):
    """How much of one kind is left."""

    kind: Kind
    left: float
    limit: float | None
    """What there is when all is back; None: it does not say."""
    seconds: float
    """Until all is back."""


def allowances(reply: Reply, wall: float) -> Iterator[Allowance]:
    """Read what is left of each kind. `wall` is the time in epoch seconds."""
    headers = reply.headers
    telling = reply.status == RATE_LIMITED or not LEFT.isdisjoint(headers)
    for family in FAMILIES if telling else ():
        if family.left not in headers and (reply.status != RATE_LIMITED or family.reset not in headers):
            continue
        back = seconds(headers.get(family.reset), wall)
        # Refused, and told no more than when to come back: nothing is left.
        left = _number(headers.get(family.left, "0"))
        if left is not None and (family.left in headers or back is not None):
            back = family.period - wall % family.period if back is None else back
            yield Allowance(family.kind, left, _number(headers.get(family.limit)), back)
    if "ratelimit" in headers and (found := STRUCTURED.search(headers["ratelimit"])):
        quota = QUOTA.search(headers.get("ratelimit-policy", ""))
        yield Allowance("requests", float(found[1]), float(quota[1]) if quota else None, float(found[2]))


def asked(reply: Reply, wall: float) -> float | None:
    """Seconds the provider asks us to wait; None: it does not say. The plainest word counts.

    retry-after-ms, else Retry-After, else Google's RetryInfo, else when what has run out will be back.
    """
    headers = reply.headers
    if (milliseconds := _number(headers.get("retry-after-ms"))) is not None:
        return milliseconds / 1000
    if (said := seconds(headers.get("retry-after"), wall)) is not None:
        return said
    if (delay := RETRY_DELAY.search(reply.body)) is not None:
        return float(delay[1])
    if reply.status != RATE_LIMITED:
        return None
    return max((each.seconds for each in allowances(reply, wall) if each.left == 0), default=None)


def seconds(word: str | None, wall: float) -> float | None:
    """Read a time from now: seconds, "6m0s", "20ms", epoch seconds or milliseconds, an ISO or an HTTP date."""
    if word is None or len(word) > 64:  # noqa: PLR2004
        return None
    word = word.strip()
    if (number := _number(word)) is not None:
        if number < EPOCH:
            return number
        return max(0.0, (number / 1000 if number >= EPOCH_MILLISECONDS else number) - wall)
    pieces = PIECE.findall(word)
    if pieces and "".join(map("".join, pieces)) == word:
        return sum(float(number) * UNITS[unit] for number, unit in pieces)
    return _date(word, wall)


def _date(word: str, wall: float) -> float | None:
    for read in (dt.datetime.fromisoformat, parsedate_to_datetime):
        try:
            date = read(word)
            return max(0.0, date.replace(tzinfo=date.tzinfo or dt.UTC).timestamp() - wall)
        except (ValueError, OverflowError):
            continue
    return None


def _number(word: str | None) -> float | None:
    try:
        number = float(word or "")
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None
