"""Replies of the great clouds' true shapes, with a vector of its own for each text."""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING, Any

from loopback import Answer
from oracles.replies import EXAMPLES, WIDTH, tokens, vector

if TYPE_CHECKING:
    from collections.abc import Callable

    from loopback import Request

COUNT = "x-amzn-bedrock-input-token-count"


def example(name: str) -> Any:
    """Read the reply kept under this name."""
    return json.loads((EXAMPLES / "clouds.json").read_text(encoding="utf-8"))[name]


def of_kind(numbers: list[float], kind: str) -> list[Any]:
    """Round to signed bytes, or pack the signs into unsigned ones."""
    if kind == "float":
        return numbers
    if kind == "int8":
        return [round(127 * number) for number in numbers]
    signs = [number > 0 for number in numbers]
    return [sum(sign << (7 - place) for place, sign in enumerate(signs[at : at + 8])) for at in range(0, len(signs), 8)]


def vertex(request: Request) -> Answer:
    """Answer :predict and :embedContent."""
    body = request.json
    if request.path.endswith(":predict"):
        reply, item = example("vertexai predict"), example("vertexai predict")["predictions"][0]["embeddings"]
        width = body.get("parameters", {}).get("outputDimensionality", WIDTH)
        texts = [each["content"] for each in body["instances"]]
        reply["predictions"] = [
            {"embeddings": {**item, "values": vector(text, width), "statistics": {"token_count": tokens([text])}}}
            for text in texts
        ]
        return Answer(json=reply)
    reply, text = example("vertexai embedContent"), body["content"]["parts"][0]["text"]
    reply["embedding"]["values"] = vector(text, body.get("embedContentConfig", {}).get("outputDimensionality", WIDTH))
    reply["usageMetadata"]["promptTokenCount"] = tokens([text])
    return Answer(json=reply)


def bedrock(name: str) -> Callable[[Request], Answer]:
    """Answer /model/{model}/invoke with this family's reply."""

    def answer(request: Request) -> Answer:
        body, reply = request.json, example(f"bedrock {name}")
        single = body.get("singleEmbeddingParams", {})
        text = body.get("inputText") or single.get("text", {}).get("value")
        texts = body.get("texts") or [text]
        width = body.get("dimensions") or body.get("output_dimension") or single.get("embeddingDimension") or WIDTH
        (kind,) = body.get("embedding_types", ["float"])
        vectors = [of_kind(vector(each, width), kind) for each in texts]
        if "embedding" in reply:
            reply |= {"embedding": vectors[0], "inputTextTokenCount": tokens(texts)}
        elif name == "cohere v3" and kind == "float":
            reply["embeddings"] = vectors
        elif name.startswith("cohere"):
            reply["embeddings"] = {kind: vectors}
        else:
            reply["embeddings"][0]["embedding"] = vectors[0]
        return Answer(json=reply, headers={COUNT: str(tokens(texts)), "x-amzn-requestid": "r-1"})

    return answer


def sagemaker(request: Request) -> Answer:
    """Answer as Text Embeddings Inference does."""
    return Answer(json=[vector(text, WIDTH) for text in request.json["inputs"]])


def watsonx(request: Request) -> Answer:
    """Answer as IAM, as the service, and about the project that only the SDK looks up."""
    if request.path == "/identity/token":
        ends = base64.urlsafe_b64encode(b'{"exp": 4102444800}').decode().rstrip("=")  # IBM's SDK reads it there
        return Answer(json={**example("watsonx token"), "access_token": f"e30.{ends}.c2ln"})
    if request.method == "GET":
        return Answer(json={"entity": {"storage": {"type": "bmcos_object_storage"}}})
    body, reply = request.json, example("watsonx")
    reply |= {"model_id": body["model_id"], "input_token_count": tokens(body["inputs"])}
    reply["results"] = [{"embedding": vector(text, WIDTH)} for text in body["inputs"]]
    return Answer(json=reply)


def gigachat(request: Request) -> Answer:
    """Answer as the exchange and as the service."""
    if request.path == "/oauth":
        return Answer(json={**example("gigachat token"), "expires_at": int((time.time() + 1800) * 1000)})
    body, reply = request.json, example("gigachat")
    reply["data"] = [
        {
            **reply["data"][0],
            "index": index,
            "embedding": vector(text, WIDTH),
            "usage": {"prompt_tokens": tokens([text])},
        }
        for index, text in enumerate(body["input"])
    ]
    return Answer(json=reply)


def azure(request: Request) -> Answer:
    """Answer as Foundry does."""
    body, reply = request.json, example("azure")
    width = body.get("dimensions", WIDTH)
    reply["data"] = [
        {
            **reply["data"][0],
            "index": index,
            "embedding": of_kind(vector(text, width), body.get("encoding_format", "float")),
        }
        for index, text in enumerate(body["input"])
    ]
    reply["usage"] = dict.fromkeys(reply["usage"], tokens(body["input"]))
    return Answer(json=reply)
