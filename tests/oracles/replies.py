"""Replies of each provider's true shape, with a vector of its own for each text."""

from __future__ import annotations

import base64
import json
import math
import random
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loopback import Answer, Request

if TYPE_CHECKING:
    from collections.abc import Callable

EXAMPLES = Path(__file__).parent.parent / "replies"
WIDTH = 12


def example(provider: str) -> Any:
    """Read the reply kept for this provider; replies/README.md says where its shape was read."""
    return json.loads((EXAMPLES / f"{provider}.json").read_text(encoding="utf-8"))


def vector(text: str, width: int) -> list[float]:
    """Invent numbers of length 1 that belong to this text alone, with more digits than a float32 holds."""
    numbers = random.Random(text)  # noqa: S311  # a fixed sequence is the point
    values = [numbers.uniform(-1, 1) * 10 ** numbers.randint(-6, 0) for _ in range(width)]
    return [value / math.hypot(*values) for value in values]


def tokens(texts: list[str]) -> int:
    """Count something that differs between the cases."""
    return sum(len(text.encode()) for text in texts)


def openai_shaped(provider: str, *, base64_understood: bool = True) -> Callable[[Request], Answer]:
    """POST .../embeddings as OpenAI defined it, with what this provider adds or leaves out."""

    def answer(request: Request) -> Answer:
        body = request.json
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        width = body.get("dimensions") or body.get("output_dimension") or WIDTH
        packed = base64_understood and body.get("encoding_format") == "base64"
        reply = example(provider)
        item = {name: value for name, value in reply["data"][0].items() if packed or name != "encoding_format"}
        reply["model"] = body["model"]
        reply["data"] = [
            {**item, "index": index, "embedding": (pack if packed else list)(vector(text, width))}
            for index, text in enumerate(texts)
        ]
        for name in {"prompt_tokens", "total_tokens"} & set(reply.get("usage", ())):
            reply["usage"][name] = tokens(texts)
        return Answer(json=reply)

    return answer


def pack(numbers: list[float]) -> str:
    """Write them as little-endian float32 in base64."""
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


def cohere(request: Request) -> Answer:
    """POST /v2/embed."""
    body, reply = request.json, example("cohere")
    reply["texts"] = body["texts"]
    made = [vector(text, body.get("output_dimension", WIDTH)) for text in body["texts"]]
    (kind,) = body["embedding_types"]
    reply["embeddings"] = {kind: made if kind == "float" else [[int(100 * value) for value in one] for one in made]}
    reply["meta"]["billed_units"]["input_tokens"] = float(tokens(body["texts"]))
    return Answer(json=reply)


def gemini(request: Request) -> Answer:
    """POST /v1/models/{model}:batchEmbedContents."""
    asked, reply = request.json["requests"], example("gemini")
    texts = ["".join(part["text"] for part in one["content"]["parts"]) for one in asked]
    reply["embeddings"] = [
        {"values": vector(text, one.get("outputDimensionality", WIDTH))} for text, one in zip(texts, asked, strict=True)
    ]
    usage = reply["usageMetadata"]
    usage["promptTokenCount"] = usage["totalTokenCount"] = tokens(texts)
    usage["promptTokensDetails"][0]["tokenCount"] = tokens(texts)
    return Answer(json=reply)


def ollama(request: Request) -> Answer:
    """POST /api/embed."""
    body, reply = request.json, example("ollama")
    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
    reply["model"] = body["model"]
    reply["embeddings"] = [vector(text, body.get("dimensions", WIDTH)) for text in texts]
    reply["prompt_eval_count"] = tokens(texts)
    return Answer(json=reply)


def gemini_without_usage(request: Request) -> Answer:
    """Leave out what this API may leave out."""
    reply = gemini(request).json
    del reply["usageMetadata"]
    return Answer(json=reply)
