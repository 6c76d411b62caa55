"""Zhipu BigModel: the OpenAI shape, with other limits for its older model.

Source: https://docs.bigmodel.cn/api-reference/ (text embedding)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from any_llm.providers import openai
from any_llm.providers.model_in_request import limited
from any_llm.providers.row import Limits

if TYPE_CHECKING:
    from any_llm.wire import Call

LIMITS = {"embedding-2": Limits(tokens=8000, input_tokens=512)}
"""The row has those of embedding-3."""


class ZhipuAdapter(openai.OpenAIAdapter):
    """Only the limits of that model differ."""

    def for_model(self, call: Call) -> Call:
        """The call with the limits of its model."""
        return limited(call, LIMITS)


adapter = ZhipuAdapter()
