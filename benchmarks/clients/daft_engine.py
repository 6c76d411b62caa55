"""Daft, by its own embed_text() and its own provider, at this address."""

from __future__ import annotations

from typing import TYPE_CHECKING

import daft
from daft.ai.openai.provider import OpenAIProvider
from daft.functions import embed_text

from clients import BATCH, KEY, MODEL

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def file(url: str) -> Callable[[Path], Path]:
    """A file of texts into a folder of files of vectors, in this process. How much is under way at once is its own."""
    daft.set_runner_native()
    provider = OpenAIProvider("openai", api_key=KEY, base_url=url, timeout=600)  # all its requests begin at once

    def call(source: Path) -> Path:
        output = source.with_name("daft")
        vectors = embed_text(daft.col("text"), provider=provider, model=MODEL, batch_size=BATCH)
        daft.read_parquet(str(source)).with_column("embedding", vectors).write_parquet(str(output))
        return output

    return call
