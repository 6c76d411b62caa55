"""POST {base}/embeddings of MiniMax: a shape of its own, and errors under HTTP 200.

Source: https://platform.minimax.io/docs/api-reference/errorcode
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from any_llm.providers.counted import counted
from any_llm.providers.fields import address, fields, refusal
from any_llm.wire import Part, Refusal, Send

if TYPE_CHECKING:
    from any_llm.wire import Batch, Call, Reply

OWNED = frozenset({"model", "texts"})
MEANING = {1000: 500, 1001: 408, 1002: 429, 1004: 401, 1008: 402, 1024: 500, 1039: 429, 2013: 400}
"""Its codes -> the HTTP status each stands for."""


class State(msgspec.Struct):
    """How it went: 0 is well."""

    status_code: int = 0
    status_msg: str = ""


class Body(msgspec.Struct):
    """A reply: no index, no model name; `vectors` is null beside an error."""

    vectors: list[msgspec.Raw] | None = None
    total_tokens: Any = None
    base_resp: State = msgspec.field(default_factory=State)


_decoder = msgspec.json.Decoder(Body)


class MiniMaxAdapter:
    """Each text has a role: "db", for what is stored, unless the caller asks for "query"."""

    def encode(self, call: Call, batch: Batch) -> Send:
        """Write the request; accounts with a group name it in the query."""
        content: dict[str, Any] = {"model": call.model, "texts": batch.texts, **fields(call, owned=OWNED)}
        group = call.client.get("group_id")
        url = address(call, call.row.path, {"GroupId": group} if group else None)
        return Send(url=url, body=msgspec.json.encode(content))

    def decode(self, call: Call, reply: Reply) -> Part:
        """Read the vectors by order."""
        read = _decoder.decode(reply.body)
        if read.vectors is None:
            raise msgspec.ValidationError("the reply holds no vectors")
        tokens = counted(read.total_tokens)
        return Part(vectors=read.vectors, prompt_tokens=tokens, total_tokens=tokens)

    def status(self, reply: Reply) -> int:
        """Tell an error from a 200 by `base_resp`."""
        state = _state(reply)
        return reply.status if state is None or not state.status_code else MEANING.get(state.status_code, 500)

    def explain(self, reply: Reply) -> Refusal:
        """Read {"base_resp": {"status_code", "status_msg"}}."""
        state = _state(reply)
        if state is None or not state.status_code:
            return refusal(reply)
        return Refusal(message=state.status_msg or "no message", code=str(state.status_code))


def _state(reply: Reply) -> State | None:
    try:
        return _decoder.decode(reply.body).base_resp
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


adapter = MiniMaxAdapter()
