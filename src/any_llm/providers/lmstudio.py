"""POST {host}/v1/embeddings: LM Studio, OpenAI's shape with a count of tokens that is always 0.

Source: https://lmstudio.ai/docs/developer/openai-compat
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from any_llm.providers import openai

if TYPE_CHECKING:
    from any_llm.wire import Batch, Call, Part, Reply, Send


class LMStudioAdapter(openai.OpenAIAdapter):
    """What differs is what it leaves out."""

    def encode(self, call: Call, batch: Batch) -> Send:
        """Take a host without a scheme, as its SDK does."""
        base = call.base if "://" in call.base else f"http://{call.base}"
        return super().encode(msgspec.structs.replace(call, base=base), batch)

    def decode(self, call: Call, reply: Reply) -> Part:
        """Take no count of 0 for a measurement. Source: lmstudio-ai/lmstudio-bug-tracker, issue 1546."""
        read = openai.part(reply)
        return msgspec.structs.replace(
            read, prompt_tokens=read.prompt_tokens or None, total_tokens=read.total_tokens or None
        )


adapter = LMStudioAdapter()
