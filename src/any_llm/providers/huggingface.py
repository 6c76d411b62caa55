"""POST {router}/models/{model}/pipeline/feature-extraction: Hugging Face's own models, and Inference Endpoints.

Source: https://huggingface.co/docs/inference-providers/tasks/feature-extraction
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from any_llm.providers import tei
from any_llm.providers.fields import address
from any_llm.providers.model_in_request import segments
from any_llm.wire import Send

if TYPE_CHECKING:
    from any_llm.wire import Batch, Call

ROUTER = "/hf-inference"


class HuggingFaceAdapter(tei.TEIAdapter):
    """The body of TEI, which runs behind it; only the address differs."""

    def encode(self, call: Call, batch: Batch) -> Send:
        """Name the model in the address of a router; an endpoint of one's own is used as it stands, as the SDK does."""
        parts = urlsplit(call.base)
        path = parts.path
        if path.rstrip("/").endswith(ROUTER):
            path = f"{path.rstrip('/')}/models/{segments(call, call.model)}/pipeline/feature-extraction"
        at_host = msgspec.structs.replace(call, base=f"{parts.scheme}://{parts.netloc}")
        return Send(url=address(at_host, path or "/"), body=tei.body(call, batch))


adapter = HuggingFaceAdapter()
