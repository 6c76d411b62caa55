"""Does a call that finds its vectors return what the one that paid for them did, and is nothing paid twice?

Jobs, plan and merge are the real ones, and so is the file; the provider is played, in virtual time.
"""

from __future__ import annotations

from contextlib import closing

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_llm.cache.store import FileStore
from any_llm.exceptions import InvalidRequestError
from any_llm.flow.cached import CachedJob
from any_llm.flow.flights import Flights
from any_llm.flow.lookup import Cache
from any_llm.flow.matrix import Form, Matrix
from any_llm.flow.memory import Memory
from any_llm.flow.overflow import Overflow
from any_llm.flow.retry import Retry
from any_llm.types.identity import EmbeddingIdentity
from any_llm.wire import TransportError
from by_hand import MONOTONIC, PROPERTY, a_call, a_setting, bad, good
from planned import Provider, vector_of
from virtual_time import World


class Pocket:
    """A store in memory, for a thousand examples."""

    def __init__(self):
        self.kept = {}

    def get(self, keys):
        return {key: self.kept[key] for key in keys if key in self.kept}

    def put(self, entries):
        self.kept.update(entries)


def a_cache(store=None):
    return Cache(store or Pocket(), Flights())


def a_job(inputs, cache, *, memory=None, form=None, retries=0, overflow=None, model="m", **options):
    call = a_call("together", model, **options)
    setting = a_setting(call, memory=memory or Memory(), count=len(inputs), retries=retries)
    made = msgspec.structs.replace(
        setting,
        matrix=Matrix(len(inputs), form or Form(call.options.dimensions)),
        retry=Retry(attempts=retries),
        identity=EmbeddingIdentity(model=model),
        **({"overflow": overflow} if overflow else {}),
    )
    return CachedJob(made, inputs, cache=cache)


def run(job, provider, *, workers=1):
    """One call: what it came to, a result or an error."""
    return side_by_side([job], provider, workers, 0.0)[0]


def side_by_side(jobs, provider, workers, apart):
    """Calls that begin so many seconds after one another, each as a driver with so many workers does."""
    world, ended = World(provider), {}

    def begin(number, job):
        def take():
            flow = job.opening(MONOTONIC + world.now)
            if flow is None:
                world.call(f"{number}", job.next_conversation, at=world.now, workers=workers)
            return flow

        world.call(f"{number}", take, at=apart * number)

    def look():
        for number, job in enumerate(jobs):
            mine = [worker for worker in world.workers if worker.name == str(number)]
            error = next((worker.error for worker in mine if worker.error), None)
            if error is not None and number not in ended:
                ended[number] = error
                job.end(error)

    for number, job in enumerate(jobs):
        begin(number, job)
    world.run(each=look)
    look()
    failed = {str(number) for number in ended}
    assert not [name for name in world.stuck() if name not in failed]
    return [ended[number] if number in ended else job.response() for number, job in enumerate(jobs)]


def same(one, other):
    """Equal bit for bit, and in all that a result says but for what was paid."""
    names = ("provider", "input_type_applied", "dimensions_by", "truncated", "overflow", "identity", "missing", "model")
    assert [getattr(one, name) for name in names] == [getattr(other, name) for name in names]
    assert one.vectors == other.vectors
    assert one.data == other.data
    return True


# --- a hit is the miss -----------------------------------------------------------------------------------------------

WORDS = st.lists(
    st.sampled_from(["one", "two", "three", "a longer text of some words", "é", " "]), min_size=1, max_size=9
)
OPTIONS = st.fixed_dictionaries(
    {
        "normalize": st.sampled_from([None, True, False]),
        "dedupe": st.sampled_from([None, True, False]),
        "batch_size": st.sampled_from([None, 1, 2]),
        "on_error": st.sampled_from([None, "collect"]),
        "encoding_format": st.sampled_from([None, "float", "base64"]),
    }
)
FORMS = st.sampled_from([Form(), Form(3), Form(2, cut_from=3), Form(2, cut_from=3, unit=True), Form(3, unit=True)])


@given(WORDS, WORDS, OPTIONS, FORMS, st.integers(1, 3))
@PROPERTY
def test_a_hit_is_the_miss_over_every_option(first, second, options, form, workers):
    cache, provider = a_cache(), Provider()
    miss = run(a_job(first, cache, form=form, **options), provider, workers=workers)
    sent = len(provider.requests)
    hit = run(a_job(first, cache, form=form, **options), provider, workers=workers)
    assert same(hit, miss)
    assert len(provider.requests) == sent
    count = len(first if options["dedupe"] is False else set(first))
    assert (hit.requests.sent, hit.requests.cached, hit.usage.total_tokens) == (0, count, 0)
    # Some of them, beside others: each is what it was.
    mixed = run(a_job(second, cache, form=form, **options), provider, workers=workers)
    known = {text: miss.vectors.row(at) for at, text in enumerate(first)}
    for at, text in enumerate(second):
        if text in known:
            assert mixed.vectors.row(at) == known[text]
    if options["dedupe"] is not False:
        assert not [text for text in provider.billed if provider.billed[text] > 1]


LONG = "word " * 40


@pytest.mark.parametrize("asked", ["mean", "truncate", None])
def test_what_was_read_in_pieces_is_found_as_such(asked):
    overflow = Overflow(asked=asked, here=asked is not None, settled=asked is not None, chosen=asked == "truncate")
    cache, provider = a_cache(), Provider()
    results = [run(a_job(["short", LONG], cache, overflow=overflow), provider) for _ in range(2)]
    assert same(*results)
    assert results[1].requests.cached == 2


def test_a_bad_input_is_not_kept_and_the_good_are():
    cache = a_cache()
    provider = Provider(lambda sent: bad(400, message="bad input") if "worse" in sent else None)
    for _ in range(2):
        result = run(a_job(["good", "worse", "fine"], cache, on_error="collect"), provider)
        assert result.errors.keys() == {1}
    assert provider.billed["good"] == provider.billed["fine"] == 1
    error = run(a_job(["good", "worse", "new"], cache), provider)
    assert (type(error), error.index) == (InvalidRequestError, 1)
    assert error.partial.data[0].embedding == vector_of("good")


def test_what_was_paid_for_before_a_call_failed_is_kept():
    cache, provider = a_cache(), Provider(lambda sent: bad(401) if "last" in sent else None)
    error = run(a_job(["first", "last"], cache, batch_size=1), provider)
    assert error.status_code == 401
    result = run(a_job(["first"], cache), provider)
    assert (result.requests.sent, result.requests.cached) == (0, 1)


@pytest.mark.parametrize("change", [{"model": "m-2"}, {"wide": True}])
def test_a_model_that_changed_under_its_name_is_not_mixed(change):
    cache, now = a_cache(), {}

    def answer(sent):
        vectors = [[*vector_of(text), 1.0] if now.get("wide") else vector_of(text) for text in sent]
        return good(*vectors, model=now.get("model", "m-1"))

    run(a_job(["old", "older"], cache), Provider(answer))
    now |= change
    result = run(a_job(["old", "new"], cache), Provider(answer))
    assert result.requests.cached == 0
    assert [item.embedding[:3] for item in result.data] == [vector_of("old"), vector_of("new")]
    again = run(a_job(["old", "new"], cache), Provider(answer))
    assert (again.requests.cached, again.model) == (2, result.model)


# --- calls side by side ----------------------------------------------------------------------------------------------


@given(st.lists(WORDS, min_size=2, max_size=5), st.integers(1, 3), st.sampled_from([0.01, 0.05, 0.15]))
@PROPERTY
def test_equal_misses_are_sent_once(calls, workers, apart):
    cache, memory, provider = a_cache(), Memory(), Provider()
    results = side_by_side(
        [a_job(words, cache, memory=memory, batch_size=1) for words in calls], provider, workers, apart
    )
    for words, result in zip(calls, results, strict=True):
        assert [item.embedding for item in result.data] == [vector_of(text) for text in words]
    assert set(provider.billed.values()) == {1}
    assert sum(result.usage.total_tokens for result in results) == sum(len(text) // 4 + 1 for text in provider.billed)


@given(st.lists(WORDS, min_size=2, max_size=5), st.integers(1, 3), st.integers(0, 3))
@PROPERTY
def test_where_one_fails_one_who_waits_takes_over(calls, workers, failures):
    cache, memory, left = a_cache(), Memory(), [failures]

    def rule(_sent):
        left[0] -= 1
        return TransportError("lost") if left[0] >= 0 else None

    provider = Provider(rule)
    results = side_by_side(
        [a_job(words, cache, memory=memory, batch_size=1) for words in calls], provider, workers, 0.01
    )
    good_ones = [(words, result) for words, result in zip(calls, results, strict=True) if hasattr(result, "data")]
    assert len(calls) - len(good_ones) <= failures
    for words, result in good_ones:
        assert [item.embedding for item in result.data] == [vector_of(text) for text in words]
    assert not cache.flights.under_way


def test_a_real_file_does_the_same(tmp_path):
    provider = Provider()
    with closing(FileStore(tmp_path / "v", pytest.fail)) as store:
        cache = a_cache(store)
        first, second = (run(a_job(["one", "two"], cache, normalize=True), provider) for _ in range(2))
    assert same(first, second)
    assert second.requests.cached == 2
