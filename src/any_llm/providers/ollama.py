"""POST {host}/api/embed: Ollama's own shape.

Source: https://github.com/ollama/ollama/blob/main/docs/api.md#generate-embeddings
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from any_llm.providers.catalogue import named
from any_llm.providers.counted import counted
from any_llm.providers.fields import address, fields, refusal
from any_llm.wire import Page, Part, Send

if TYPE_CHECKING:
    from any_llm.wire import Batch, Call, Refusal, Reply

OWNED = frozenset({"model", "input"})
PORT = 11434


class Body(msgspec.Struct):
    """A 200 reply; a token count of zero is left out of it."""

    embeddings: list[msgspec.Raw]
    model: str | None = None
    prompt_eval_count: Any = None


class Listed(msgspec.Struct):
    """One model that was pulled."""

    name: str
    modified_at: str = ""


class ListBody(msgspec.Struct):
    """A 200 reply to GET /api/tags.

    Source: https://github.com/ollama/ollama/blob/main/docs/api.md#list-local-models
    """

    models: list[Listed] = []


_decoder = msgspec.json.Decoder(Body)
_list_decoder = msgspec.json.Decoder(ListBody)


class OllamaAdapter:
    """The native endpoint: it renormalises after a cut to `dimensions` and can be told to refuse long input."""

    def encode(self, call: Call, batch: Batch) -> Send:
        """Always a list: a bare empty string would be answered with no vector at all."""
        content: dict[str, Any] = {"model": call.model, "input": batch.texts, **fields(call, owned=OWNED)}
        return Send(url=address(_at_host(call), call.row.path), body=msgspec.json.encode(content))

    def decode(self, call: Call, reply: Reply) -> Part:
        """Read the vectors by order."""
        read = _decoder.decode(reply.body)
        tokens = counted(read.prompt_eval_count)
        return Part(vectors=read.embeddings, prompt_tokens=tokens, total_tokens=tokens, model=read.model)

    def explain(self, reply: Reply) -> Refusal:
        """Read {"error": str}."""
        return refusal(reply)

    def models(self, call: Call, after: str | None) -> Send:
        """Ask for what was pulled: it does not say which of them embed."""
        return Send(method="GET", url=address(_at_host(call), "/api/tags"))

    def listed(self, call: Call, reply: Reply) -> Page:
        """Read the names, tags and all, and when each was pulled."""
        read = _list_decoder.decode(reply.body)
        return Page([named(call, item.name, seconds(item.modified_at)) for item in read.models])


def _at_host(call: Call) -> Call:
    return msgspec.structs.replace(call, base=base_address(call.base))


def seconds(moment: str) -> float | None:
    """Unix seconds of an ISO 8601 moment with its offset; None for what is none."""
    try:
        return dt.datetime.fromisoformat(moment).timestamp()
    except ValueError:
        return None


def base_address(host: str) -> str:
    """Read OLLAMA_HOST as Ollama does: scheme, host and port may each be missing."""
    parts = urlsplit(host if "://" in host else f"//{host}")
    name = parts.hostname or "127.0.0.1"
    if ":" in name:
        name = f"[{name}]"
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, PORT)
    return f"{parts.scheme or 'http'}://{name}:{port}{parts.path.rstrip('/')}"


adapter = OllamaAdapter()
