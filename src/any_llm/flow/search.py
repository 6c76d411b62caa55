"""Which input a refusal is about. A refused batch is halved until the bad input stands alone.

First it is settled whether the request itself is at fault (a wrong option, a broken server): a short input alone, and
when that is refused too, a plain word. Only then halves are sent. What goes well on the way is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from any_llm.exceptions import ContentFilterError, ContextLengthExceededError, InvalidRequestError, ProviderError
from any_llm.flow.converse import converse
from any_llm.flow.matrix import Matrix
from any_llm.flow.setting import Answer, Problem
from any_llm.wire import Batch

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from any_llm.flow.setting import Setting
    from any_llm.wire import Command, Outcome

UNUSABLE = 200
"""The status of a reply that cannot be right."""
AMBIGUOUS = frozenset({UNUSABLE, 400, 413, 422})
FAILED = frozenset({500, 502, 503, 504})
"""Ollama's NaN and llama.cpp's over-long input are a 500, and behind a gateway any of these."""
WORD = "text"
"""What any model can embed. Its vector is thrown away."""


class Bench(msgspec.Struct, frozen=True):
    """What a search works with."""

    setting: Setting
    batch: Callable[[Sequence[int]], Batch]
    """Positions -> a batch of these inputs."""
    keep: Callable[[Batch, Answer], None]
    """Takes what went well."""
    blame: Callable[[int, Problem], None]
    """Takes a bad input; raises when one is enough."""
    first_only: bool
    """One bad input is enough: the first."""


def may_be_an_input(problem: Problem) -> bool:
    """Whether one input of several may be the reason."""
    error = problem.error
    if isinstance(error, ContentFilterError | ContextLengthExceededError):
        return True
    ambiguous = isinstance(error, InvalidRequestError | ProviderError) and error.status_code in AMBIGUOUS
    return ambiguous or _failed(problem)


def _hasty(setting: Setting) -> Setting:
    """One that is not patient with a server that fails or is broken."""
    return msgspec.structs.replace(setting, retry=msgspec.structs.replace(setting.retry, final=FAILED | {UNUSABLE}))


def _failed(problem: Problem) -> bool:
    return isinstance(problem.error, ProviderError) and problem.error.status_code in FAILED


def is_the_request(setting: Setting) -> Generator[Command, Outcome, bool]:
    """Whether even a plain word is refused. Then no input is at fault."""
    text = setting.call.prefix + WORD
    apart = msgspec.structs.replace(_hasty(setting), matrix=Matrix(1, setting.matrix.form))
    setting.tally.add(halved=1)
    result = yield from converse(apart, Batch([text], [0], len(text)))
    return isinstance(result, Problem)


def search(bench: Bench, batch: Batch, problem: Problem, *, proven: bool) -> Generator[Command, Outcome, bool]:
    """Find what is bad in a batch that was refused; say whether anything was.

    `proven`: such a request was answered before in this call. Raises the problem's error when the request is at fault,
    and any other error that comes up.
    """
    left = list(batch.indexes)
    if problem.error.index is not None:  # the reply itself tells which
        bench.blame(problem.error.index, problem)
        left.remove(problem.error.index)
        yield from _unknown(bench, left)
        return True
    if proven and not _failed(problem):
        return (yield from _bad(bench, left))
    probe = min(left, key=lambda index: _shortness(batch.texts[batch.indexes.index(index)]))
    found = yield from _send(bench, [probe], hasty=True)
    left.remove(probe)
    if found is None:
        return (yield from _bad(bench, left))
    if (yield from is_the_request(bench.setting)):
        raise problem.error
    if bench.first_only:  # the first bad input is wanted: look at those that stand before it
        yield from _unknown(bench, [index for index in left if index < probe])
    if _failed(found):
        yield from _unknown(bench, [probe])
    else:
        bench.blame(probe, found)
    yield from _unknown(bench, left)
    return True


def _shortness(text: str) -> tuple[bool, int]:
    """Blank texts come last: many a server refuses those."""
    return not text.strip(), len(text)


def _unknown(bench: Bench, left: list[int]) -> Generator[Command, Outcome, bool]:
    """Inputs of which nothing is known. Returns whether one was bad."""
    if not left:
        return False
    problem = yield from _send(bench, left)
    if problem is None:
        return False
    if len(left) > 1:
        return (yield from _bad(bench, left))
    bench.blame(left[0], problem)
    return True


def _bad(bench: Bench, left: list[int]) -> Generator[Command, Outcome, bool]:
    """Inputs that were refused together, or among which a bad one must be. Returns whether one was found."""
    while len(left) > 1:
        half = len(left) // 2
        if (yield from _unknown(bench, left[:half])):
            yield from _unknown(bench, left[half:])
            return True
        left = left[half:]  # all before is well, so it is here
    return (yield from _unknown(bench, left))


def _send(bench: Bench, indexes: Sequence[int], *, hasty: bool = False) -> Generator[Command, Outcome, Problem | None]:
    """Send these alone. None: all went well. Raises what no input can be the reason of."""
    bench.setting.tally.add(halved=1)
    part = bench.batch(indexes)
    # Several that fail are looked at more closely, not sent again.
    result = yield from converse(_hasty(bench.setting) if hasty or len(part) > 1 else bench.setting, part)
    if isinstance(result, Answer):
        bench.keep(part, result)
        return None
    if result.large is None and not may_be_an_input(result):
        raise result.error
    return result
