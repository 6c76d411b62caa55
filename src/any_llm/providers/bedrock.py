"""POST {base}/model/{model}/invoke: Amazon Bedrock, where each family of models has a body of its own.

Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from any_llm.providers import aws
from any_llm.providers.counted import counted
from any_llm.providers.fields import address, fields
from any_llm.providers.model_in_request import segments
from any_llm.providers.row import Limits, Names
from any_llm.wire import Part, Send

if TYPE_CHECKING:
    from any_llm.providers.auth import Flow
    from any_llm.wire import Batch, Call, Refusal, Reply

OWNED = frozenset({"modelId", "inputText", "inputImage", "texts", "images", "inputs", "taskType"})
COUNT = "x-amzn-bedrock-input-token-count"
"""The header that counts tokens: the bodies of Cohere's models have no count, and that of Nova need not."""
WORDS = (
    (
        re.compile(r"too many input tokens|expected maxlength|input is too long", re.IGNORECASE),
        "context_length_exceeded",
    ),
    (re.compile(r"model identifier is invalid", re.IGNORECASE), "model_not_found"),
)
"""What ValidationException says in words alone, and our code for it."""


class Family(NamedTuple):
    """Models with one body."""

    names: Names
    limits: Limits


ONE = Limits(items=1, input_tokens=8192)
TITAN_V1 = Family(Names(refuses_overflow=True), ONE)
TITAN = Family(Names(dimensions="dimensions", refuses_overflow=True), ONE)
TITAN_IMAGE = Family(Names(dimensions="outputEmbeddingLength", refuses_overflow=True), Limits(items=1))
NOVA = Family(
    Names(
        dimensions="embeddingDimension", input_type="embeddingPurpose", default_role="GENERIC_INDEX",
        roles={
            "query": "GENERIC_RETRIEVAL", "document": "GENERIC_INDEX", "classification": "CLASSIFICATION",
            "clustering": "CLUSTERING",
        },
        overflow="truncationMode", policies={"error": "NONE", "truncate": "END"},
    ),
    ONE,
)  # fmt: skip
COHERE_V3 = Family(
    Names(
        dtype="embedding_types", dtypes={name: [name] for name in ("int8", "uint8", "binary", "ubinary")},
        input_type="input_type", default_role="search_document",
        roles={
            "query": "search_query", "document": "search_document", "classification": "classification",
            "clustering": "clustering",
        },
        # "NONE" is the default here, and Bedrock has refused short texts when it was sent:
        # https://github.com/run-llama/llama_index/issues/13376
        overflow="truncate", policies={"truncate": "END"}, refuses_overflow=True,
    ),
    Limits(items=96),
)  # fmt: skip
COHERE = COHERE_V3._replace(names=COHERE_V3.names._replace(dimensions="output_dimension"))
FAMILIES = {
    "titan-embed-text-v1": TITAN_V1,
    "titan-embed-g1-text": TITAN_V1,
    "titan-embed-image": TITAN_IMAGE,
    "cohere.embed-english-v3": COHERE_V3,
    "cohere.embed-multilingual-v3": COHERE_V3,
    "cohere.embed": COHERE,
    "nova": NOVA,
}
"""By a part of the model's name, which a region's prefix or an ARN may surround. All others are written as Titan."""


class Body(msgspec.Struct, rename="camel"):
    """A 200 reply of any family."""

    embedding: msgspec.Raw = msgspec.Raw()
    embeddings: msgspec.Raw = msgspec.Raw()
    embeddings_by_type: dict[str, msgspec.Raw] = {}
    input_text_token_count: Any = None
    input_token_count: Any = None


class Item(msgspec.Struct):
    """One of Nova's vectors, with the kind of input it stands for."""

    embedding: msgspec.Raw


_decoder = msgspec.json.Decoder(Body)
_lists = msgspec.json.Decoder(list[msgspec.Raw])
_types = msgspec.json.Decoder(dict[str, msgspec.Raw])
_item = msgspec.json.Decoder(Item)


class BedrockAdapter:
    """A bearer key, or a signature."""

    def authorise(self, call: Call) -> Flow | None:
        """Send the key, where there is one, as AWS's own SDK prefers it; else sign."""
        return aws.sign(call, "bedrock")

    def for_model(self, call: Call) -> Call:
        """The call with the names and limits of its model's family."""
        family = family_of(call)
        return msgspec.structs.replace(call, row=call.row._replace(names=family.names, limits=family.limits))

    def status(self, reply: Reply) -> int:
        """See to it that keys which ran out are looked for again."""
        return aws.meant(reply)

    def encode(self, call: Call, batch: Batch) -> Send:
        """Write the body of the model's family."""
        own = fields(call, owned=OWNED)
        model = segments(call, call.model).replace("/", "%2F")  # an ARN has slashes
        url = address(call, f"/model/{model}/invoke")
        return Send(url=url, body=msgspec.json.encode(_body(family_of(call), call, batch, own)))

    def decode(self, call: Call, reply: Reply) -> Part:
        """Read the vectors by order, and the tokens from the body or the header."""
        read = _decoder.decode(reply.body)
        own = read.input_text_token_count
        tokens = counted(read.input_token_count if own is None else own)
        if tokens is None and (word := reply.headers.get(COUNT, "")).isdecimal():
            tokens = int(word)
        return Part(vectors=_vectors(read, call.options.dtype or "float32"), prompt_tokens=tokens, total_tokens=tokens)

    def explain(self, reply: Reply) -> Refusal:
        """Read {"message"}, and the type of error from its header."""
        told = aws.explained(reply)
        code = next((code for words, code in WORDS if words.search(told.message)), None)
        return told if code is None else msgspec.structs.replace(told, code=code)


def family_of(call: Call) -> Family:
    """Tell by the model's name, or where an ARN hides it, by `base_model` in client_args."""
    name = call.client.get("base_model") or call.model
    return next((family for part, family in FAMILIES.items() if part in name), TITAN)


def _body(family: Family, call: Call, batch: Batch, own: dict[str, Any]) -> dict[str, Any]:
    if family in (COHERE, COHERE_V3):
        return {"texts": batch.texts, **own}
    (text,) = batch.texts or ("",)
    if family is NOVA:
        mode = own.pop("truncationMode")
        version = own.pop("schemaVersion", "nova-multimodal-embed-v1")
        single = {**own, "text": {"truncationMode": mode, "value": text}}
        return {"schemaVersion": version, "taskType": "SINGLE_EMBEDDING", "singleEmbeddingParams": single}
    if family is TITAN_IMAGE and "outputEmbeddingLength" in own:
        own["embeddingConfig"] = {"outputEmbeddingLength": own.pop("outputEmbeddingLength")}
    if family is TITAN and call.options.normalize is not None:
        own.setdefault("normalize", call.options.normalize)
    return {"inputText": text, **own}


def _vectors(read: Body, dtype: str) -> list[msgspec.Raw]:
    """The vectors of that kind. Raises msgspec.ValidationError when there are none."""
    if _start(read.embedding) == b"[":
        return [read.embedding]
    if read.embeddings_by_type:
        return [_of_kind(read.embeddings_by_type, dtype)]
    kind = _start(read.embeddings)
    if kind not in (b"{", b"["):  # Titan's image model says in a 200 what it would not do
        raise msgspec.ValidationError("the reply holds no embedding")
    vectors = _lists.decode(_of_kind(_types.decode(read.embeddings), dtype) if kind == b"{" else read.embeddings)
    is_nova = bool(vectors) and _start(vectors[0]) == b"{"
    return [_item.decode(vector).embedding for vector in vectors] if is_nova else vectors


def _start(value: msgspec.Raw) -> bytes:
    """What kind of JSON it is, without a copy of it."""
    return bytes(memoryview(value)[:1])


def _of_kind(types: dict[str, msgspec.Raw], dtype: str) -> msgspec.Raw:
    """The floats, or what the caller's own field asked for alone; of another dtype, that one."""
    given = {name: vectors for name, vectors in types.items() if _start(vectors) != b"n"}
    if not given or (dtype != "float32" and dtype not in given):
        raise msgspec.ValidationError(f"the reply holds no embedding of {dtype}")
    name = "float" if dtype == "float32" else dtype
    return given[name] if name in given else next(iter(given.values()))


adapter = BedrockAdapter()
