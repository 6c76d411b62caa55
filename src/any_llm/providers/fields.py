"""Our options in a provider's own words: the body fields, and the address, of a request."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from math import isfinite
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from any_llm.exceptions import InvalidRequestError, UnsupportedParameterError
from any_llm.providers.roles import role
from any_llm.wire import Refusal

if TYPE_CHECKING:
    from any_llm.types.vectors import Dtype
    from any_llm.wire import Call, Reply


def fields(call: Call, *, owned: frozenset[str]) -> dict[str, Any]:
    """Translate the call's options by the row's names, and lay the caller's own fields on top.

    `owned` are the body fields that hold the model and the inputs: the caller passes those as arguments.
    """
    row, names, asked = call.row, call.row.names, call.options
    if call.extra:
        _check(call, owned)
    wanted: dict[str, Any] = {}
    if asked.dimensions is not None:
        if names.dimensions is None:
            raise UnsupportedParameterError("dimensions", row.name, "It has no field for a width.")
        wanted[_free(call, "dimensions", names.dimensions)] = asked.dimensions
    if asked.dtype is not None:
        wanted.update(_dtype(call, asked.dtype))
    if asked.input_type is not None or names.input_type is not None:
        word = role(row, call.model, asked.input_type).word
        if word is not None and names.input_type is not None:
            wanted[_free(call, "input_type", names.input_type) if asked.input_type else names.input_type] = word
    if asked.overflow is not None or names.overflow is not None:
        wanted.update(_overflow(call))
    wanted.update(call.extra)
    return wanted


def _check(call: Call, owned: frozenset[str]) -> None:
    """Look at the caller's own fields."""
    row = call.row
    for name, value in call.extra.items():
        if name in owned:
            raise InvalidRequestError(f"{name!r} is set by model= and inputs=; remove it.", provider_name=row.name)
        if name in row.instead:
            raise InvalidRequestError(f"{name!r} is not sent: {row.instead[name]}", provider_name=row.name)
        if not _sendable({name: value}):
            raise InvalidRequestError(f"{name!r} holds what JSON cannot carry.", provider_name=row.name)


def _sendable(value: Any) -> bool:
    """Whether JSON can carry it. msgspec would write NaN as null, and nothing is sent as null."""
    if isinstance(value, float):
        return isfinite(value)
    if isinstance(value, Mapping):
        return all(isinstance(name, str) and _sendable(name) and _sendable(item) for name, item in value.items())
    if isinstance(value, list | tuple):
        return all(map(_sendable, value))
    try:
        msgspec.json.encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError):
        return False
    return True


def _free(call: Call, option: str, field: str) -> str:
    """Refuse to choose between an option and the provider's own field of the same meaning."""
    if field in call.extra:
        raise InvalidRequestError(
            f"{option}= and {field}= say the same thing; pass one of them.", provider_name=call.row.name
        )
    return field


def _dtype(call: Call, asked: Dtype) -> Mapping[str, Any]:
    names = call.row.names
    if names.dtype is not None and asked in names.dtypes:
        return {_free(call, "dtype", names.dtype): names.dtypes[asked]}
    if asked == "float32":
        return {}
    known = ", ".join(names.dtypes) or "float32"
    raise UnsupportedParameterError(f"dtype={asked!r}", call.row.name, f"It gives {known}.")


def _overflow(call: Call) -> Mapping[str, Any]:
    asked, names = call.options.overflow, call.row.names
    policy = asked or "error"
    if asked is not None and names.overflow is not None:
        _free(call, "overflow", names.overflow)
    if names.overflow is not None and policy in names.policies:
        return {names.overflow: names.policies[policy]}
    if asked is None or (asked == "error" and names.refuses_overflow):
        return {}
    known = sorted({*names.policies, *(["error"] if names.refuses_overflow else [])})
    hint = f"It knows {', '.join(known)}." if known else "It cannot be told what to do with an over-long input."
    raise UnsupportedParameterError(f"overflow={asked!r}", call.row.name, hint)


@lru_cache(maxsize=256)
def _joined(base: str, path: str) -> str:
    base = base.rstrip("/")
    version = "/" + path.split("/")[1]
    return (base.removesuffix(version) if version[:3] in {"/v1", "/v2"} else base) + path


def address(call: Call, path: str, query: Mapping[str, str] | None = None) -> str:
    """Join the call's base, a path and its query; a version that ends the one and begins the other stands once."""
    url = _joined(call.base, path)
    if not query and not call.query:
        return url
    merged = {**(query or {}), **call.query}
    return (
        url + "?" + "&".join(f"{quote(name, safe='')}={quote(str(value), safe='')}" for name, value in merged.items())
    )


def refusal(reply: Reply) -> Refusal:
    """Read the error bodies in common use: {"error": {...} or str}, {"detail": ...}, {"message": str}, plain text."""
    try:
        body = msgspec.json.decode(reply.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Refusal(message=reply.body[:500].decode("utf-8", "replace").strip() or "no body")
    outer = body[0] if isinstance(body, list) and body else body  # Google sometimes answers with a list of one
    if not isinstance(outer, dict):
        return Refusal(message=str(body)[:500])
    inner = outer.get("error") or outer
    if not isinstance(inner, dict):
        return Refusal(message=str(inner), code=_text(outer.get("code")), error_type=_text(outer.get("error_type")))
    message = inner.get("message") or inner.get("detail") or inner.get("error") or "no message"
    return Refusal(
        message=message if isinstance(message, str) else msgspec.json.encode(message).decode()[:2000],
        # Google's status is the word, its code the number; Databricks has error_code.
        code=_text(inner.get("status") or inner.get("code") or inner.get("error_code")),
        param=_text(inner.get("param")),
        error_type=_text(inner.get("type") or inner.get("reason")),  # Novita's code is the status, its reason the word
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)
