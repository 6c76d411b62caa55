"""One batch's conversation with a provider: be admitted, send, read, check; try again where that helps.

A generator: it yields commands and is resumed with outcomes. No I/O, no clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from any_llm.exceptions import AnyLLMError, ContextLengthExceededError, InsufficientFundsError, RateLimitError
from any_llm.flow import failure, literals
from any_llm.flow.allowance import asked
from any_llm.flow.attempt import Attempt
from any_llm.flow.caps import halved, told
from any_llm.flow.credentials import identified, renewed
from any_llm.flow.matrix import InvalidVectorError
from any_llm.flow.overflow import said
from any_llm.flow.pace import Cost
from any_llm.flow.retry import RETRYABLE, delay
from any_llm.flow.salvage import Salvage
from any_llm.flow.setting import Answer, Problem
from any_llm.flow.turn import Turn
from any_llm.flow.vectors import fill
from any_llm.wire import Admit, Outcome, Reply, Run, Send, Sleep, TransportError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from any_llm.flow.setting import Setting
    from any_llm.providers.row import Adapter
    from any_llm.wire import Batch, Call, Command

T = TypeVar("T")

OK = range(200, 300)
UNAUTHORISED = 401
LOOK = 1024
"""Bytes of a 200 that is no answer that are looked through for the word that it is an error."""
POLL = 0.5
"""Seconds between two questions whether a provider is done."""


def converse(
    setting: Setting, batch: Batch, *, halved: bool = False, outgrown: Callable[[], bool] | None = None
) -> Generator[Command, Outcome, Answer | Problem]:
    """Put the batch's vectors into the matrix, or say why not, having tried again where that may help.

    `halved`: its inputs were sent before, with others. Raises AnyLLMError when the call is ended meanwhile, and
    OutgrownError when `outgrown` says, before anything of it was sent, that it is too large by now.
    """
    return exchange(
        setting,
        batch,
        write=lambda call: _bounded(setting, batch, setting.adapter.encode(call, batch)),
        read=lambda reply, now, attempt: _settle(setting, batch, reply, now, attempt),
        follow=getattr(setting.adapter, "follow", None),
        halved=halved,
        outgrown=outgrown,
    )


def exchange(
    setting: Setting,
    batch: Batch,
    *,
    write: Callable[[Call], Send | Run],
    read: Callable[[Any, float, Attempt], T],
    follow: Callable[[Call, Reply], Send | None] | None,
    halved: bool,
    outgrown: Callable[[], bool] | None,
) -> Generator[Command, Outcome, T | Problem]:
    """Send what `write` writes and return what `read` reads; `batch` is what an error tells of."""
    cost, tries, failed = Cost(len(batch), batch.tokens), 0, 0
    why = {"halved": int(halved)}
    problem: Problem | None = None
    taken: set[str] = set()
    while True:
        turn = Turn(setting.memory, setting.place, setting.terms, setting.caller, cost)
        tries += 1
        attempt = Attempt(setting, batch, turn, tries, why, outgrown=None if problem else outgrown)
        try:
            try:
                admitted = yield Admit(attempt.ask)
                attempt.check()
                if setting.limiter is not None:
                    admitted = yield from attempt.permitted(setting.limiter)
            except TransportError as ended:
                raise failure.lost(setting.call, ended) from problem.error if problem else ended
            result = yield from _tried(setting, batch, turn, attempt, admitted, write=write, read=read, follow=follow)
            attempt.ended(result)
            if not isinstance(result, Problem):
                turn.accepted(getattr(result, "total_tokens", None))
                return result
            problem = result
            final = problem.error.status_code in setting.retry.final
            if problem.free is not None and problem.free not in taken and not final:
                taken.add(problem.free)
                why = attempt.again(problem, 0.0)
                continue
            failed += 1
            wait = delay(setting.retry, failed, asked=problem.asked, chance=setting.chance())
            if final or not problem.again:
                wait = None
            elif wait is not None and not turn.may_try_again(problem.at):
                problem.error.add_note("Not tried again: too many requests to this model had to be, of late.")
                wait = None
            if wait is None:
                return problem
            why = attempt.again(problem, wait)
        finally:
            turn.release()
            attempt.close()  # last: whoever is told of it may ask for more
        try:
            yield Sleep(wait)
        except TransportError as ended:
            raise failure.lost(setting.call, ended) from problem.error


def _tried(
    setting: Setting,
    batch: Batch,
    turn: Turn,
    attempt: Attempt,
    outcome: Outcome,
    *,
    write: Callable[[Call], Send | Run],
    read: Callable[[Any, float, Attempt], T],
    follow: Callable[[Call, Reply], Send | None] | None,
) -> Generator[Command, Outcome, T | Problem]:
    """One try, from when it was admitted."""
    call = _as_known(setting, outcome.now[0])
    command: Send | Run | None = None
    try:
        command = write(call)
        if isinstance(command, Send):
            command = yield from identified(setting, call, command, outcome.now[0])
        outcome = yield from attempt.perform(command)
        if isinstance(command, Run):
            return read(outcome.value, outcome.now[0], attempt)
        if follow is not None:
            outcome = yield from _followed(follow, call, command, outcome)
        outcome = _meant(setting.adapter, outcome)
        reply = outcome.value
        turn.answered(reply, outcome.now)
        attempt.answered(reply)
        if reply.status in OK:
            return read(reply, outcome.now[0], attempt)
        problem = _refused(setting, call, command, batch, outcome)
    except TransportError as lost:
        # Fewer at once may be answered in time.
        sent = attempt.sent > 0  # not the exchange of credentials before it
        large = halved(batch, "items") if sent and lost.timed_out and lost.retryable else None
        # A reply that was cut off, or is unreadable, is looked at once more like any broken 200.
        free = "look" if lost.begun else None
        again = lost.retryable and large is None
        error = failure.lost(call, lost)
        return Problem(error, outcome.now[0], again=again, free=free, twice=sent, large=large)
    except AnyLLMError as refused:  # what cannot be written, or a 200 or a model in this process refused
        return Problem(refused, outcome.now[0], long=said(refused, refused.message, batch))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, InvalidVectorError) as wrong:
        # A broken 200 is looked at once more, whatever max_retries says: it was paid for.
        free, reason = "look" if isinstance(command, Send) else None, str(wrong)
        if isinstance(command, Send) and isinstance(outcome.value, Reply) and b'"error"' in outcome.value.body[:LOOK]:
            reason = failure.disguised(wrong, call, command, batch, setting.adapter.explain(outcome.value))
        error = failure.unreadable(call, reason, getattr(wrong, "index", None), wrong.__cause__)
        return Problem(error, outcome.now[0], free=free, twice=True, salvage=getattr(wrong, "salvage", None))
    if problem.again:
        turn.refused(problem.at, asked=problem.asked, limited=isinstance(problem.error, RateLimitError))
    return problem


def _bounded(setting: Setting, batch: Batch, command: Send | Run) -> Send | Run:
    """The request with a bound for its reply."""
    if isinstance(command, Run):
        return command
    return msgspec.structs.replace(command, limit=setting.matrix.limit(len(batch), len(command.body)))


def _as_known(setting: Setting, now: float) -> Call:
    """The call, less what this host is known to refuse."""
    call = setting.call
    if setting.memory.known(setting.place, now).base64 or call.options.encoding_format is not None:
        return call
    return msgspec.structs.replace(call, base64=False)


def _followed(
    follow: Callable[[Call, Reply], Send | None], call: Call, sent: Send, outcome: Outcome
) -> Generator[Command, Outcome, Outcome]:
    """The final reply, where a provider answers "not yet" and is asked again until it is done."""
    while outcome.value.status in OK and (ask := follow(call, outcome.value)) is not None:
        yield Sleep(POLL)
        outcome = yield msgspec.structs.replace(ask, headers={**sent.headers, **ask.headers}, limit=sent.limit)
    return outcome


def _meant(adapter: Adapter, outcome: Outcome) -> Outcome:
    """The reply with the status it means, where a provider's own codes say more than HTTP's."""
    status, reply = getattr(adapter, "status", None), outcome.value
    if status is None:
        return outcome
    return msgspec.structs.replace(outcome, value=msgspec.structs.replace(reply, status=status(reply)))


def _settle(setting: Setting, batch: Batch, reply: Any, now: float, attempt: Attempt) -> Answer:
    part = literals.decoded(setting.adapter, setting.call, reply)
    # Some servers count nothing and say 0, or less: for a text that is not blank, that is no count.
    least = 1 if any(map(str.strip, batch.texts)) else 0
    counted = part.prompt_tokens
    tokens = counted if counted is not None and counted >= least else None
    total = None if tokens is None else max(tokens, part.total_tokens or tokens)
    attempt.bill(tokens, total, estimated=part.estimated)  # whether it is of use or not
    measured = None if part.estimated else tokens
    answer = Answer(measured, total, part.model, attempt.request_id, part.applied, now, part.cut, part.loaded)
    try:
        fill(setting.matrix, batch, part)
    except InvalidVectorError as wrong:
        if wrong.index is not None and len(batch) > 1:
            wrong.salvage = Salvage(batch, part, answer)
        raise
    return answer


def _refused(setting: Setting, call: Call, sent: Send, batch: Batch, outcome: Outcome) -> Problem:
    """Judge a reply that is no 200."""
    reply, now = outcome.value, outcome.now[0]
    refusal, wait = setting.adapter.explain(reply), asked(reply, outcome.now[1])
    error = failure.refused(call, sent, batch, reply, refusal, asked=wait)
    if _refuses_base64(call, reply, refusal.message):
        if setting.watch is not None:
            setting.watch.learnt("it refuses encoding_format, and is sent none from now on")
        setting.memory.learn(setting.place, now, base64=False)
        return Problem(error, now, free="floats")
    if reply.status == UNAUTHORISED and renewed(setting, sent, now):
        return Problem(error, now, free="key")  # a callable key is asked again, a token fetched: it may be rotated
    # An empty account, and an input that is too long, stay so.
    again = reply.status in RETRYABLE and not isinstance(error, InsufficientFundsError | ContextLengthExceededError)
    large = told(reply.status, refusal, batch, body=len(sent.body))
    long = said(error, refusal.message, batch)
    return Problem(error, now, again=again, asked=wait, large=large, long=long)


def _refuses_base64(call: Call, reply: Reply, message: str) -> bool:
    """Whether a host names encoding_format in its refusal, though we alone wanted it."""
    asked = call.options.encoding_format is not None or "encoding_format" in call.extra
    ours = call.row.base64 and call.base64 and not asked
    return ours and reply.status in {400, 422} and ("encoding_format" in message or "base64" in message.lower())
