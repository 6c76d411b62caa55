"""POST {host}/api/embed: Ollama's own shape.

Source: https://github.com/ollama/ollama/blob/main/docs/api.md#generate-embeddings
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from any_llm.providers.fields import address, fields, refusal
from any_llm.wire import Part, Send

if TYPE_CHECKING:
    from any_llm.wire import Batch, Call, Refusal, Reply

OWNED = frozenset({"model", "input"})
PORT = 11434


class Body(msgspec.Struct):
    """A 200 reply; a token count of zero is left out of it."""

    embeddings: list[msgspec.Raw]
    model: str | None = None
    prompt_eval_count: int | None = None


_decoder = msgspec.json.Decoder(Body)


class OllamaAdapter:
    """The native endpoint: it renormalises after a cut to `dimensions` and can be told to refuse long input."""

    def encode(self, call: Call, batch: Batch) -> Send:
        """Always a list: a bare empty string would be answered with no vector at all."""
        content: dict[str, Any] = {"model": call.model, "input": batch.texts, **fields(call, owned=OWNED)}
        at_host = msgspec.structs.replace(call, base=base_address(call.base))
        return Send(url=address(at_host, call.row.path), body=msgspec.json.encode(content))

    def decode(self, call: Call, reply: Reply) -> Part:
        """Read the vectors by order."""
        read = _decoder.decode(reply.body)
        tokens = read.prompt_eval_count
        return Part(vectors=read.embeddings, prompt_tokens=tokens, total_tokens=tokens, model=read.model)

    def explain(self, reply: Reply) -> Refusal:
        """Read {"error": str}."""
        return refusal(reply)


def base_address(host: str) -> str:
    """Read OLLAMA_HOST as Ollama does: scheme, host and port may each be missing."""
    parts = urlsplit(host if "://" in host else f"//{host}")
    name = parts.hostname or "127.0.0.1"
    if ":" in name:
        name = f"[{name}]"
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, PORT)
    return f"{parts.scheme or 'http'}://{name}:{port}{parts.path.rstrip('/')}"


adapter = OllamaAdapter()
