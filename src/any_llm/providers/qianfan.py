"""Baidu Qianfan: the OpenAI shape, with a model that takes one text a request.

Source: https://cloud.baidu.com/doc/qianfan-api/s/Fm7u3ropn
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from any_llm.providers import openai
from any_llm.providers.model_in_request import limited
from any_llm.providers.row import Limits

if TYPE_CHECKING:
    from any_llm.wire import Call

LIMITS = {"tao-8k": Limits(items=1, input_tokens=8192)}


class QianfanAdapter(openai.OpenAIAdapter):
    """Only the limits of that model differ."""

    def for_model(self, call: Call) -> Call:
        """The call with the limits of its model."""
        return limited(call, LIMITS)


adapter = QianfanAdapter()
