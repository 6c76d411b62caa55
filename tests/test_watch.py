"""Is each request told of, to the log and to hooks, with names and counts and never a text or a key?"""

from __future__ import annotations

import asyncio
import logging
import re
import subprocess
import sys
import threading
import time

import msgspec
import pytest

from any_llm import AnyLLM, AnyLLMError, InvalidRequestError, RequestEvent, list_models
from any_llm.flow.memory import Memory
from by_hand import bad
from cli_command import environment
from colours import COLOURS
from loopback import Answer
from numbered import KEY, numbers, texts, to, vectors
from planned import Provider, called

SLOW = Answer(429, json={"error": {"message": "slow"}}, headers={"retry-after": "0", "x-request-id": "req-1"})


def told(events):
    """Each event, less its time."""
    names = ("attempt", "inputs", "tokens", "status", "error", "request_id")
    return [tuple(getattr(event, name) for name in names) for event in events]


def named(request):
    """The right answer, with a name."""
    return msgspec.structs.replace(vectors(request), headers={"x-request-id": "req-2"})


STORIES = {
    "well": ([], [(1, 1, 1, 200, None, "req-2")], []),
    "tried again": (
        [SLOW], [(1, 1, None, 429, "RateLimitError", "req-1"), (2, 1, 1, 200, None, "req-2")],
        [(1, 1, None, 429, "RateLimitError", "req-1")],
    ),
    "broken once": (
        [Answer(body=b"{")], [(1, 1, None, 200, "InvalidResponseError", None), (2, 1, 1, 200, None, "req-2")],
        [(1, 1, None, 200, "InvalidResponseError", None)],
    ),
    "another encoding": (
        [Answer(400, json={"error": {"message": "encoding_format?"}})],
        [(1, 1, None, 400, "InvalidRequestError", None), (2, 1, 1, 200, None, "req-2")],
        [(1, 1, None, 400, "InvalidRequestError", None)],
    ),
    "refused": ([Answer(403, json={"error": {}})], [(1, 1, None, 403, "AuthenticationError", None)], []),
}  # fmt: skip


@COLOURS
@pytest.mark.parametrize("story", STORIES)
def test_hooks_are_told_of_each_request(story, call, loopback):
    first, requests, retries = STORIES[story]
    answers, on_request, on_retry = iter(first), [], []
    server = loopback(lambda request: next(answers, None) or named(request))
    arguments = to(server.url, on_request=on_request.append, on_retry=on_retry.append)
    began = time.monotonic()
    try:
        call(inputs="7", **arguments)
    except AnyLLMError:
        assert story == "refused"
    passed = time.monotonic() - began
    assert told(on_request) == requests
    assert told(on_retry) == retries
    for event in (*on_request, *on_retry):
        assert (event.provider, event.model) == ("openai", "m")
        assert 0 < event.seconds < passed
    assert [event.wait for event in on_request] == [None] * len(requests)
    assert all(0 <= event.wait < passed for event in on_retry)


@COLOURS
def test_a_call_of_many_requests_tells_of_each(call, loopback):
    events, threads = [], set()

    def hook(event):
        events.append(event)
        threads.add(threading.get_ident())

    result = call(inputs=texts(40), batch_size=4, **to(loopback(vectors).url, on_request=hook))
    assert numbers(result) == [*range(40)]
    assert (len(events), sum(event.inputs for event in events)) == (10, 40)
    assert threading.get_ident() in threads
    assert len(threads) > 1 or call.__name__ == "in_a_loop"


def test_models_in_this_process_and_lists_of_models_are_told_of_too(loopback):
    events = []
    AnyLLM.create("fake", on_request=events.append).embedding("any", ["a b", "c"])
    server = loopback(lambda _: Answer(json={"data": [{"id": "m", "object": "model"}]}))
    list_models("openai", api_key=KEY, api_base=server.url, client_args={"on_request": events.append})
    assert told(events) == [(1, 2, 3, None, None, None), (1, 0, None, 200, None, None)]
    assert [event.model for event in events] == ["any", "list_models"]


def test_a_request_that_is_given_up_is_told_of(loopback):
    events, asked, ended = [], threading.Event(), threading.Event()

    def answer(request):
        asked.set()
        ended.wait(10)
        return SLOW

    client = AnyLLM.create("openai", KEY, loopback(answer).url, on_request=events.append, max_retries=0)

    async def given_up():
        task = asyncio.create_task(client.aembedding("m", "7", deadline=30))
        await asyncio.to_thread(asked.wait, 10)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        ended.set()
        await client.aclose()

    asyncio.run(given_up())
    assert told(events) == [(1, 1, None, None, "Ended", None)]


@COLOURS
def test_what_a_hook_raises_is_said_once_and_loses_nothing(call, loopback, caplog):
    def broken(event):
        raise ZeroDivisionError(event)

    server = loopback(vectors)
    arguments = to(server.url, on_request=broken)
    with pytest.warns(RuntimeWarning, match=r"on_request raised ZeroDivisionError\. Calls go on") as warned:
        results = [call(inputs=texts(6), batch_size=2, **arguments), call(inputs="7", **arguments)]
    assert [numbers(result) for result in results] == [[*range(6)], [7]]
    assert [(each.filename, each.lineno) for each in warned] == [(__file__, broken.__code__.co_firstlineno)]
    logged = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert [record.message for record in logged] == ["on_request raised"] * 4
    assert logged[0].exc_info[0] is ZeroDivisionError


def test_an_interrupt_in_a_hook_is_an_interrupt():
    def stop(event):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        AnyLLM.create("fake", on_request=stop).embedding("m", "Hello")


async def later(event):
    """Nobody would await it."""


@pytest.mark.parametrize("name", ["on_request", "on_retry"])
@pytest.mark.parametrize("value", ["print", 5, later], ids=["print", "5", "later"])
def test_what_is_no_plain_function_is_refused(name, value):
    with pytest.raises(InvalidRequestError, match=f"{name} must be a plain function"):
        AnyLLM.create("fake", **{name: value})


@COLOURS
def test_the_log_has_one_line_a_request(call, loopback, caplog):
    caplog.set_level(logging.DEBUG, "any_llm")
    answers = iter([SLOW])
    server = loopback(lambda request: next(answers, None) or named(request))
    call(inputs=["7", "8"], **to(server.url))
    ours = [line for name, _, line in caplog.record_tuples if name == "any_llm"]
    assert [re.sub(r"\d+\.\d{3} s", "T s", line) for line in ours] == [
        "openai m: 2 inputs, None tokens, status 429, T s, attempt 1, error RateLimitError, request id req-1",
        "openai m: 2 inputs, 1 tokens, status 200, T s, attempt 2, error None, request id req-2",
    ]
    assert {record.levelno for record in caplog.records if record.name == "any_llm"} == {logging.DEBUG}


TEACHES = [
    (lambda _: Answer(422, json={"error": {"message": "batch size 8 > maximum allowed batch size 4"}}),
     lambda request: len(request.json["input"]) > 4, "openai m: a request may hold items=4 at most"),
    (lambda _: Answer(413, body=b"too large"),
     lambda request: len(request.json["input"]) > 4, "openai m: a request may hold bytes=4 at most, which is a guess"),
    (lambda _: Answer(400, json={"error": {"message": "unknown field encoding_format"}}),
     lambda request: "encoding_format" in request.json,
     "openai m: it refuses encoding_format, and is sent none from now on"),
]  # fmt: skip


@COLOURS
@pytest.mark.parametrize("story", TEACHES, ids=["named", "guessed", "encoding"])
def test_what_is_learnt_is_logged_once(story, call, loopback, caplog):
    refusal, refused, line = story
    caplog.set_level(logging.INFO, "any_llm")
    server = loopback(lambda request: refusal(request) if refused(request) else vectors(request))
    for _ in range(3):
        assert numbers(call(inputs=texts(24), batch_size=8, **to(server.url))) == [*range(24)]
    assert [record.message for record in caplog.records if record.name == "any_llm"] == [line]


class Learning:
    """Watches for what is learnt alone."""

    def __init__(self):
        self.heard = []

    def goes(self, command, batch, attempt):
        return self

    def ended(self, **_):
        pass

    def again(self, seconds):
        pass

    def learnt(self, what):
        self.heard.append(what)

    def made(self, response, dimensions):
        pass


def test_what_those_in_flight_are_refused_for_too_teaches_nothing_new():
    memory, watch = Memory(), Learning()
    assert called(["a"], Provider(), memory=memory).error is None  # so that many may go at once
    inputs = [f"{'x' * (length // 8)}{length:04}" for length in range(64)]  # later requests are larger
    provider = Provider(lambda sent: bad(413) if len(sent) > 4 else None)
    ended = called(inputs, provider, memory=memory, workers=8, batch_size=8, setting={"watch": watch})
    assert ended.error is None
    assert provider.sizes[:8] == [8] * 8
    caps = [int(re.search(r"bytes=(\d+) at most, which is a guess", what)[1]) for what in watch.heard]
    assert caps == sorted({16, *caps}, reverse=True)


def test_a_program_that_wants_to_see_lines_sees_them():
    program = (
        "import logging, sys; logging.basicConfig(level=logging.DEBUG, stream=sys.stdout); "
        "from any_llm import embedding; embedding('m', ['Hello', 'you'], provider='fake')"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment())
    (line,) = [line for line in ran.stdout.splitlines() if "any_llm" in line]
    assert line.startswith("DEBUG:any_llm:fake m: 2 inputs, 2 tokens, status None, ")


@COLOURS
def test_no_text_and_no_key_is_logged_or_told(call, loopback, caplog):
    caplog.set_level(logging.DEBUG)
    text, events = "a text that is nobody's business", []
    refusal = Answer(400, json={"error": {"message": f"{text} {KEY}", "code": text, "type": KEY, "param": text}})
    server = loopback(lambda _: refusal)
    with pytest.raises(AnyLLMError):
        call(inputs=[text, "7"], **to(server.url, on_request=events.append, on_retry=events.append))
    ours = [record.getMessage() for record in caplog.records if record.name == "any_llm"]
    assert len(ours) == len(events) > 1
    assert text not in repr((ours, events))
    assert KEY not in repr((ours, events))


def test_an_event_is_public_and_frozen():
    event = RequestEvent(provider="p", model="m", attempt=1, inputs=2, seconds=0.5)
    with pytest.raises(AttributeError):
        event.inputs = 3
    assert msgspec.json.decode(msgspec.json.encode(event), type=RequestEvent) == event


def test_an_import_loads_no_logging_and_sets_nothing_up():
    program = (
        "import sys; from any_llm import embedding, AnyLLM; assert 'logging' not in sys.modules; "
        "embedding('m', 'Hello', provider='fake'); import logging; "
        "print(logging.getLogger().handlers, logging.getLogger('any_llm').level, logging.getLogger('any_llm').handlers)"
    )
    ran = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", program], capture_output=True, text=True, check=True,
        env=environment(),
    )  # fmt: skip
    assert (ran.stdout, ran.stderr) == ("[] 0 [<NullHandler (NOTSET)>]\n", "")


ASKS = [
    # hook, how many requests may be in flight, what the first reply is -> inputs of the requests
    ("on_request", 1, [], [["1"], ["2"], ["3"]]),
    ("on_request", 2, [], [["1"], ["2"], ["3"]]),
    ("on_retry", 1, [SLOW], [["1"], ["2"], ["3"], ["1"]]),
    ("on_request", 1, [SLOW], [["1"], ["2"], ["3"], ["1"], ["2"], ["3"]]),
]


@pytest.mark.parametrize("colour", ["sync", "async"])
@pytest.mark.parametrize(("hook", "at_once", "first", "asked"), ASKS)
def test_a_hook_may_ask_its_own_client(hook, at_once, first, asked, *, colour, loopback):
    """It waits for nobody, and is not told of what it asks for itself."""
    answers, seen = iter(first), []
    server = loopback(lambda request: next(answers, None) or named(request))

    def ask(event):
        seen.append(event.attempt)
        assert numbers(client.embedding("m", ["2", "3"], batch_size=1, deadline=30)) == [2, 3]

    async def later():
        async with client:
            return await client.aembedding("m", "1", deadline=30)

    client = AnyLLM.create("openai", KEY, server.url, max_concurrency=at_once, **{hook: ask})
    result = client.embedding("m", "1", deadline=30) if colour == "sync" else asyncio.run(later())
    assert numbers(result) == [1]
    assert [request.json["input"] for request in server.requests] == asked
    assert seen == list(range(1, 1 + asked.count(["2"])))


def test_a_hook_with_a_budget_may_ask_too(loopback):
    """What the request may have cost is settled before it is told of."""
    server, results = loopback(named), []

    def ask(_event):
        results.append(client.embedding("text-embedding-3-small", "2", deadline=30))

    client = AnyLLM.create("openai", KEY, server.url, on_request=ask, max_usd=10 * 0.02 / 1e6)
    client.embedding("text-embedding-3-small", "1", deadline=30)
    assert [numbers(result) for result in results] == [[2]]


async def test_a_task_that_a_hook_begins_is_a_call_like_any_other(loopback):
    server, tasks = loopback(named), []

    def ask(_event):
        tasks.append(asyncio.ensure_future(client.aembedding("m", "2")))

    client = AnyLLM.create("openai", KEY, server.url, on_request=ask, max_concurrency=1)
    await client.aembedding("m", "1")
    assert [numbers(await task) for task in tasks] == [[2]]
    await client.aclose()


def test_hooks_that_call_each_others_clients_come_to_an_end(loopback):
    server, seen = loopback(named), []
    clients = {}
    for name, other in (("a", "b"), ("b", "a")):

        def ask(_event, name=name, other=other):
            seen.append(name)
            clients[other].embedding("m", "2")

        clients[name] = AnyLLM.create("openai", KEY, server.url, on_request=ask, max_concurrency=1)
    clients["a"].embedding("m", "1")
    assert seen == ["a", "b"]
