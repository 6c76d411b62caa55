"""POST {base}/accounts/{account_id}/ai/run/{model}: Cloudflare Workers AI's own shape, in an envelope.

Sources: https://developers.cloudflare.com/workers-ai/models/bge-m3/ and .../models/qwen3-embedding-0.6b/,
https://developers.cloudflare.com/workers-ai/platform/errors/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from any_llm.exceptions import InvalidRequestError
from any_llm.providers.fields import address, fields, refusal
from any_llm.providers.model_in_request import limited, segments
from any_llm.providers.roles import role
from any_llm.providers.row import Limits
from any_llm.wire import Part, Refusal, Send

if TYPE_CHECKING:
    from any_llm.wire import Batch, Call, Reply

OWNED = frozenset({"model", "text", "queries", "documents", "query", "contexts", "requests"})
ROLES = {"query": "queries", "document": "documents"}
"""The fields Qwen3 takes texts of these roles in; "text" is its other word for documents."""
LIMITS = {"@cf/qwen/": Limits(items=32)}
MEANING = {
    3003: 400, 3039: 400, 5004: 400, 5006: 400, 3023: 403, 3041: 403, 5016: 403, 5018: 403, 3042: 404, 5007: 404,
    5005: 405, 5019: 405, 3007: 408, 3008: 408, 3006: 413,
    3036: 402, 3040: 429,  # both come with a 429: the day's allocation is spent; no machine is free just now
}  # fmt: skip
"""Its codes -> the HTTP status each stands for."""


class Result(msgspec.Struct):
    """Vectors by order; no usage, no model name."""

    data: list[msgspec.Raw]


class Problem(msgspec.Struct):
    """One of the errors."""

    code: int | str | None = None
    message: str = "no message"


class Envelope(msgspec.Struct):
    """What every reply comes in."""

    result: msgspec.Raw = msgspec.Raw(b"null")
    success: bool = True
    errors: list[Problem] | None = None


_envelope = msgspec.json.Decoder(Envelope)
_result = msgspec.json.Decoder(Result)


class CloudflareAdapter:
    """The native endpoint: only there do Qwen3's queries and documents have fields of their own."""

    def for_model(self, call: Call) -> Call:
        """The call with the limits of its model; bge-m3 alone can be told to cut, and refuses unless told."""
        names = call.row.names
        if call.model.endswith("/bge-m3"):
            names = names._replace(overflow="truncate_inputs", policies={"truncate": True}, refuses_overflow=True)
        elif "qwen3-embedding" in call.model:
            names = names._replace(roles=ROLES, role_chooses="field")
        return limited(msgspec.structs.replace(call, row=call.row._replace(names=names)), LIMITS)

    def encode(self, call: Call, batch: Batch) -> Send:
        """Write the texts into the field of their role; the slashes of a model's name stay."""
        field = role(call.row, call.model, call.options.input_type).word or "text"
        content: dict[str, Any] = {field: batch.texts, **fields(call, owned=OWNED)}
        url = address(msgspec.structs.replace(call, base=_account(call)), f"/ai/run/{segments(call, call.model)}")
        return Send(url=url, body=msgspec.json.encode(content))

    def decode(self, call: Call, reply: Reply) -> Part:
        """Read the vectors out of the envelope."""
        return Part(vectors=_result.decode(_envelope.decode(reply.body).result).data)

    def status(self, reply: Reply) -> int:
        """Tell an error from a 200 by `success`, and a spent allocation from a busy moment by its code."""
        refused = _refused(reply)
        if refused is None:
            return reply.status
        otherwise = 500 if reply.status in range(200, 300) else reply.status
        return MEANING.get(refused.code, otherwise) if isinstance(refused.code, int) else otherwise

    def explain(self, reply: Reply) -> Refusal:
        """Read {"success": false, "errors": [{"code", "message"}]}."""
        refused = _refused(reply)
        if refused is None:
            return refusal(reply)
        return Refusal(message=refused.message, code=None if refused.code is None else str(refused.code))


def _account(call: Call) -> str:
    """The account's address: the base may name the account already, as it does for OpenAI's SDK."""
    base = call.base.rstrip("/")
    if "/accounts/" in base:
        return base.removesuffix("/v1").removesuffix("/ai")
    account = call.client.get("account_id")
    if not account:
        ways = "pass account_id= in client_args or set CLOUDFLARE_ACCOUNT_ID"
        raise InvalidRequestError(f"{call.row.title} needs an account: {ways}.", provider_name=call.row.name)
    return f"{base}/accounts/{segments(call, str(account))}"


def _refused(reply: Reply) -> Problem | None:
    try:
        envelope = _envelope.decode(reply.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return None if envelope.success else (envelope.errors or [Problem()])[0]


adapter = CloudflareAdapter()
