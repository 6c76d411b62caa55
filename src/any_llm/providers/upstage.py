"""Upstage: the OpenAI shape, where a text's role is the ending of the model's name.

Source: https://console.upstage.ai/docs/capabilities/embed
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from any_llm.providers import openai
from any_llm.providers.model_in_request import for_role

if TYPE_CHECKING:
    from any_llm.wire import Batch, Call, Send


class UpstageAdapter(openai.OpenAIAdapter):
    """Only the model's name differs: solar-embedding-2 becomes solar-embedding-2-query or solar-embedding-2-passage."""

    def encode(self, call: Call, batch: Batch) -> Send:
        """Name the model for the role asked for."""
        return super().encode(for_role(call), batch)


adapter = UpstageAdapter()
