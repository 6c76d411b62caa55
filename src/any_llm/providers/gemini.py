"""POST {base}/v1/models/{model}:batchEmbedContents: Google's Gemini API.

Source: https://ai.google.dev/api/embeddings
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from any_llm.providers.catalogue import named
from any_llm.providers.counted import counted
from any_llm.providers.fields import address, fields, refusal
from any_llm.providers.model_in_request import segments
from any_llm.wire import Page, Part, Send

if TYPE_CHECKING:
    from any_llm.wire import Batch, Call, Refusal, Reply

OWNED = frozenset({"model", "content", "contents", "requests"})
METHOD = "embedContent"
"""What a model lists among its methods when it embeds."""


class Embedding(msgspec.Struct):
    """One vector, in the order of the requests."""

    values: msgspec.Raw


class Body(msgspec.Struct, rename="camel"):
    """A 200 reply: no model name, no index."""

    embeddings: list[Embedding]
    usage_metadata: Any = None
    """May be missing."""


class Listed(msgspec.Struct, rename="camel"):
    """One model, and the methods it has."""

    name: str
    supported_generation_methods: list[str] | None = None


class ListBody(msgspec.Struct, rename="camel"):
    """A 200 reply to GET /v1/models.

    Source: https://ai.google.dev/api/models
    """

    models: list[Listed] = []
    next_page_token: str | None = None


_decoder = msgspec.json.Decoder(Body)
_list_decoder = msgspec.json.Decoder(ListBody)


class GeminiAdapter:
    """One request object a text: several parts in one content would give one fused vector."""

    def encode(self, call: Call, batch: Batch) -> Send:
        """Write the options into each request object."""
        model = call.model if "/" in call.model else f"models/{call.model}"
        each = fields(call, owned=OWNED)
        requests = [{"model": model, "content": {"parts": [{"text": text}]}, **each} for text in batch.texts]
        version = call.client.get("api_version", "v1")
        url = address(call, f"/{version}/{segments(call, model)}:batchEmbedContents")
        return Send(url=url, body=msgspec.json.encode({"requests": requests}))

    def decode(self, call: Call, reply: Reply) -> Part:
        """Read the vectors by order."""
        read = _decoder.decode(reply.body)
        return Part(
            vectors=[embedding.values for embedding in read.embeddings],
            prompt_tokens=counted(read.usage_metadata, "promptTokenCount"),
            total_tokens=counted(read.usage_metadata, "totalTokenCount", "promptTokenCount"),
        )

    def explain(self, reply: Reply) -> Refusal:
        """Read {"error": {"code", "message", "status"}}."""
        return refusal(reply)

    def models(self, call: Call, after: str | None) -> Send:
        """Ask for a page."""
        version = call.client.get("api_version", "v1")
        return Send(method="GET", url=address(call, f"/{version}/models", {"pageToken": after} if after else {}))

    def listed(self, call: Call, reply: Reply) -> Page:
        """Read the models that embed, and those that do not say what they do."""
        read = _list_decoder.decode(reply.body)
        names = [item.name for item in read.models if METHOD in (item.supported_generation_methods or [METHOD])]
        found = [named(call, name.removeprefix("models/"), owner="google") for name in names]
        return Page(found, read.next_page_token or None)


adapter = GeminiAdapter()
