"""POST {base}/v2/embed: Cohere's own shape.

Source: https://docs.cohere.com/reference/embed
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from any_llm.providers.catalogue import named
from any_llm.providers.counted import counted
from any_llm.providers.fields import address, fields, refusal
from any_llm.wire import Page, Part, Send

if TYPE_CHECKING:
    from any_llm.wire import Batch, Call, Refusal, Reply

OWNED = frozenset({"model", "texts", "images", "inputs"})


class Body(msgspec.Struct):
    """A 200 reply: vectors by type, in the order of the texts, with no model name."""

    embeddings: dict[str, list[msgspec.Raw] | None]
    meta: Any = None
    """Usage stands in its `billed_units`; `tokens` beside that is mostly null."""


class Listed(msgspec.Struct):
    """One model."""

    name: str


class ListBody(msgspec.Struct):
    """A 200 reply to GET /v1/models.

    Source: https://docs.cohere.com/reference/list-models
    """

    models: list[Listed]
    next_page_token: str | None = None


_decoder = msgspec.json.Decoder(Body)
_list_decoder = msgspec.json.Decoder(ListBody)


class CohereAdapter:
    """The v2 endpoint, which demands an input_type and cuts long texts unless told not to."""

    def encode(self, call: Call, batch: Batch) -> Send:
        """Ask for floats unless the caller asks for other embedding_types."""
        content: dict[str, Any] = {"model": call.model, "texts": batch.texts, "embedding_types": ["float"]}
        content.update(fields(call, owned=OWNED))
        return Send(url=address(call, call.row.path), body=msgspec.json.encode(content))

    def decode(self, call: Call, reply: Reply) -> Part:
        """Read the floats, or the one type the caller asked for."""
        read = _decoder.decode(reply.body)
        given = {name: vectors for name, vectors in read.embeddings.items() if vectors is not None}
        if not given:
            raise msgspec.ValidationError("the reply holds no embeddings")
        asked = call.options.dtype
        if asked not in (None, "float32") and asked not in given:
            raise msgspec.ValidationError(f"the reply holds no {asked} vectors")
        tokens = counted(read.meta.get("billed_units"), "input_tokens") if isinstance(read.meta, dict) else None
        name = asked if asked in given else "float"
        vectors = given[name] if name in given else next(iter(given.values()))
        return Part(vectors=vectors, prompt_tokens=tokens, total_tokens=tokens)

    def explain(self, reply: Reply) -> Refusal:
        """Read {"message": str, "id": str}."""
        return refusal(reply)

    def models(self, call: Call, after: str | None) -> Send:
        """Ask for those that embed."""
        query = {"endpoint": "embed"} | ({"page_token": after} if after else {})
        return Send(method="GET", url=address(call, "/v1/models", query))

    def listed(self, call: Call, reply: Reply) -> Page:
        """Read the names, and the token of the next page, which is empty on the last."""
        read = _list_decoder.decode(reply.body)
        return Page([named(call, item.name) for item in read.models], read.next_page_token or None)


adapter = CohereAdapter()
