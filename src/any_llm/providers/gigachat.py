"""POST {base}/embeddings: Sber's GigaChat, OpenAI's shape behind a token, with the usage of each input by itself.

Source: https://developers.sber.ru/docs/ru/gigachat/api/reference/rest/post-embeddings
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec

from any_llm.providers import openai
from any_llm.providers.auth import exchanged, form, to_exchange
from any_llm.providers.counted import counted
from any_llm.wire import Part

if TYPE_CHECKING:
    from any_llm.providers.auth import Flow
    from any_llm.wire import Call, Reply, Send

OAUTH = "https://ngw.devices.sberbank.ru:9443/api/v2/oauth"
SCOPE = "GIGACHAT_API_PERS"


class Item(msgspec.Struct):
    """One vector, and what it cost."""

    embedding: msgspec.Raw
    index: int | None = None
    usage: Any = None


class Body(msgspec.Struct):
    """A 200 reply."""

    data: list[Item]
    model: str | None = None


_decoder = msgspec.json.Decoder(Body)


class GigaChatAdapter(openai.OpenAIAdapter):
    """Its credentials, which are never sent to the service, or a token of one's own."""

    def authorise(self, call: Call) -> Flow | None:
        """Exchange the credentials for a token that lasts half an hour."""
        credentials = to_exchange(call)
        if credentials is None:
            return None
        send = form(
            call.client.get("auth_url", OAUTH),
            {"scope": call.client.get("scope", SCOPE)},
            {"Authorization": f"Basic {credentials}"},
        )
        return exchanged(call, msgspec.structs.replace(send, sign=_number), credentials)

    def decode(self, call: Call, reply: Reply) -> Part:
        """Read vectors by `index`, and add up their usage."""
        read = _decoder.decode(reply.body)
        counts = [counted(item.usage, "prompt_tokens") for item in read.data]
        tokens = None if None in counts else sum(filter(None, counts))
        indexes = [-1 if item.index is None else item.index for item in read.data]
        return Part(
            vectors=[item.embedding for item in read.data],
            indexes=None if all(item.index is None for item in read.data) else indexes,
            prompt_tokens=tokens,
            total_tokens=tokens,
            model=read.model,
        )


def _number(send: Send, now: float) -> dict[str, str]:
    """Number the request as a UUID of version 4 would: the exchange refuses one without. Nothing is told by it."""
    digits = sha256(f"{now!r} {send.headers['Authorization']}".encode()).hexdigest()
    return {"RqUID": f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:32]}"}


adapter = GigaChatAdapter()
