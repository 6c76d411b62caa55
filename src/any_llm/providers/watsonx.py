"""POST {base}/ml/v1/text/embeddings?version=...: IBM watsonx.ai, whose key is exchanged for a token.

Source: https://cloud.ibm.com/apidocs/watsonx-ai#text-embeddings
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from any_llm.exceptions import InvalidRequestError
from any_llm.providers.auth import exchanged, form, to_exchange
from any_llm.providers.counted import counted
from any_llm.providers.fields import address, fields, refusal
from any_llm.wire import Part, Refusal, Send

if TYPE_CHECKING:
    from any_llm.providers.auth import Flow
    from any_llm.wire import Batch, Call, Reply

OWNED = frozenset({"model_id", "inputs"})
IAM = "https://iam.cloud.ibm.com/identity/token"
GRANT = "urn:ibm:params:oauth:grant-type:apikey"
VERSION = "2024-03-13"
"""The day whose form of the API is meant."""
TOO_LONG = re.compile(r"longer than the specified maximum sequence length", re.IGNORECASE)


class Result(msgspec.Struct):
    """One vector, in the order of the inputs."""

    embedding: msgspec.Raw


class Body(msgspec.Struct):
    """A 200 reply."""

    results: list[Result]
    model_id: str | None = None
    input_token_count: Any = None


class Trouble(msgspec.Struct):
    """One of a refusal's errors."""

    message: str = "no message"
    code: str | None = None


class Troubles(msgspec.Struct):
    """A refusal."""

    errors: list[Trouble]


_decoder = msgspec.json.Decoder(Body)


class WatsonxAdapter:
    """A key of IBM's cloud, which is never sent to the service, or a token of one's own."""

    def authorise(self, call: Call) -> Flow | None:
        """Exchange the key at IAM. A header of the caller's own (on-premises: ZenApiKey) goes as it is."""
        key = to_exchange(call)
        if key is None:
            return None
        send = form(call.client.get("auth_url", IAM), {"grant_type": GRANT, "apikey": key})
        return exchanged(call, send, key)

    def encode(self, call: Call, batch: Batch) -> Send:
        """Name the space, or else the project, that pays."""
        payer = next((name for name in ("space_id", "project_id") if call.client.get(name)), None)
        if payer is None:
            reason = "watsonx.ai needs project_id= or space_id= in client_args (or WATSONX_PROJECT_ID)."
            raise InvalidRequestError(reason, provider_name=call.row.name)
        content: dict[str, Any] = {"model_id": call.model, "inputs": batch.texts, payer: call.client[payer]}
        content.update(fields(call, owned=OWNED))
        url = address(call, "/ml/v1/text/embeddings", {"version": call.client.get("api_version", VERSION)})
        return Send(url=url, body=msgspec.json.encode(content))

    def decode(self, call: Call, reply: Reply) -> Part:
        """Read the vectors by order."""
        read = _decoder.decode(reply.body)
        tokens = counted(read.input_token_count)
        vectors = [result.embedding for result in read.results]
        return Part(vectors=vectors, prompt_tokens=tokens, total_tokens=tokens, model=read.model_id)

    def explain(self, reply: Reply) -> Refusal:
        """Read {"errors": [{"code", "message"}], "trace"}."""
        try:
            first = msgspec.json.decode(reply.body, type=Troubles).errors[0]
        except (msgspec.DecodeError, UnicodeDecodeError, IndexError):
            return refusal(reply)
        too_long = TOO_LONG.search(first.message)
        return Refusal(
            message=first.message, code="context_length_exceeded" if too_long else first.code, error_type=first.code
        )


adapter = WatsonxAdapter()
