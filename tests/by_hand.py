"""A conversation played by hand: the test is the server, the network and the clock."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
from hypothesis import settings

from any_llm.exceptions import AnyLLMError
from any_llm.flow.converse import converse
from any_llm.flow.matrix import Form, Matrix
from any_llm.flow.memory import Memory, Place
from any_llm.flow.retry import Retry
from any_llm.flow.setting import Answer, Problem, Setting
from any_llm.providers import own
from any_llm.providers.table import ROWS
from any_llm.wire import Admit, Batch, Call, Options, Outcome, Reply, Run, Send, Sleep, TransportError

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

KEY = "sk-of-nobody-0123456789abcdef"
MONOTONIC, WALL = 50_000.0, 1_795_000_000.0
TEXTS = ("What is the first text about?", "And the second one, if there is one?")
VECTORS = ([1.0, 2.0, 3.0], [4.0, 5.0, 6.0])
PLACE: Place = ("https://api.example.test/v1", "text-embedding-3-small", 7)
PROPERTY = settings(deadline=None, max_examples=300, derandomize=True, database=None)
"""The same examples each time, however busy the machine: a law holds or it does not."""


def a_call(provider: str = "openai", model: str = "text-embedding-3-small", **given: Any) -> Call:
    """One call to this provider with KEY; options by name, the rest are fields of Call."""
    row = given.pop("row", None) or ROWS[provider]
    options = Options(**{name: given.pop(name) for name in Options.__struct_fields__ if name in given})
    headers = {} if "key" in given else {row.auth[0]: row.auth[1] + KEY}
    return for_its_model(Call(row=row, model=model, options=options, **{"base": PLACE[0], "headers": headers, **given}))


def for_its_model(call: Call) -> Call:
    """The call as it is handed to its adapter."""
    for_model = getattr(adapter_of(call), "for_model", None)
    return for_model(call) if for_model else call


def adapter_of(call: Call) -> Any:
    """What speaks this call's language."""
    return own.adapter_of(call.row)


def a_batch(texts: Sequence[str] = TEXTS, first: int = 0) -> Batch:
    """These texts, from this position of the call on."""
    return Batch(texts, range(first, first + len(texts)), 10 * len(texts))


def a_setting(
    call: Call, *, memory: Memory | None = None, place: Place = PLACE, retries: int = 2, count: int = len(TEXTS)
) -> Setting:
    """The surroundings of a conversation; chance always says one half."""
    matrix = Matrix(count, Form(call.options.dimensions))
    return Setting(call, adapter_of(call), matrix, memory or Memory(), place, Retry(attempts=retries), lambda: 0.5)


def reply(body: object = b"", status: int = 200, **headers: str) -> Reply:
    """An HTTP answer; a body that is no bytes is written as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(status, {name.replace("_", "-"): word for name, word in headers.items()}, raw)


def good(*vectors: object, **fields: object) -> Reply:
    """A 200 of OpenAI's shape, in order."""
    data = [{"object": "embedding", "index": i, "embedding": vector} for i, vector in enumerate(vectors or VECTORS)]
    usage = {"prompt_tokens": 9, "total_tokens": 9}
    body = {"object": "list", "data": data, "model": "text-embedding-3-small", "usage": usage, **fields}
    return reply(body, x_request_id="req-1")


def bad(status: int, code: str | None = None, message: str = "no", **headers: str) -> Reply:
    """A refusal of OpenAI's shape."""
    body = {"error": {"message": message, "type": "some_type", "param": "some_param", "code": code}}
    return reply(body, status, **headers)


class Played(msgspec.Struct):
    """How it went. `trace` has a word a command: go, held N (an Admit that had to wait), key or run, send, sleep N."""

    trace: str
    sent: list[Send]
    answer: Answer | None
    error: AnyLLMError | None


def _ended(result: Answer | Problem | None) -> tuple[Answer | None, AnyLLMError | None]:
    return (None, result.error) if isinstance(result, Problem) else (result, None)


def play(
    setting: Setting,
    replies: Sequence[Reply | TransportError],
    *,
    batch: Batch | None = None,
    ends: tuple[str, TransportError] | None = None,
    flow: Generator[Any, Any, Any] | None = None,
) -> Played:
    """Serve these replies in turn, all of them; `ends` throws into the first command of that name instead.

    `flow`: another conversation than the batch's.
    """
    left, now = list(replies), MONOTONIC
    words: list[str] = []
    played = Played("", [], None, None)
    flow = flow or converse(setting, batch or a_batch())
    try:
        command = next(flow)
        while True:
            value: Any = None
            if isinstance(command, Admit):
                while (wait := command.ask(now)) > 0:
                    words.append(f"held {wait:g}")
                    now += wait
                words.append("go")
            elif isinstance(command, Run):
                value = command.function()
                words.append("key" if isinstance(value, str) else "run")
            elif isinstance(command, Sleep):
                now += command.seconds
                words.append(f"sleep {command.seconds:g}")
            else:
                assert isinstance(command, Send)
                played.sent.append(command)
                words.append("send")
                value = left.pop(0)
            if ends is not None and words[-1].startswith(ends[0]):
                value = ends[1]
            if isinstance(value, TransportError):
                command = flow.throw(value)
            else:
                command = flow.send(Outcome(value, (now, WALL + now - MONOTONIC)))
    except StopIteration as end:
        played.answer, played.error = _ended(end.value)
    except AnyLLMError as error:
        played.error = error
    assert left == []
    played.trace = " ".join(words)
    return played


def vectors_of(setting: Setting) -> list[list[float]]:
    """What stands in the matrix."""
    vectors = setting.matrix.vectors()
    return [vectors.numbers(position).tolist() for position in range(len(vectors))]
