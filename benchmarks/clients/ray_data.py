"""Ray Data, by map_batches() and OpenAI's SDK, as its users embed."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any

import numpy as np
import ray

from clients import AT_ONCE, BATCH, KEY, MODEL

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path


class Embed:
    """An actor with a client of its own, that has as much under way as the others."""

    def __init__(self, url: str) -> None:
        """Open it."""
        from openai import AsyncOpenAI

        self.client = AsyncOpenAI(api_key=KEY, base_url=url)

    async def __call__(self, batch: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """Many requests of a batch each at once."""
        texts = batch["text"].tolist()
        cut = [texts[begin : begin + BATCH] for begin in range(0, len(texts), BATCH)]
        replies = await asyncio.gather(*(self.client.embeddings.create(model=MODEL, input=each) for each in cut))
        found = [item.embedding for reply in replies for item in reply.data]
        yield {**batch, "embedding": np.array(found, np.float32)}


def file(url: str) -> Callable[[Path], Path]:
    """A file of texts into a folder of files of vectors. The cluster is up before it is timed."""
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    ray.data.DataContext.get_current().enable_progress_bars = False

    def call(source: Path) -> Path:
        output = source.with_name("ray")
        rows = ray.data.read_parquet(str(source))
        one = ray.data.ActorPoolStrategy(size=1)
        found = rows.map_batches(Embed, fn_constructor_args=(url,), batch_size=BATCH * AT_ONCE, compute=one)
        found.write_parquet(str(output))
        return output

    return call
