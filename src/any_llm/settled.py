"""What is the same for all calls of a client with the same model and options: settled once, and kept for the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from any_llm import checks
from any_llm.configuration import ACCEPTED, CLIENT_OPTIONS, INSTEAD, Configuration, client_names
from any_llm.exceptions import InvalidModelError, InvalidRequestError
from any_llm.flow.matrix import Form, Matrix
from any_llm.flow.memory import MEMORY
from any_llm.flow.pace import Terms
from any_llm.flow.retry import Retry
from any_llm.flow.room import HOSTED, LOOPBACK
from any_llm.flow.setting import Setting
from any_llm.form import form, sent
from any_llm.identity import identity
from any_llm.loading import loading
from any_llm.overlong import overflow
from any_llm.price import price
from any_llm.providers.own import adapter_of
from any_llm.providers.roles import role
from any_llm.types.vectors import DTYPES
from any_llm.wire import Batch, Call, Options

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from any_llm.providers.row import Adapter

KEPT = 64
"""Settings a client keeps; then it begins anew."""
PLAIN = frozenset({str, int, bool, type(None)})
"""Types of values that are what they are: nobody can change one later, and two that are equal are alike."""


def settled(client: Configuration, model: str, options: Mapping[str, Any], kwargs: Mapping[str, Any]) -> Setting:
    """The setting of a call for no inputs yet. Raises InvalidRequestError for what can be told wrong here.

    `options` are ours, `kwargs` the provider's own fields.
    """
    key: Hashable = None
    values = (model, *options.values(), *kwargs.values())
    kinds = tuple(map(type, values))
    if PLAIN.issuperset(kinds):
        key = (values, kinds, *options, *kwargs)  # of which type, too: True is no 1
        if (kept := client.settled.get(key)) is not None:
            return kept
    made = _settled(client, prepared(client, model, kwargs, **options))
    if key is not None:
        if len(client.settled) >= KEPT:
            client.settled.clear()
        client.settled[key] = made
    return made


def _settled(client: Configuration, call: Call) -> Setting:
    with loading():
        adapter = adapter_of(client.row)
    asked = call
    call, wanted = _for_model(call, adapter)
    call, overlong = overflow(call, client)
    # Who cannot honour an option says so when a request is written: one for no input, which is never sent.
    adapter.encode(call, Batch((), (), 0))
    return Setting(
        call=call,
        adapter=adapter,
        matrix=Matrix(0, wanted),
        memory=MEMORY,
        place=(client.base, call.model, client.identity),
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
        identity=identity(
            call, wanted, overlong, asked=asked, limits=client.limits, counted=client.tokenizer is not None
        ),
        price=price(call.row, call.model),
        budget=client.budget,
        limiter=client.limiter,
    )


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
