"""LiteLLM, which asks for numbers and not for base64, unless told: and then it does not decode what comes."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from clients import KEY, MODEL

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else it fetches its list of prices as it is imported

import litellm

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Vector = list[float]


def embed(url: str) -> Callable[[str], Vector]:
    """One text, one list."""
    call = partial(litellm.embedding, f"openai/{MODEL}", api_key=KEY, api_base=url)
    return lambda text: call(input=[text]).data[0]["embedding"]


def aembed(url: str) -> Callable[[str], Awaitable[Vector]]:
    """One text, one list, in a loop."""

    async def call(text: str) -> Vector:
        reply = await litellm.aembedding(f"openai/{MODEL}", input=[text], api_key=KEY, api_base=url)
        return reply.data[0]["embedding"]

    return call
