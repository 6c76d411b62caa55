"""POST .../publishers/google/models/{model}: Vertex AI, by :predict or, for Gemini's later models, :embedContent.

Source: https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

import msgspec

from any_llm.exceptions import ContextLengthExceededError
from any_llm.providers.auth import proven
from any_llm.providers.counted import counted
from any_llm.providers.fields import address, fields, refusal
from any_llm.providers.google import google
from any_llm.providers.model_in_request import segments
from any_llm.providers.row import Limits, Names
from any_llm.wire import Part, Send

if TYPE_CHECKING:
    from any_llm.providers.auth import Flow
    from any_llm.wire import Batch, Call, Refusal, Reply

OWNED = frozenset({"model", "instances", "content", "contents", "requests"})
OF_AN_INSTANCE = frozenset({"task_type", "title", "mimeType"})
CONTINENTS = frozenset({"us", "eu"})
"""Locations of several regions, which have addresses of another form."""


class Method(NamedTuple):
    """How a model is asked, and what it may be asked."""

    name: str
    names: Names
    limits: Limits


_PREDICT_NAMES = Names(
    dimensions="outputDimensionality", input_type="task_type",
    roles={
        "query": "RETRIEVAL_QUERY", "document": "RETRIEVAL_DOCUMENT", "classification": "CLASSIFICATION",
        "clustering": "CLUSTERING", "similarity": "SEMANTIC_SIMILARITY",
    },
    overflow="autoTruncate", policies={"error": False, "truncate": True},
)  # fmt: skip
PREDICT = Method("predict", _PREDICT_NAMES, Limits(items=250, tokens=20_000, input_tokens=2048))
PREDICT_ONE = PREDICT._replace(limits=Limits(items=1, input_tokens=2048))
EMBED_TEXT = Method("embedContent", _PREDICT_NAMES._replace(input_type="taskType"), Limits(items=1))
EMBED = Method(
    "embedContent",
    # It has no role, and autoTruncate is for models of text alone; the reply says whether the text was cut.
    Names(
        dimensions="outputDimensionality", overflow="autoTruncate", policies={"truncate": True}, refuses_overflow=True
    ),
    Limits(items=1, input_tokens=8192),
)


class Statistics(msgspec.Struct):
    """Numbers pass through a protobuf Value: they may be floats."""

    token_count: Any = None
    truncated: bool = False


class Embedding(msgspec.Struct):
    """One vector."""

    values: msgspec.Raw
    statistics: Statistics | None = None


class Prediction(msgspec.Struct):
    """One text's."""

    embeddings: Embedding


class Body(msgspec.Struct, rename="camel"):
    """A 200 reply of either method."""

    predictions: list[Prediction] | None = None
    embedding: Embedding | None = None
    truncated: bool = False
    usage_metadata: Any = None
    """May be missing."""


_decoder = msgspec.json.Decoder(Body)


class VertexAdapter:
    """An API key (express mode), or Application Default Credentials."""

    def authorise(self, call: Call) -> Flow | None:
        """Fetch a token where there is no key."""
        return None if proven(call) else google(call)

    def for_model(self, call: Call) -> Call:
        """The call with the names and limits of its model."""
        method = method_of(call.model)
        return msgspec.structs.replace(call, row=call.row._replace(names=method.names, limits=method.limits))

    def encode(self, call: Call, batch: Batch) -> Send:
        """Write the body of the model's method."""
        method = method_of(call.model)
        own = fields(call, owned=OWNED)
        content: dict[str, Any]
        if method.name == "predict":
            each = {name: own.pop(name) for name in [*own] if name in OF_AN_INSTANCE}
            content = {"instances": [{"content": text, **each} for text in batch.texts]}
            content |= {"parameters": own} if own else {}
        else:
            (text,) = batch.texts or ("",)
            content = {"content": {"parts": [{"text": text}]}}
            content |= {"embedContentConfig": own} if own else {}
        return Send(url=f"{_model_address(call)}:{method.name}", body=msgspec.json.encode(content))

    def decode(self, call: Call, reply: Reply) -> Part:
        """Read the vectors by order. Raises ContextLengthExceededError when a text was cut without leave."""
        read = _decoder.decode(reply.body)
        given = [each.embeddings for each in read.predictions or ()] + ([read.embedding] if read.embedding else [])
        statistics = [each.statistics or Statistics() for each in given]
        cut = read.truncated or any(each.truncated for each in statistics)
        if cut and call.options.overflow != "truncate" and not call.extra.get("autoTruncate"):
            reason = 'a text is longer than the model reads, and was cut. Shorten it, or pass overflow="truncate".'
            raise ContextLengthExceededError(f"{call.model}: {reason}", None, call.row.name, status_code=reply.status)
        counts = [counted(each.token_count) for each in statistics]
        tokens = None if None in counts else sum(filter(None, counts))
        if read.embedding is not None:
            tokens = counted(read.usage_metadata, "promptTokenCount")
        return Part(vectors=[each.values for each in given], prompt_tokens=tokens, total_tokens=tokens)

    def explain(self, reply: Reply) -> Refusal:
        """Read {"error": {"code", "message", "status"}}."""
        return refusal(reply)


def method_of(model: str) -> Method:
    """Tell by the model's name, as Google's own SDK does."""
    name = model.rpartition("/")[2]
    if name.endswith("maas"):
        return EMBED_TEXT
    if not name.startswith("gemini-embedding-"):
        return PREDICT
    return PREDICT_ONE if name.startswith(("gemini-embedding-001", "gemini-embedding-exp")) else EMBED


def _model_address(call: Call) -> str:
    """Say whose project, and where; an API key (express mode) says both by itself."""
    express = call.key is not None or call.row.auth[0].lower() in map(str.lower, call.headers)
    location = call.client.get("location") or "global"
    if call.base == call.row.api_base and not express and location != "global":
        host = f"aiplatform.{location}.rep" if location in CONTINENTS else f"{location}-aiplatform"
        call = msgspec.structs.replace(call, base=f"https://{host}.googleapis.com")
    path = call.model
    if not path.startswith(("projects/", "publishers/", "models/")):
        publisher, name = path.split("/", 1) if "/" in path else ("google", path)
        path = f"publishers/{publisher}/models/{name}"
    path = segments(call, path)
    if not (express or path.startswith("projects/")):
        project = call.client.get("project")
        # "{project}" is filled in from the credentials, which may know it.
        path = f"projects/{quote(project, safe='') if project else '{project}'}/locations/{location}/{path}"
    return address(call, f"/{call.client.get('api_version', 'v1')}/{path}")


adapter = VertexAdapter()
