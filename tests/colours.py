"""Both ways to call, with nothing left to load when a test's clock starts to run."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

import any_llm.providers.openai
import any_llm.transport.asynchronous
import any_llm.transport.blocking  # noqa: F401
from any_llm import aembedding, embedding

if TYPE_CHECKING:
    from any_llm import CreateEmbeddingResponse


def in_a_loop(*arguments: Any, **options: Any) -> CreateEmbeddingResponse:
    """Call aembedding() in a loop of its own."""
    return asyncio.run(aembedding(*arguments, **options))


COLOURS = pytest.mark.parametrize("call", [embedding, in_a_loop], ids=["sync", "async"])
