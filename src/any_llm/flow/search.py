"""Which input a refusal is about. A refused batch is halved until the bad input stands alone.

First it is settled whether the request itself is at fault (a wrong option, a broken server): a short input alone, and
when that is refused too, a plain word. Only then halves are sent. What goes well on the way is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from any_llm.exceptions import ContentFilterError, ContextLengthExceededError, InvalidRequestError, ProviderError
from any_llm.flow.converse import converse
from any_llm.flow.failure import alike
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
    doubt: Callable[[], bool]
    """Whether so many were bad of late, and nothing went well, that it is to be asked anew if they are the reason."""
    first_only: bool
    """One bad input is enough: the first."""
    well: list[int] = msgspec.field(default_factory=list)
    """How many went well at once."""


def may_be_an_input(problem: Problem) -> bool:
    """Whether one input of several may be the reason."""
    error = problem.error
    if isinstance(error, ContentFilterError | ContextLengthExceededError):
        return True
    ambiguous = isinstance(error, InvalidRequestError | ProviderError) and error.status_code in AMBIGUOUS
    return ambiguous or failed(problem)


def _hasty(setting: Setting) -> Setting:
    """One that is not patient with a server that fails or is broken."""
    return msgspec.structs.replace(setting, retry=msgspec.structs.replace(setting.retry, final=FAILED | {UNUSABLE}))


def failed(problem: Problem) -> bool:
    """Whether the server failed."""
    return isinstance(problem.error, ProviderError) and problem.error.status_code in FAILED


def acquit(setting: Setting, problem: Problem) -> Generator[Command, Outcome, None]:
    """Raise the problem's error, of no input, when even a plain word is refused: then it is the request."""
    text = setting.call.prefix + WORD
    apart = msgspec.structs.replace(_hasty(setting), matrix=setting.matrix.beside())
    result = yield from converse(apart, Batch([text], [0], len(text)), halved=True)
    if isinstance(result, Problem):
        raise alike(problem.error, None)


def search(bench: Bench, batch: Batch, problem: Problem, *, proven: bool) -> Generator[Command, Outcome, bool]:
    """Find what is bad in a batch that was refused; say whether anything was.

    `proven`: such a request was answered before in this call. Raises the problem's error when the request is at fault,
    and any other error that comes up.
    """
    left, named = list(batch.indexes), problem.error.index
    if named is not None:  # the reply itself tells which
        # Of one that is wrong about all, each would be sent to be blamed.
        if not (bench.first_only or proven):
            yield from acquit(bench.setting, problem)
        bench.blame(named, problem)
        bench.setting.tally.add(possibly_billed_twice=problem.twice)
        left.remove(named)
        yield from _unknown(bench, left)
        return True
    bench.setting.tally.add(possibly_billed_twice=problem.twice)
    if proven and not failed(problem) and problem.error.status_code != UNUSABLE:
        return (yield from _bad(bench, left))
    probe = min(left, key=lambda index: _shortness(batch.texts[batch.indexes.index(index)]))
    found = yield from _send(bench, [probe], hasty=True)
    left.remove(probe)
    if found is None:
        return (yield from _bad(bench, left))
    yield from acquit(bench.setting, problem)
    if bench.first_only:  # the first bad input is wanted: look at those that stand before it
        yield from _unknown(bench, [index for index in left if index < probe])
    if failed(found):
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
        bench.setting.tally.add(possibly_billed_twice=problem.twice)
        return (yield from _bad(bench, left))
    bench.blame(left[0], problem)
    if bench.doubt():
        yield from acquit(bench.setting, problem)
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
    part = bench.batch(indexes)
    # Several that fail are looked at more closely, not sent again.
    setting = _hasty(bench.setting) if hasty or len(part) > 1 else bench.setting
    result = yield from converse(setting, part, halved=True)
    if isinstance(result, Answer):
        bench.well.append(len(part))
        bench.keep(part, result)
        return None
    if result.large is None and not may_be_an_input(result):
        raise result.error
    return result
