"""POST {host}/serving-endpoints/{model}/invocations of a Databricks workspace: OpenAI's shape, the model in the path.

Source: https://docs.databricks.com/aws/en/machine-learning/model-serving/query-embedding-models
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from any_llm.providers import openai
from any_llm.providers.fields import address, fields
from any_llm.providers.model_in_request import segments
from any_llm.wire import Send

if TYPE_CHECKING:
    from any_llm.wire import Batch, Call

SERVING = "/serving-endpoints"


class DatabricksAdapter(openai.OpenAIAdapter):
    """Only the request differs. Every endpoint that embeds answers here: Databricks' models, external and own ones."""

    def encode(self, call: Call, batch: Batch) -> Send:
        """Take the workspace's address with or without scheme, and with or without /serving-endpoints."""
        host = call.base if "://" in call.base else f"https://{call.base}"
        at_host = msgspec.structs.replace(call, base=host.rstrip("/").removesuffix(SERVING))
        content = {"input": batch.texts, **fields(call, owned=openai.OWNED)}
        url = address(at_host, f"{SERVING}/{segments(call, call.model)}/invocations")
        return Send(url=url, body=msgspec.json.encode(content))


adapter = DatabricksAdapter()
