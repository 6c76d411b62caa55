"""POST {base}/v1/models/{model}:batchEmbedContents: Google's Gemini API.

Source: https://ai.google.dev/api/embeddings
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from any_llm.providers.fields import address, fields, refusal
from any_llm.providers.model_in_request import segments
from any_llm.wire import Part, Send

if TYPE_CHECKING:
    from any_llm.wire import Batch, Call, Refusal, Reply

OWNED = frozenset({"model", "content", "contents", "requests"})


class Embedding(msgspec.Struct):
    """One vector, in the order of the requests."""

    values: msgspec.Raw


class UsageMetadata(msgspec.Struct, rename="camel"):
    """May be missing."""

    prompt_token_count: int | None = None
    total_token_count: int | None = None


class Body(msgspec.Struct, rename="camel"):
    """A 200 reply: no model name, no index."""

    embeddings: list[Embedding]
    usage_metadata: UsageMetadata | None = None


_decoder = msgspec.json.Decoder(Body)


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
        usage = read.usage_metadata or UsageMetadata()
        return Part(
            vectors=[embedding.values for embedding in read.embeddings],
            prompt_tokens=usage.prompt_token_count,
            total_tokens=usage.total_token_count if usage.total_token_count is not None else usage.prompt_token_count,
        )

    def explain(self, reply: Reply) -> Refusal:
        """Read {"error": {"code", "message", "status"}}."""
        return refusal(reply)


adapter = GeminiAdapter()
