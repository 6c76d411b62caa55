"""Is what a call cost known where its price and usage are, and nowhere else; does a client keep to its budget?"""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from any_llm import (
    AnyLLM,
    CreateEmbeddingResponse,
    InsufficientFundsError,
    InvalidRequestError,
    Usage,
    embedding,
    shared,
)
from any_llm.models import model_info
from any_llm.types.vectors import Vectors
from cli_command import environment
from colours import COLOURS
from loopback import Answer
from numbered import KEY

MODEL = "text-embedding-3-small"
PRICE = model_info("openai", MODEL).usd_per_million_tokens


def billing(tokens, model=MODEL):
    """A server that bills so many tokens an input; None: it does not say."""

    def answer(request):
        sent = request.json["input"]
        data = [{"index": index, "embedding": [float(len(text)), 1.0 + index]} for index, text in enumerate(sent)]
        count = {} if tokens is None else {"usage": {"prompt_tokens": tokens * len(sent)}}
        return Answer(json={"data": data, "model": model, **count})

    return answer


COSTS = [
    # provider, model, tokens an input -> USD of two inputs
    ("openai", MODEL, 500, 1000 * PRICE / 1e6),
    ("openai", MODEL, None, None),
    ("openai", MODEL, 0, None),  # a count of 0 is none
    ("openai", "a-model-of-tomorrow", 500, None),
    ("together", MODEL, 500, None),  # it has a price elsewhere
    ("vllm", MODEL, 500, None),  # a server of somebody's own: who knows what it costs
    ("azureopenai", "text-embedding-3-small", 500, None),  # sources differ
]


@COLOURS
@pytest.mark.parametrize("story", COSTS, ids=str)
def test_what_a_call_cost(story, call, loopback):
    provider, model, tokens, usd = story
    server = loopback(billing(tokens, model="another-name"))
    result = call(model, ["first", "second"], provider=provider, api_key=KEY, api_base=server.url)
    for each in (result, pickle.loads(pickle.dumps(result)), copy.deepcopy(result), result.model_copy()):  # noqa: S301
        assert each.cost_usd == (usd if usd is None else pytest.approx(usd))
    assert "cost_usd" not in result.model_dump()


def test_a_model_in_this_process_costs_nothing():
    result = embedding("m", "Hello", provider="fake")
    assert result.cost_usd == 0.0
    assert isinstance(result.cost_usd, float)


def test_a_result_of_somebody_elses_has_no_price():
    data = {"data": [], "model": MODEL, "usage": {"prompt_tokens": 5, "total_tokens": 5}}
    assert CreateEmbeddingResponse(**data).cost_usd is None


PRICES = [
    # USD per million tokens, tokens, whose count -> USD
    (2.0, 3, "measured", 6e-6),
    (2.0, 3, "estimated", 6e-6),
    (2.0, 0, "unknown", None),
    (None, 3, "measured", None),
    (0.0, 3, "measured", 0.0),
    (0.0, 0, "unknown", 0.0),  # nobody need count what costs nothing
]


@pytest.mark.parametrize(("price", "tokens", "source", "usd"), PRICES)
def test_a_cost_is_tokens_at_a_price(price, tokens, source, usd):
    usage = Usage(prompt_tokens=tokens, total_tokens=tokens, source=source)
    vectors = Vectors(bytearray(4), 1)
    assert CreateEmbeddingResponse.from_vectors(vectors, model="m", usage=usage, price=lambda: price).cost_usd == usd


def test_half_a_call_has_a_cost_too(loopback):
    def answer(request):
        if "third" in request.json["input"]:
            return Answer(401, json={"error": {"message": "no"}})
        return billing(500)(request)

    client = AnyLLM.create("openai", KEY, loopback(answer).url, max_concurrency=1)
    with pytest.raises(Exception, match="no") as caught:
        client.embedding(MODEL, ["first", "second", "third"], batch_size=1)
    assert caught.value.partial.cost_usd == pytest.approx(1000 * PRICE / 1e6)
    assert client.spent_usd == pytest.approx(1000 * PRICE / 1e6)


# --- a budget --------------------------------------------------------------------------------------------------------


def dollars(tokens):
    """What so many cost."""
    return tokens * PRICE / 1e6


UNPRICED = [("openai", "a-model-of-tomorrow"), ("together", MODEL), ("vllm", MODEL), ("azureopenai", MODEL)]


@COLOURS
@pytest.mark.parametrize(("provider", "model"), UNPRICED)
def test_what_has_no_price_is_not_sent(provider, model, call, loopback):
    server = loopback(billing(5))
    arguments = {"provider": provider, "api_key": KEY, "api_base": server.url, "client_args": {"max_usd": 5}}
    with pytest.raises(InvalidRequestError, match=f"{model}: max_usd=5, but no price"):
        call(model, "Hello", **arguments)
    assert server.requests == []


def test_in_this_process_any_budget_will_do():
    client = AnyLLM.create("fake", max_usd=0)
    assert len(client.embedding("m", ["a", "b"]).data) == 2
    assert client.spent_usd == 0.0


@pytest.mark.parametrize("value", [-1, "5", True, float("nan"), float("inf")])
def test_a_budget_is_a_sum_of_money(value):
    with pytest.raises(InvalidRequestError, match="max_usd="):
        AnyLLM.create("openai", KEY, max_usd=value)


def test_it_is_counted_over_threads_loops_and_models(loopback):
    billed, lock = 0, threading.Lock()

    def answer(request):
        nonlocal billed
        with lock:
            billed += 9 * len(request.json["input"])
        return billing(9)(request)

    client = AnyLLM.create("openai", KEY, loopback(answer).url, max_usd=dollars(1000))
    inputs = [f"text {number}" for number in range(40)]

    def sync():
        return client.embedding(MODEL, inputs, batch_size=5)

    def in_a_loop():
        async def run():
            try:
                return await client.aembedding(MODEL, inputs, batch_size=5)
            finally:
                await client.aclose()

        return asyncio.run(run())

    with ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(each) for each in (sync, in_a_loop, sync, in_a_loop)]
        errors = [call.exception(60) for call in calls]
    kinds = {type(error) for error in errors if error is not None}
    assert kinds == {InsufficientFundsError}
    kept = [call.result() if error is None else error.partial for call, error in zip(calls, errors, strict=True)]
    vectors = sum(item.embedding is not None for each in kept if each for item in each.data)
    assert dollars(billed) <= client.spent_usd <= dollars(1000)
    assert 9 * vectors <= billed
    assert client.spent_usd > dollars(1000 - 5 * (len(inputs[-1]) + 4) - 9 * 5 * 8)
    assert pickle.loads(pickle.dumps(errors[0] or errors[1])).args  # noqa: S301


@COLOURS
def test_the_error_says_what_was_paid_for(call, loopback):
    server = loopback(billing(5))  # of the 8 that each may be
    arguments = {"provider": "openai", "api_key": KEY, "api_base": server.url}
    with pytest.raises(
        InsufficientFundsError, match=r"max_usd=\S+ would be exceeded\. This request could cost"
    ) as caught:
        call(MODEL, ["aaaa", "bbbb", "cccc"], batch_size=1, client_args={"max_usd": dollars(17)}, **arguments)
    assert [item.embedding is not None for item in caught.value.partial.data] == [True, True, False]
    assert caught.value.provider_name == "openai"
    assert len(server.requests) == 2


def test_a_stream_keeps_to_it_too(loopback):
    client = AnyLLM.create("openai", KEY, loopback(billing(5)).url, max_usd=dollars(17), max_concurrency=1)
    chunks = client.embed_iter(["aaaa", "bbbb", "cccc", "dddd"], MODEL, chunk_size=1)
    assert [next(chunks).result.cost_usd for _ in range(2)] == [pytest.approx(dollars(5))] * 2
    with pytest.raises(InsufficientFundsError):
        next(chunks)
    assert client.spent_usd == pytest.approx(dollars(10))


def test_a_client_without_a_budget_counts_too(loopback):
    client = AnyLLM.create("openai", KEY, loopback(billing(500)).url)
    assert client.spent_usd == 0.0
    client.embedding(MODEL, ["a", "b"])
    assert client.spent_usd == pytest.approx(dollars(1000))
    client.embedding("a-model-of-tomorrow", "a")
    assert client.spent_usd is None


def test_the_budget_of_a_shared_client_outlives_others(loopback):
    server = loopback(billing(9))
    arguments = {"provider": "openai", "api_key": KEY, "api_base": server.url}
    budget = {"max_usd": dollars(20)}
    embedding(MODEL, "aaaa", client_args=budget, **arguments)
    for number in range(shared.CAPACITY + 1):
        embedding("m", "a", provider="fake", client_args={"timeout": 1000.5 + number})
    embedding(MODEL, "aaaa", client_args=budget, **arguments)
    with pytest.raises(InsufficientFundsError):
        embedding(MODEL, "aaaa", client_args=budget, **arguments)


def test_a_budget_survives_a_fork(loopback):
    """What the parent had set aside for requests in flight is not the child's business, and no lock is held there."""
    program = (
        "import os, sys; from any_llm import AnyLLM; "
        f"c = AnyLLM.create('openai', 'k', sys.argv[1], max_usd=1); c.embedding({MODEL!r}, 'a'); "
        "pid = os.fork(); "
        f"c.embedding({MODEL!r}, 'a'); print(round(c.spent_usd / {dollars(500)!r})); sys.stdout.flush(); "
        "pid and os.waitpid(pid, 0)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, loopback(billing(500)).url], capture_output=True, text=True, check=True,
        env=environment(),
    )  # fmt: skip
    assert ran.stdout.split() == ["2", "2"]


# --- what is learnt --------------------------------------------------------------------------------------------------


def test_a_client_shows_what_was_learnt_of_each_model(loopback):
    def answer(request):
        sent = request.json["input"]
        if "encoding_format" in request.json:
            return Answer(400, json={"error": {"message": "encoding_format?"}})
        if request.json["model"] == "named" and len(sent) > 4:
            return Answer(422, json={"error": {"message": "batch size 8 > maximum allowed batch size 4"}})
        if request.json["model"] == "guessed" and len(sent) > 4:
            return Answer(413, body=b"")
        return billing(100)(request)

    server = loopback(answer)
    client = AnyLLM.create("openai", KEY, server.url)
    assert client.learnt == {}
    for model in ("named", "guessed", "plain"):
        client.embedding(model, [f"{model} {number} " * 20 for number in range(8)], batch_size=8)
    learnt = client.learnt
    assert learnt.keys() == {"named", "guessed", "plain"}
    assert (learnt["named"].named.items, learnt["named"].guessed.items) == (4, None)
    assert (learnt["guessed"].named.bytes, learnt["guessed"].guessed.bytes) == (None, 800)
    assert (learnt["plain"].named, learnt["plain"].guessed) == ((None,) * 4, (None,) * 4)
    for facts in learnt.values():
        assert facts.refuses_base64
        assert 0.5 <= facts.tokens_per_estimate <= 4
        assert 3500 < facts.forgotten_in <= 3600
    assert AnyLLM.create("openai", KEY, server.url).learnt.keys() == learnt.keys()
    assert AnyLLM.create("openai", "another key", server.url).learnt == {}
    assert AnyLLM.create("openai", KEY, f"{server.url}/v2").learnt == {}
    with pytest.raises(AttributeError):
        client.learnt = {}
    assert KEY not in json.dumps(learnt, default=str)
