"""POST {base}/model/{model}/invoke: Amazon Bedrock, where each family of models has a body of its own.

Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

import msgspec

from any_llm.providers import aws
from any_llm.providers.auth import as_given, has_key
from any_llm.providers.fields import address, fields, refusal
from any_llm.providers.row import Limits, Names
from any_llm.wire import Part, Send

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from any_llm.providers.auth import Flow
    from any_llm.wire import Batch, Call, Refusal, Reply

OWNED = frozenset(
    {"modelId", "inputText", "inputImage", "texts", "images", "inputs", "taskType", "singleEmbeddingParams"}
)
COUNT = "x-amzn-bedrock-input-token-count"
"""The header that counts the tokens; the bodies of Cohere's models and of Nova need not."""
COHERE_ROLES = {
    "query": "search_query",
    "document": "search_document",
    "classification": "classification",
    "clustering": "clustering",
}
NOVA_ROLES = {
    "query": "GENERIC_RETRIEVAL",
    "document": "GENERIC_INDEX",
    "classification": "CLASSIFICATION",
    "clustering": "CLUSTERING",
}
WORDS = (
    (re.compile(r"too many input tokens|expected maxlength|input is too long", re.IGNORECASE), "context_length_exceeded"),
    (re.compile(r"model identifier is invalid", re.IGNORECASE), "model_not_found"),
)
"""What ValidationException has no code of its own for."""


def _titan(call: Call, batch: Batch, own: dict[str, Any]) -> dict[str, Any]:
    """One text. `normalize` is its own field, too."""
    return {"inputText": _one(batch), **own}


def _titan_v2(call: Call, batch: Batch, own: dict[str, Any]) -> dict[str, Any]:
    """One text, made a unit vector unless told otherwise."""
    asked = {} if call.options.normalize is None else {"normalize": call.options.normalize}
    return {"inputText": _one(batch), **asked, **own}


def _titan_image(call: Call, batch: Batch, own: dict[str, Any]) -> dict[str, Any]:
    """One text. A width of its own lies a level down."""
    width = own.pop("outputEmbeddingLength", None)
    return {"inputText": _one(batch), **own, **({} if width is None else {"embeddingConfig": {"outputEmbeddingLength": width}})}


def _cohere(call: Call, batch: Batch, own: dict[str, Any]) -> dict[str, Any]:
    return {"texts": batch.texts, **own}


def _nova(call: Call, batch: Batch, own: dict[str, Any]) -> dict[str, Any]:
    """One text. What is asked of it lies a level down, what is done when it is too long two."""
    text = {"truncationMode": own.pop("truncationMode"), "value": _one(batch)}
    return {
        "schemaVersion": own.pop("schemaVersion", "nova-multimodal-embed-v1"),
        "taskType": "SINGLE_EMBEDDING",
        "singleEmbeddingParams": {**own, "text": text},
    }
