"""Do we ask for a list of models as the official SDK does, and read what it reads?

What is expected is the SDK's recording. Every page is held, in turn.
"""

from __future__ import annotations

import asyncio
from functools import cache
from typing import TYPE_CHECKING

import msgspec
import pytest

import any_llm
from loopback import Loopback
from oracles.lists import LISTS, SHAPES, ListOracle, Seen
from oracles.shape import KEY
from test_wire_contract import IGNORED

if TYPE_CHECKING:
    from any_llm.types.model import Model

UNTOLD = IGNORED | {"content-type", "x-source", "x-title", "x-amzn-trace-id"}
"""Headers that say who sends; and the type of a body, which some SDKs tell of a GET that has none."""


class Asked(msgspec.Struct):
    """A request, without what says who sent it."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


def asked_of(server: Loopback) -> list[Asked]:
    told = [{name: one.headers[name] for name in one.headers.keys() - UNTOLD} for one in server.requests]
    return [
        Asked(one.method, one.path, one.query, headers, one.body)
        for one, headers in zip(server.requests, told, strict=True)
    ]


@cache
def of_the_sdk(number: int) -> tuple[bytes, list[Seen]]:
    """Record the SDK's requests (as JSON: nobody may change it) and what it read."""
    oracle = LISTS[number]
    with Loopback(oracle.answer) as server:
        seen = oracle.models(server.url + oracle.base, oracle)
    return msgspec.json.encode(asked_of(server)), seen


def of_ours(oracle: ListOracle, mode: str) -> tuple[list[Asked], list[Model]]:
    with Loopback(oracle.answer) as server:
        arguments = (oracle.provider, KEY, server.url + oracle.base, dict(oracle.client))
        call = any_llm.list_models(*arguments) if mode == "sync" else asyncio.run(any_llm.alist_models(*arguments))
    return asked_of(server), list(call)


@pytest.mark.parametrize("mode", ["sync", "async"])
@pytest.mark.parametrize("number", range(len(LISTS)), ids=map(str, LISTS))
def test_we_ask_what_the_sdk_asks_and_read_what_it_reads(number: int, mode: str):
    oracle = LISTS[number]
    recording, seen = of_the_sdk(number)
    asked, models = of_ours(oracle, mode)

    want = msgspec.json.decode(recording, type=list[Asked])
    if oracle.key_header is not None:
        for one in want:
            one.headers[oracle.key_header[0]] = one.headers.pop("authorization").removeprefix("Bearer ")
    assert asked == want
    assert [model.id for model in models] == [name for name, _, _ in seen] == SHAPES[oracle.provider]["ids"]
    for model, (_, created, owned_by) in zip(models, seen, strict=True):
        assert model.created == (created or 0)
        assert model.owned_by == (owned_by or {"gemini": "google"}.get(oracle.provider, oracle.provider))


def test_no_shape_is_kept_that_nobody_asks_for():
    assert {oracle.provider for oracle in LISTS} == set(SHAPES)
