"""One call's arguments: inputs, options and the provider's own fields, checked before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from any_llm import checks
from any_llm.doubts import warn_of, warn_of_unknown
from any_llm.exceptions import InvalidRequestError
from any_llm.flow.fitness import of_each
from any_llm.flow.job import Job
from any_llm.flow.matrix import Matrix
from any_llm.flow.memory import MEMORY
from any_llm.flow.merge import identified
from any_llm.flow.stream import Stream
from any_llm.flow.tally import Tally
from any_llm.flow.turn import Caller
from any_llm.loading import load
from any_llm.price import budgeted
from any_llm.seeing.watch import traced, watch
from any_llm.settled import prepared, settled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from any_llm.configuration import Configuration
    from any_llm.flow.lookup import Cache
    from any_llm.flow.setting import Setting
    from any_llm.types.identity import EmbeddingIdentity

TEXT = frozenset({str})


def stream(client: Configuration, model: str, options: Mapping[str, Any]) -> Stream:
    """Turn a stream's arguments into a Stream. Raises InvalidRequestError for what can be told wrong here."""
    options = dict(options)
    ordered = options.pop("ordered", True)
    checks.switch("ordered", ordered)
    named, kwargs = _ours(options)
    job(client, model, (), named, kwargs)
    return Stream(
        lambda inputs, start: job(client, model, inputs, named, kwargs, start=start),
        client.max_concurrency + 1,
        warn_of,
        ordered=ordered is not False,
    )


def _ours(options: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Tell our options from the provider's own fields."""
    named = {name: value for name, value in options.items() if name in (prepared.__kwdefaults__ or ())}
    return named, {name: value for name, value in options.items() if name not in named}


def identity(client: Configuration, model: str, options: Mapping[str, Any]) -> EmbeddingIdentity | None:
    """Say what the vectors of a call with these options are. Raises what the call would, where that can be told now."""
    setting = settled(client, model, *_ours(options))
    loaded = getattr(setting.adapter, "loaded", None)
    return identified(setting.identity, None if loaded is None else loaded(setting.call).function())


def job(
    client: Configuration,
    model: str,
    inputs: object,
    options: Mapping[str, Any],
    kwargs: Mapping[str, Any],
    *,
    start: int = 0,
) -> Job:
    """Turn a call's arguments into a Job. Raises InvalidRequestError for what can be told wrong here.

    `options` are ours, `kwargs` the provider's own fields; `start` is the position of the first input, for errors.
    """
    alike = settled(client, model, options, kwargs)
    texts = checked_inputs(inputs, start)
    if traced():
        load("any_llm.seeing.telemetry")
    setting = msgspec.structs.replace(
        alike,
        matrix=Matrix(len(texts), alike.matrix.form),
        caller=Caller(),
        tally=Tally(),
        watch=watch(alike.call, client.hooks, first=MEMORY.first, spans=True),
    )
    budgeted(setting)
    made = Job(setting, texts, start) if client.cache is None else _cached(client.cache, setting, texts, start)
    if alike.call.applied == "unknown":
        warn_of_unknown(alike.call)
    return made


def _cached(cache: Cache, setting: Setting, texts: Sequence[str], start: int) -> Job:
    """A job that looks for its vectors first, unless an input's vector depends on more than its text."""
    call = setting.call
    if of_each(call.extra, len(texts)) or any(call.extra.get(name) for name in call.row.read_together):
        return Job(setting, texts, start)
    made: Job = load("any_llm.flow.cached").CachedJob(setting, texts, start, cache=cache)
    return made


def checked_inputs(inputs: object, start: int = 0) -> Sequence[str]:
    """Take one text, or a list or tuple of texts. Raises InvalidRequestError with the index of what is none."""
    if isinstance(inputs, str):
        inputs = [inputs]
    elif not isinstance(inputs, list | tuple):
        advice = "" if inputs is None or isinstance(inputs, bytes | int | float) else "; pass list(...) of it"
        raise InvalidRequestError(f"inputs must be a str or a list of str, not {type(inputs).__name__}{advice}.")
    if {*map(type, inputs)} <= TEXT and all(map(str.isascii, inputs)):
        return tuple(inputs)  # a copy, for the caller may change the list while the call waits
    for index, text in enumerate(inputs, start):
        if not isinstance(text, str):
            raise InvalidRequestError(f"inputs[{index}] is {type(text).__name__}, not str.", index=index)
        if not text.isascii():
            try:
                text.encode()
            except UnicodeEncodeError:
                reason = "holds a lone surrogate, which no UTF-8 can carry"
                raise InvalidRequestError(f"inputs[{index}] {reason}.", index=index) from None
    # Subclasses, numpy's among them, are text too, but msgspec writes only str itself.
    return tuple(text if type(text) is str else str.__str__(text) for text in inputs)
