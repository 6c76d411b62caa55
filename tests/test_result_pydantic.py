"""A result stands in pydantic models and FastAPI routes where OpenAI's class could stand."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from openai.types import CreateEmbeddingResponse as OpenAIResponse
from pydantic import BaseModel, TypeAdapter, ValidationError

from any_llm.types.completion import CreateEmbeddingResponse
from results import from_lists, from_vectors


class Ours(BaseModel):
    result: CreateEmbeddingResponse
    more: list[CreateEmbeddingResponse] = []


class Theirs(BaseModel):
    result: OpenAIResponse
    more: list[OpenAIResponse] = []


DATA = from_lists().model_dump()
OURS, THEIRS = (kind.model_validate({"result": DATA, "more": [DATA]}) for kind in (Ours, Theirs))


def bare(schema: Any, name: str) -> Any:
    """Leave out what differs by design: descriptions, and the names of the two models of this test."""
    if isinstance(schema, dict):
        return {key: bare(value, name) for key, value in schema.items() if key != "description"}
    return [bare(each, name) for each in schema] if isinstance(schema, list) else "Model" if schema == name else schema


def test_a_model_validates_it():
    result = from_vectors()
    assert Ours(result=result).result is result
    assert OURS.result == from_lists()
    assert Ours.model_validate_json(OURS.model_dump_json()) == OURS
    assert isinstance(OURS.more[0], CreateEmbeddingResponse)


@pytest.mark.parametrize("wrong", [{}, {**DATA, "model": 1}, None, [DATA]], ids=["empty", "wrong", "none", "list"])
def test_a_model_refuses_what_is_none(wrong):
    with pytest.raises(ValidationError, match="1 validation error for Ours"):
        Ours(result=wrong)


@pytest.mark.parametrize(
    ("method", "keywords"),
    [
        ("model_dump", {}),
        ("model_dump", {"mode": "json"}),
        ("model_dump", {"exclude": {"result": {"data"}, "more": True}}),
        ("model_dump", {"include": {"more": {0: {"data": {0: {"index"}}}}}}),
        ("model_dump", {"exclude_none": True, "by_alias": True}),
        ("model_dump_json", {}),
        ("model_dump_json", {"indent": 2}),
        ("model_dump_json", {"exclude": {"result": {"data": {"__all__": {"embedding"}}}}}),
    ],
    ids=str,
)
def test_a_model_dumps_it(method, keywords):
    ours, theirs = getattr(OURS, method)(**keywords), getattr(THEIRS, method)(**keywords)
    assert ours == theirs
    assert json.dumps(ours) == json.dumps(theirs)


@pytest.mark.parametrize("mode", ["validation", "serialization"])
def test_a_model_describes_it(mode):
    ours, theirs = Ours.model_json_schema(mode=mode), Theirs.model_json_schema(mode=mode)
    assert bare(ours, "Ours") == bare(theirs, "Theirs")


@pytest.mark.parametrize("part", [lambda noun: noun, lambda noun: noun.data[0], lambda noun: noun.usage])
def test_pydantic_sees_the_schema_we_say(part):
    kind = type(part(OURS.result))
    assert bare(TypeAdapter(kind).json_schema(), "") == kind.model_json_schema()


def application(kind: Any, result: Any) -> FastAPI:
    app = FastAPI()

    def annotated():
        return result

    annotated.__annotations__["return"] = kind
    app.get("/annotated")(annotated)
    app.get("/model", response_model=kind)(lambda: result)
    app.get("/short", response_model=kind, response_model_exclude={"data"})(lambda: result)
    app.get("/many", response_model=list[kind])(lambda: [result])
    return app


def test_a_route_returns_and_documents_it():
    with (
        TestClient(application(CreateEmbeddingResponse, from_lists())) as ours,
        TestClient(application(OpenAIResponse, THEIRS.result)) as theirs,
    ):
        for path in ("/annotated", "/model", "/short", "/many"):
            assert (ours.get(path).status_code, ours.get(path).text) == (200, theirs.get(path).text)
        documented = ours.get("/openapi.json").json()
        assert bare(documented, "") == bare(theirs.get("/openapi.json").json(), "")
    assert documented["components"]["schemas"].keys() == {"CreateEmbeddingResponse", "Embedding", "Usage"}


@pytest.mark.parametrize("path", ["/annotated", "/model"])
def test_a_route_writes_short_digits(path):
    with TestClient(application(CreateEmbeddingResponse, from_vectors())) as client:
        assert client.get(path).json()["data"][0]["embedding"] == [0.1, -0.2, 3.0]


def test_a_route_returns_base64():
    with TestClient(application(CreateEmbeddingResponse, from_vectors(as_base64=True))) as client:
        assert client.get("/annotated").json() == from_vectors(as_base64=True).model_dump()
