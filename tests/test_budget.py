"""Does a budget stop a client before it spends more, whatever its provider does, and keep what was paid for?

One token costs one USD here. A text of n bytes is billed n // 4 + 1 tokens, and may be n + 4.
"""

from __future__ import annotations

import gc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_llm.exceptions import InsufficientFundsError, InvalidResponseError, ProviderConnectionError
from any_llm.flow.attempt import Attempt
from any_llm.flow.bounds import most
from any_llm.flow.budget import Budget, usd
from any_llm.flow.converse import converse
from any_llm.flow.memory import Memory
from any_llm.flow.pace import Cost
from any_llm.flow.setting import Answer
from any_llm.flow.turn import Turn
from any_llm.types.requests import Requests
from any_llm.wire import Outcome, Send, TransportError
from by_hand import MONOTONIC, PROPERTY, TEXTS, WALL, a_batch, a_call, a_setting, bad, good, reply
from planned import Provider, answered, called, vector_of

LOST = TransportError("it hung up")
TEXT = "text 00000"
BILLED, MOST = len(TEXT) // 4 + 1, most(TEXT)


def texts(count: int) -> list[str]:
    return [f"text {number:05}" for number in range(count)]


def a_turn(setting) -> Turn:
    return Turn(setting.memory, setting.place, setting.terms, setting.caller, Cost(1, 1))


def a_budget(dollars: float | None) -> Budget:
    budget = Budget(dollars)
    budget.prices["m"] = 1e6
    return budget


def held(ended) -> set[int]:
    """Positions that have a vector."""
    result = ended.result or ended.error.partial
    return {item.index for item in result.data if item.embedding is not None} if result is not None else set()


STOPS = [
    # USD, inputs, inputs a request, workers -> requests that are answered
    (10 * BILLED + 10 * MOST, 100, 10, 1, 2),
    (10 * MOST, 100, 10, 1, 1),
    (10 * MOST - 1, 100, 10, 1, 0),
    (0, 1, 10, 1, 0),
    (30 * BILLED + 10 * MOST, 100, 10, 8, 4),  # those who do not fit yet wait for what the others do not use
    (100 * MOST, 100, 10, 8, 10),
]


@pytest.mark.parametrize(("dollars", "count", "size", "workers", "requests"), STOPS)
def test_what_may_exceed_the_budget_is_not_sent(dollars, count, size, workers, requests):
    budget, provider, inputs = a_budget(dollars), Provider(), texts(count)
    ended = called(inputs, provider, setting={"budget": budget}, workers=workers, batch_size=size)
    assert len(provider.requests) == requests
    assert budget.spent["m"] == provider.billed.total() * BILLED
    assert held(ended) == {i for i, text in enumerate(inputs) if text in provider.billed}
    assert budget.idle
    if requests * size < count:
        assert isinstance(ended.error, InsufficientFundsError)
        assert f"max_usd={dollars:g}" in str(ended.error)
        assert dollars - budget.spent["m"] < min(size, count) * MOST


def test_it_is_counted_over_all_calls():
    budget, memory = a_budget(25 * BILLED + 10 * MOST), Memory()
    calls = [
        called(texts(10), Provider(), setting={"budget": budget}, memory=memory, now=10.0 * number)
        for number in range(4)
    ]
    assert [type(each.error) for each in calls] == [type(None)] * 3 + [InsufficientFundsError]
    assert budget.spent["m"] == 30 * BILLED


OUTCOMES = [
    # what the first request meets, retries -> tokens that count as spent in all
    ("a reply", lambda _: None, 0, 10 * BILLED),
    ("a lost reply", lambda _: LOST, 0, 10 * MOST),
    ("a lost reply, then one", lambda _: LOST, 1, 10 * MOST + 10 * BILLED),
    ("a refusal, then a reply", lambda _: bad(500), 1, 10 * BILLED),
    ("a rate limit, then a reply", lambda _: bad(429), 1, 10 * BILLED),
    ("no count", lambda sent: good(*map(vector_of, sent), usage=None), 0, 10 * MOST),
    ("a count of 0", lambda sent: good(*map(vector_of, sent), usage={"prompt_tokens": 0}), 0, 10 * MOST),
    ("half a reply, then one", lambda _: reply(b'{"data": ['), 0, 10 * MOST + 10 * BILLED),
    ("a useless reply that was counted, then one", lambda _: good([0.0], usage={"prompt_tokens": 7}), 0,
     7 + 10 * BILLED),
    ("more than it could be", lambda sent: good(*map(vector_of, sent), usage={"prompt_tokens": 999}), 0, 999),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "retries", "spent"), [each[1:] for each in OUTCOMES], ids=[o[0] for o in OUTCOMES])
@pytest.mark.parametrize("dollars", [1000, None])
def test_what_nobody_counted_stands_at_the_most_it_can_have_cost(rule, retries, spent, dollars):
    budget, provider = a_budget(dollars), Provider(rule)

    def once(sent):
        provider.rule = Provider().rule
        return rule(sent)

    provider.rule = once
    ended = called(texts(10), provider, setting={"budget": budget}, retries=retries, batch_size=10)
    assert isinstance(ended.error, ProviderConnectionError | InvalidResponseError | None)
    assert budget.spent["m"] == spent
    assert budget.idle


def test_a_tokenizer_makes_the_estimate_exact():
    budget = a_budget(100 * BILLED)
    ended = called(texts(100), Provider(), setting={"budget": budget, "count": lambda _: BILLED}, batch_size=10)
    assert ended.error is None
    assert budget.spent["m"] == 100 * BILLED


FAULTS = st.sampled_from(["well", "well", "lost", "500", "uncounted", "broken"])


@given(st.integers(0, 3000), st.integers(1, 60), st.integers(1, 20), st.integers(1, 6), st.lists(FAULTS, max_size=20))
@PROPERTY
def test_a_provider_never_bills_more(dollars, count, size, workers, faults):
    billed, kinds = 0, iter(faults)

    def rule(sent):
        nonlocal billed
        kind = next(kinds, "well")
        if kind == "500":
            return bad(500)
        billed += sum(len(text) // 4 + 1 for text in sent)  # the provider bills what it did, heard or not
        if kind == "lost":
            return LOST
        if kind == "broken":
            return reply(b"{")
        return good(*map(vector_of, sent), usage=None) if kind == "uncounted" else answered(sent)

    budget = a_budget(dollars)
    ended = called(texts(count), Provider(rule), setting={"budget": budget}, workers=workers, batch_size=size)
    assert billed <= budget.spent["m"] <= dollars
    if ended.error is None:
        assert held(ended) == set(range(count))


@pytest.mark.parametrize("how", ["closed", "dropped"])
@pytest.mark.parametrize(("until", "spent"), [(1, 0), (2, sum(map(most, a_batch().texts)))], ids=["waiting", "sent"])
def test_a_call_that_is_ended_leaves_nothing_set_aside(how, until, spent):
    call = a_call()
    budget = Budget(1e9)
    budget.prices[call.model] = 1.0
    setting = a_setting(call)
    made = type(setting)(**{name: getattr(setting, name) for name in setting.__struct_fields__} | {"budget": budget})
    flow = converse(made, a_batch())
    command = next(flow)
    assert command.ask(MONOTONIC) == 0
    assert not budget.idle
    if until > 1:
        flow.send(Outcome(None, (MONOTONIC, WALL)))
    if how == "closed":
        flow.close()
    del flow, command
    gc.collect()
    assert budget.idle
    assert budget.spent[call.model] == spent


SETTLED = [
    # what its reply counted, and whose count that is -> tokens that are spent
    (3, False, 3),
    (3, True, sum(map(most, TEXTS))),
    (None, False, sum(map(most, TEXTS))),
]


@pytest.mark.parametrize(("counted", "estimated", "spent"), SETTLED)
@pytest.mark.parametrize("sent", [1, 2])  # twice, where its first connection was at its end
def test_a_count_that_is_not_the_providers_is_none(counted, estimated, spent, sent):
    setting = a_setting(a_call())
    attempt = Attempt(setting, a_batch(), a_turn(setting), 1, {"halved": 1})
    assert attempt.ask(MONOTONIC) == 0
    attempt.check()
    flow = attempt.perform(Send(url="https://api.example.test"))
    next(flow)
    with pytest.raises(StopIteration):
        flow.send(Outcome(None, (MONOTONIC, WALL), sent))
    attempt.bill(counted, counted, estimated=estimated)
    attempt.ended(Answer(None, counted, None, None))
    for _ in range(2):  # once more does no harm
        attempt.close()
    assert setting.budget.spent == {setting.call.model: spent + (sent - 1) * sum(map(most, TEXTS))}
    again = sent - 1
    assert setting.tally.requests() == Requests(sent=sent, retried=again, halved=1, possibly_billed_twice=again)


def test_what_never_had_a_connection_costs_nothing():
    setting = a_setting(a_call())
    attempt = Attempt(setting, a_batch(), a_turn(setting), 1, {})
    assert attempt.ask(MONOTONIC) == 0
    flow = attempt.perform(Send(url="https://api.example.test"))
    next(flow)
    error = TransportError("connection refused")
    error.sent = 0
    with pytest.raises(TransportError):
        flow.throw(error)
    attempt.close()
    assert (setting.budget.spent, setting.tally.requests()) == ({setting.call.model: 0}, Requests())


@pytest.mark.parametrize(
    ("tokens", "cost"),
    [({}, 0.0), ({"a": 2}, 4e-6), ({"a": 1, "b": 1}, 5e-6), ({"a": 1, "free": 9}, 2e-6), ({"a": 1, "?": 1}, None),
     ({"?": 0}, 0.0)],
)  # fmt: skip
def test_a_sum_is_known_where_every_price_is(tokens, cost):
    assert usd(tokens, {"a": 2.0, "b": 3.0, "free": 0.0}.get) == (cost if cost is None else pytest.approx(cost))
