"""Whether a row of somebody's own is whole, and what speaks a row's language."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, get_args

from any_llm import checks
from any_llm.exceptions import AnyLLMError, InvalidProviderError, InvalidRequestError
from any_llm.providers.guarded import guarded
from any_llm.providers.row import Kind, Limits, Names, Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from any_llm.providers.row import Adapter

NAME = re.compile(r"[a-z][a-z0-9_-]*")
PAIR = 2
Check = tuple[Callable[[Any], bool], str]
"""Whether a value is right, and what it must be."""
WORD: Check = (lambda value: isinstance(value, str), "a str")
WHOLE: Check = (lambda value: type(value) is int and value > 0, "a whole number above 0")
TYPES: tuple[tuple[type, Check], ...] = (
    (Limits, (lambda value: isinstance(value, Limits), "a Limits")),
    (Names, (lambda value: isinstance(value, Names), "a Names")),
    (bool, (lambda value: isinstance(value, bool), "True or False")),
    (str, WORD),
    (
        tuple,
        (lambda value: isinstance(value, tuple) and all(isinstance(word, str) for word in value), "a tuple of str"),
    ),
    (Mapping, (lambda value: isinstance(value, Mapping) and all(isinstance(key, str) for key in value), "a mapping")),
)
"""By the type of a field's default."""
METHODS = ("encode", "decode", "explain")
FIELD = re.compile(r"\{(.*?)\}")


def checked(row: object) -> Row:
    """Give the row back. Raises InvalidProviderError naming the field that is wrong; what it held is not repeated."""
    if not isinstance(row, Row):
        raise InvalidProviderError(f"a provider is registered as a Row, not as {type(row).__name__}.")
    if not isinstance(row.name, str) or not NAME.fullmatch(row.name):
        raise InvalidProviderError("a row's name must be of a-z, 0-9, - and _, and begin with a letter.")
    for faults in (_mistyped, lambda row: _mistyped(row.limits, WHOLE), lambda row: _mistyped(row.names), _senseless):
        for field, what in faults(row):
            raise _wrong(row.name, field, what)
    if not isinstance(row.adapter, str):
        _check_adapter(row, row.adapter)
    if row.api_base is not None:
        _check_base(row, row.api_base)
    return row


def adapter_of(row: Row) -> Adapter:
    """Give what speaks this row's language, loading its module when it is first used. Raises InvalidProviderError."""
    if not isinstance(row.adapter, str):
        return guarded(row, row.adapter)
    try:
        adapter: Adapter = importlib.import_module(row.adapter).adapter
    except AnyLLMError:
        raise
    except (ImportError, AttributeError, ValueError) as error:
        raise _wrong(row.name, "adapter", f"names {row.adapter!r}, which cannot be used: {error}") from error
    _check_adapter(row, adapter)
    return guarded(row, adapter)


def _mistyped(part: Any, none: Check = WORD) -> Iterator[tuple[str, str]]:
    """Hold each field against the type of its default; `none` is asked where that is None."""
    for field, value in part._asdict().items():
        default = part._field_defaults.get(field)
        if field == "adapter":
            continue
        if field not in part._field_defaults:
            right, what = isinstance(value, str) and bool(value), "a str that is not empty"
        elif default is None:
            right, what = value is None or none[0](value), f"{none[1]}, or None"
        else:
            test, what = next(check for kind, check in TYPES if isinstance(default, kind))
            right = test(value)
        if not right:
            shown = value if none is WHOLE and type(value) is int else type(value).__name__
            yield field, f"must be {what}, not {shown}"


def _senseless(row: Row) -> Iterator[tuple[str, str]]:
    """Look for values of the right type that cannot be meant."""
    if row.kind not in get_args(Kind):
        yield "kind", f"must be one of {', '.join(get_args(Kind))}"
    if len(row.auth) != PAIR:
        yield "auth", "must be the header's name, and what stands before the key"
    if row.embedding and row.key_required and row.kind != "in-process" and not row.key_env:
        yield "key_env", "must name the variable that holds the key, unless key_required=False"
    if not row.embedding and not row.reason:
        yield "reason", "must say why there are no embeddings"


def _check_adapter(row: Row, adapter: object) -> None:
    if isinstance(adapter, type):
        raise _wrong(
            row.name, "adapter", f"must be an object, not the class {adapter.__name__}: write {adapter.__name__}()"
        )
    missing = [method for method in METHODS if not callable(getattr(adapter, method, None))]
    if missing:
        raise _wrong(row.name, "adapter", f"must have {', '.join(METHODS)}; it lacks {', '.join(missing)}")


def _check_base(row: Row, base: str) -> None:
    """Check the address as it will be once its variables are filled in."""
    unknown = {*FIELD.findall(base)} - row.variables.keys()
    if unknown:
        raise _wrong(row.name, "api_base", f"holds {{{min(unknown)}}}, which variables= does not name")
    try:
        checks.address("api_base", FIELD.sub("1", base), bare=row.bare_host)
    except InvalidRequestError as error:
        raise InvalidProviderError(error.message, provider_name=row.name) from None


def _wrong(name: str, field: str, what: str) -> InvalidProviderError:
    return InvalidProviderError(f"the row's {field} {what}.", provider_name=name)
