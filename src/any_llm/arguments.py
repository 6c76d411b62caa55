"""One call's arguments: inputs, options and the provider's own fields, checked before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from any_llm import checks
from any_llm.configuration import ACCEPTED, CLIENT_OPTIONS, INSTEAD, Configuration, client_names
from any_llm.doubts import warn_of, warn_of_unknown
from any_llm.exceptions import InvalidModelError, InvalidRequestError
from any_llm.flow.job import Job
from any_llm.flow.matrix import Form, Matrix
from any_llm.flow.memory import MEMORY
from any_llm.flow.pace import Terms
from any_llm.flow.retry import Retry
from any_llm.flow.room import HOSTED, LOOPBACK
from any_llm.flow.setting import Setting
from any_llm.flow.stream import Stream
from any_llm.form import form, sent
from any_llm.loading import loading
from any_llm.overlong import overflow
from any_llm.price import budgeted, price
from any_llm.providers.own import adapter_of
from any_llm.providers.roles import role
from any_llm.seeing.watch import watch
from any_llm.types.vectors import DTYPES
from any_llm.wire import Call, Options

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from any_llm.providers.row import Adapter


def stream(client: Configuration, model: str, options: Mapping[str, Any]) -> Stream:
    """Turn a stream's arguments into a Stream. Raises InvalidRequestError for what can be told wrong here."""
    named = {name: value for name, value in options.items() if name in (prepared.__kwdefaults__ or ())}
    kwargs = {name: value for name, value in options.items() if name not in named}
    job(client, model, (), kwargs, **named)
    return Stream(
        lambda inputs, start: job(client, model, inputs, kwargs, start=start, **named),
        client.max_concurrency + 1,
        warn_of,
    )


def job(
    client: Configuration, model: str, inputs: object, kwargs: Mapping[str, Any], *, start: int = 0, **options: Any
) -> Job:
    """Turn a call's arguments into a Job. Raises InvalidRequestError for what can be told wrong here.

    `start`: the position of the first input, for errors.
    """
    with loading():
        adapter = adapter_of(client.row)
    call, wanted = _for_model(prepared(client, model, kwargs, **options), adapter)
    call, overlong = overflow(call, client)
    texts = checked_inputs(inputs, start)
    with loading():
        seen = watch(call, client.hooks, first=MEMORY.first, traced=True)
    setting = Setting(
        call=call,
        adapter=adapter,
        matrix=Matrix(len(texts), wanted),
        memory=MEMORY,
        place=(client.base, model, client.identity),
        retry=Retry(attempts=client.max_retries),
        terms=Terms(
            client=client.queue,
            at_once=client.max_concurrency,
            rpm=client.rpm,
            tpm=client.tpm,
            count_inputs=client.row.counts_inputs,
        ),
        explicit=client.limits,
        first=LOOPBACK if client.loopback else HOSTED,
        count=client.tokenizer,
        overflow=overlong,
        price=price(call.row, call.model),
        budget=client.budget,
        watch=seen,
    )
    budgeted(setting)
    made = Job(setting, texts, start)
    if call.applied == "unknown":
        warn_of_unknown(call)
    return made


def _for_model(call: Call, adapter: Adapter) -> tuple[Call, Form]:
    """Lay what differs by model over the row; find how a role reaches this one, and who gives the width."""
    for_model = getattr(adapter, "for_model", None)
    if for_model is not None:
        call = for_model(call)
    found = role(call.row, call.model, call.options.input_type)
    wanted = form(call.row, call.model, call.options)
    options = call.options
    if not sent(call.row, call.model, options, wanted):
        options = msgspec.structs.replace(options, dimensions=None)
    return msgspec.structs.replace(call, prefix=found.prefix, applied=found.applied, options=options), wanted


def checked_inputs(inputs: object, start: int = 0) -> Sequence[str]:
    """Take one text, or a list or tuple of texts. Raises InvalidRequestError with the index of what is none."""
    if isinstance(inputs, str):
        inputs = [inputs]
    elif not isinstance(inputs, list | tuple):
        advice = "" if inputs is None or isinstance(inputs, bytes | int | float) else "; pass list(...) of it"
        raise InvalidRequestError(f"inputs must be a str or a list of str, not {type(inputs).__name__}{advice}.")
    for index, text in enumerate(inputs, start):
        if not isinstance(text, str):
            raise InvalidRequestError(f"inputs[{index}] is {type(text).__name__}, not str.", index=index)
        if not text.isascii():
            try:
                text.encode()
            except UnicodeEncodeError:
                reason = "holds a lone surrogate, which no UTF-8 can carry"
                raise InvalidRequestError(f"inputs[{index}] {reason}.", index=index) from None
    # A copy, for the caller may change the list while the call waits. Subclasses, numpy's among them, are text too, but
    # msgspec writes only str itself.
    return tuple(text if type(text) is str else str.__str__(text) for text in inputs)


def prepared(
    client: Configuration,
    model: str,
    kwargs: Mapping[str, Any],
    *,
    dimensions: int | None = None,
    dtype: Any = None,
    input_type: str | None = None,
    overflow: Any = None,
    normalize: bool | None = None,
    batch_size: int | None = None,
    on_error: Any = None,
    dedupe: bool | None = None,
    extra_headers: Mapping[str, str] | None = None,
    extra_query: Mapping[str, Any] | None = None,
    extra_body: Mapping[str, Any] | None = None,
) -> Call:
    """Lay the call's options over the client's."""
    if not isinstance(model, str) or not model:
        raise InvalidModelError("model must be a name, not empty.")
    if not checks.sendable(model):
        raise InvalidModelError("model holds a lone surrogate, which no UTF-8 can carry.")
    checks.choice("overflow", overflow, ("error", "truncate", "mean"))
    checks.choice("dtype", dtype, DTYPES)
    checks.choice("on_error", on_error, ("raise", "collect"))
    checks.switch("normalize", normalize)
    checks.switch("dedupe", dedupe)
    if input_type is not None and (not isinstance(input_type, str) or not input_type):
        raise InvalidRequestError(f"input_type={input_type!r} must be a word, or None.")
    extra = own_fields(client, kwargs)
    encoding_format = checks.choice("encoding_format", extra.pop("encoding_format", None), ("float", "base64"))
    if dtype not in (None, "float32") and (normalize or encoding_format):
        given = "normalize=True" if normalize else f"encoding_format={encoding_format!r}"
        raise InvalidRequestError(f"{given} is for float32 only, not for dtype={dtype!r}; pass one of them.")
    return Call(
        row=client.row,
        model=model,
        base=client.base,
        options=Options(
            dimensions=checks.number("dimensions", dimensions, least=1),
            dtype=dtype,
            input_type=input_type,
            overflow=overflow,
            normalize=normalize,
            batch_size=checks.number("batch_size", batch_size, least=1),
            encoding_format=encoding_format,
            on_error=on_error,
            dedupe=dedupe,
        ),
        extra={**extra, **checks.mapping("extra_body", extra_body)},
        headers=checks.headers(client.headers, checks.mapping("extra_headers", extra_headers)),
        query={**client.query, **checks.query("extra_query", extra_query)},
        client=client.options,
        key=client.key,
    )


def own_fields(client: Configuration, kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The provider's own fields among a call's keywords. None means not given, as everywhere."""
    row = client.row
    for name in kwargs:
        if name in INSTEAD:
            raise InvalidRequestError(f"{name}= is not taken: {INSTEAD[name]}.", provider_name=row.name)
        if name in CLIENT_OPTIONS or name in client_names(row) or name in row.client_aliases:
            raise InvalidRequestError(
                f"{name} belongs to the client: pass client_args={{{name!r}: ...}} or AnyLLM.create(..., {name}=...)."
            )
    return {name: value for name, value in kwargs.items() if value is not None and name not in ACCEPTED}
