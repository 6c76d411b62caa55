"""POST {base}/embeddings: OpenAI's reply, but `embedding_type`, `task`, and a schema of its own for each model.

Source: https://github.com/tryAGI/Jina/blob/2a3f424/src/libs/Jina/openapi.json (Jina's own, 2026.04.02)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from any_llm.exceptions import InvalidRequestError, UnsupportedParameterError
from any_llm.providers import openai
from any_llm.providers.fields import address, fields
from any_llm.wire import Send

if TYPE_CHECKING:
    from collections.abc import Mapping

    from any_llm.wire import Batch, Call

ENCODINGS = ("float", "base64")
"""Values of `embedding_type` that give one float32 vector a text."""
VARYING = ("task", "dimensions", "normalized", "late_chunking")
"""Fields that some models have and others would ignore."""


class Family(NamedTuple):
    """What models whose names begin alike understand."""

    has: tuple[str, ...]
    roles: Mapping[str, str] = {}
    one_space: bool = False
    """A role that is not in `roles` needs nothing."""


_RETRIEVAL = {"query": "retrieval.query", "document": "retrieval.passage"}
FAMILIES = {
    "jina-embeddings-v5": Family(
        ("task", "dimensions", "normalized"),
        {
            **_RETRIEVAL,
            "similarity": "text-matching",
            "classification": "classification",
            "clustering": "clustering",
        },
    ),
    "jina-embeddings-v4": Family(
        ("task", "dimensions", "late_chunking"), {**_RETRIEVAL, "similarity": "text-matching"}
    ),
    "jina-embeddings-v3": Family(
        VARYING,
        {
            **_RETRIEVAL,
            "similarity": "text-matching",
            "classification": "classification",
            "clustering": "separation",
        },
    ),
    "jina-embeddings-v2": Family(("normalized",), one_space=True),
    # Without a task they take what they are given for a query about code.
    "jina-code-embeddings": Family(("task", "dimensions"), {"query": "nl2code.query", "document": "nl2code.passage"}),
    "jina-clip-v2": Family(("task", "dimensions", "normalized"), {"query": "retrieval.query"}, one_space=True),
    "jina-clip-v1": Family(("normalized",), one_space=True),
}
UNKNOWN = Family(VARYING)
"""A newer model: its own words pass, ours are not guessed."""
NO_VECTOR = {
    "jina-colbert": "gives a vector a token, not a text",
    "elser": "gives weights of words, not a vector",
}


class JinaAdapter(openai.OpenAIAdapter):
    """A field that the model at hand lacks would be ignored in silence: it is refused here."""

    def for_model(self, call: Call) -> Call:
        """The call with the names that its model's schema has. Raises for what the model would ignore."""
        for start, reason in NO_VECTOR.items():
            if call.model.startswith(start):
                raise InvalidRequestError(f"{call.model} {reason}: choose another model.", provider_name=call.row.name)
        family = next((family for start, family in FAMILIES.items() if call.model.startswith(start)), UNKNOWN)
        for name in VARYING:
            if name in call.extra and name not in family.has:
                raise UnsupportedParameterError(name, call.row.name, f"{call.model} has no such field.")
        names = call.row.names._replace(
            dimensions="dimensions" if "dimensions" in family.has else None,
            input_type="task" if "task" in family.has else None,
            roles=family.roles,
        )
        row = call.row._replace(names=names, one_space=(call.model,) if family.one_space else ())
        return msgspec.structs.replace(call, row=row)

    def encode(self, call: Call, batch: Batch) -> Send:
        """Write the fields that this model has."""
        content: dict[str, Any] = {"input": batch.texts, "model": call.model}
        if call.row.base64 and call.base64 and call.options.dtype in (None, "float32"):
            content["embedding_type"] = call.options.encoding_format or "base64"
        content.update(fields(call, owned=openai.OWNED))
        if call.extra.get("embedding_type", "float") not in ENCODINGS:
            raise UnsupportedParameterError("embedding_type", call.row.name, f"It can be {' or '.join(ENCODINGS)}.")
        if content.get("return_multivector"):
            raise UnsupportedParameterError("return_multivector", call.row.name, "A text has one vector here.")
        if content.get("late_chunking") and batch.indexes and batch.indexes[0]:
            raise InvalidRequestError(
                "late_chunking reads all inputs as one text, so they must fit one request: pass fewer.",
                provider_name=call.row.name,
            )
        return Send(url=address(call, call.row.path), body=msgspec.json.encode(content))


adapter = JinaAdapter()
