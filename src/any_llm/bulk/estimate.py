"""What would a job cost? A look through the input, and nothing is sent."""

from __future__ import annotations

from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import msgspec

from any_llm import AnyLLM
from any_llm.bulk import reading, sources
from any_llm.bulk.asking import asking
from any_llm.bulk.shards import SHARD_ROWS, look

if TYPE_CHECKING:
    from any_llm import LLMProvider

BYTES_PER_TOKEN, FEWEST_BYTES = 4, 2
"""Of most texts, and of such that are dear: digits, code, other scripts."""
MILLION = 1_000_000


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """What a job would be. None: unknown."""

    rows: int
    texts: int
    """Different ones: what is sent."""
    duplicates: int
    without_text: int
    """Rows whose text is null."""
    blank: int
    """Rows whose text is empty or white space."""
    too_long: int | None
    """Rows of which the text is longer than the model reads, at four bytes a token."""
    tokens: int
    """At four bytes a token."""
    tokens_at_most: int
    """At two, which the texts of few corpora come near."""
    requests: int
    usd: float | None
    """At the list price, for `tokens`."""
    usd_at_most: float | None
    seconds: float | None
    """At the rate that was given with rpm or tpm."""


def estimate_file(
    source: str | Path,
    *,
    model: str,
    column: str = reading.TEXT,
    input_format: str | None = None,
    batch_size: int | None = None,
    provider: str | LLMProvider | None = None,
    client_args: dict[str, Any] | None = None,
) -> Estimate:
    """Read the input through, and say what embed_file() would send and cost. Nothing is sent, and no key is needed."""
    given = client_args or {}
    asked = asking(
        model, provider=provider, api_key=None, api_base=None, client_args=given, options={}, batch_size=batch_size,
        collect=True,
    )  # fmt: skip
    row = AnyLLM.get_provider_class(asked.provider).row
    info = AnyLLM.get_model_info(asked.model, asked.provider)
    longest = None if info is None or info.max_input_tokens is None else info.max_input_tokens * BYTES_PER_TOKEN
    with TemporaryDirectory() as folder:
        corpus = sources.given(source)
        if str(corpus) == sources.STANDARD_INPUT:
            corpus = sources.spooled(Path(folder), input_format)
        counts = look(sources.files(corpus), column, SHARD_ROWS, input_format, longest).counts
    tokens, at_most = ceil(counts.bytes / BYTES_PER_TOKEN), ceil(counts.bytes / FEWEST_BYTES)
    price = None if info is None or "usd_per_million_tokens" in info.estimated else info.usd_per_million_tokens
    price = 0.0 if row.kind == "in-process" else price
    requests = max(ceil(counts.unique / asked.batch), ceil(tokens / (row.limits.tokens or tokens or 1)))
    rates = [(requests, given.get("rpm")), (tokens, given.get("tpm"))]
    waits = [60 * count / rate for count, rate in rates if rate]
    return Estimate(
        rows=counts.rows,
        texts=counts.unique,
        duplicates=counts.rows - counts.missing - counts.unique,
        without_text=counts.missing,
        blank=counts.blank,
        too_long=None if longest is None else counts.long,
        tokens=tokens,
        tokens_at_most=at_most,
        requests=requests,
        usd=None if price is None else tokens * price / MILLION,
        usd_at_most=None if price is None else at_most * price / MILLION,
        seconds=max(waits, default=None),
    )
