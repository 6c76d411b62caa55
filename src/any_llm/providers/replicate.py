"""POST {base}/v1/models/{owner}/{name}/predictions of Replicate: a job, asked after until it is done.

Each model there has an input and an output of its own, so the caller says where the texts go: `input=` is what the API
calls `input`, with one of the PLACES in the field that takes them. Outputs are read by shape.
Source: https://replicate.com/docs/topics/predictions/create-a-prediction
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from any_llm.exceptions import InvalidModelError, InvalidRequestError
from any_llm.providers.fields import address, fields, refusal
from any_llm.providers.model_in_request import segments
from any_llm.providers.row import Limits
from any_llm.wire import Part, Refusal, Send

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from any_llm.wire import Batch, Call, Reply

OWNED = frozenset({"version"})
HOLD = "wait=30"
"""Seconds Replicate may keep the request open; less than a read may take, for after it we go on asking."""
RUNNING = frozenset({"starting", "processing"})
MEANING = {"failed": 422, "canceled": 422, "aborted": 503}
"""Ends that are none -> the HTTP status each stands for: the model's own error, which comes again; never begun."""
PLACES = ("$texts", "$texts_json", "$text")
HINT = (
    'say where the texts go: input={"field": "$texts"} for a list, "$texts_json" for a list written as JSON, '
    'or "$text" for one text a request.'
)


class Prediction(msgspec.Struct):
    """What every reply is."""

    id: str
    status: str
    output: msgspec.Raw = msgspec.Raw(b"null")
    error: Any = None


class Item(msgspec.Struct):
    """One of the outputs of models that say more than the vector."""

    embedding: msgspec.Raw


_prediction = msgspec.json.Decoder(Prediction)
_list = msgspec.json.Decoder(list[msgspec.Raw])
_item = msgspec.json.Decoder(Item)


class ReplicateAdapter:
    """Predictions are waited for; what a model charges for its time is no count of tokens."""

    def for_model(self, call: Call) -> Call:
        """The call with one text a request, where the model takes one."""
        template = call.extra.get("input")
        if not isinstance(template, dict) or "$text" not in template.values():
            return call
        return msgspec.structs.replace(call, row=call.row._replace(limits=Limits(items=1)))

    def encode(self, call: Call, batch: Batch) -> Send:
        """Put the texts in their place. A model with a version is "owner/name:version"."""
        content = fields(call, owned=OWNED)
        content["input"] = _filled(call, content.get("input"), batch.texts)
        name, colon, version = call.model.partition(":")
        if name.count("/") != 1:
            advice = "a model of Replicate is owner/name or owner/name:version"
            raise InvalidModelError(f"{call.model!r}: {advice}.", provider_name=call.row.name)
        path = "/v1/predictions" if colon else f"/v1/models/{segments(call, name)}/predictions"
        if colon:
            content["version"] = version
        headers = {} if "prefer" in map(str.lower, call.headers) else {"Prefer": HOLD}
        return Send(url=address(call, path), body=msgspec.json.encode(content), headers=headers)

    def follow(self, call: Call, reply: Reply) -> Send | None:
        """Ask this host after a prediction that runs; never an address the reply names, for the key goes with it."""
        read = _read(reply)
        if read is None or read.status not in RUNNING:
            return None
        return Send(method="GET", url=address(call, f"/v1/predictions/{quote(read.id, safe='')}"))

    def decode(self, call: Call, reply: Reply) -> Part:
        """Read a list of vectors, a list of {"embedding": vector}, or the one vector of one text."""
        read = _prediction.decode(reply.body)
        if read.status != "succeeded":
            raise msgspec.ValidationError("the prediction has a status that is not known here")
        output = _list.decode(read.output)
        first = bytes(output[0])[:1] if output else b""
        if first == b"{":
            return Part(vectors=[_item.decode(item).embedding for item in output])
        return Part(vectors=output if first == b"[" else [read.output])

    def status(self, reply: Reply) -> int:
        """A prediction that failed comes with a 200."""
        read = _read(reply)
        return reply.status if read is None else MEANING.get(read.status, reply.status)

    def explain(self, reply: Reply) -> Refusal:
        """Read a prediction's `error`, or {"title", "detail", "status"}."""
        read = _read(reply)
        if read is None:
            return refusal(reply)
        return Refusal(message=str(read.error or f"the prediction was {read.status}"), code=read.status)


def _filled(call: Call, template: Any, texts: Sequence[str]) -> Mapping[str, Any]:
    """The model's input with the texts in their place. Raises InvalidRequestError where there is not one place."""
    places = [field for field, value in template.items() if value in PLACES] if isinstance(template, dict) else []
    if len(places) != 1:
        raise InvalidRequestError(HINT, provider_name=call.row.name)
    place = template[places[0]]
    value: Any = texts if place == "$texts" else msgspec.json.encode(texts).decode()
    if place == "$text":
        (value,) = texts or ("",)  # for_model sees to it that there is one
    return {**template, places[0]: value}


def _read(reply: Reply) -> Prediction | None:
    try:
        return _prediction.decode(reply.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


adapter = ReplicateAdapter()
