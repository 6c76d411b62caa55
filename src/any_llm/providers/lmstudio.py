"""POST {host}/v1/embeddings: LM Studio, OpenAI's shape with a count of tokens that is always 0.

Source: https://lmstudio.ai/docs/developer/openai-compat
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from any_llm.providers import catalogue, openai

if TYPE_CHECKING:
    from any_llm.wire import Batch, Call, Part, Reply, Send


class LMStudioAdapter(openai.OpenAIAdapter):
    """What differs is what it leaves out."""

    def encode(self, call: Call, batch: Batch) -> Send:
        """Take a host without a scheme, as its SDK does."""
        return super().encode(_with_scheme(call), batch)

    def decode(self, call: Call, reply: Reply) -> Part:
        """Take no count of 0 for a measurement. Source: lmstudio-ai/lmstudio-bug-tracker, issue 1546."""
        read = openai.part(reply)
        return msgspec.structs.replace(
            read, prompt_tokens=read.prompt_tokens or None, total_tokens=read.total_tokens or None
        )

    def models(self, call: Call, after: str | None) -> Send:
        """Take such a host here too."""
        return catalogue.models(_with_scheme(call), after)


def _with_scheme(call: Call) -> Call:
    return call if "://" in call.base else msgspec.structs.replace(call, base=f"http://{call.base}")


adapter = LMStudioAdapter()
