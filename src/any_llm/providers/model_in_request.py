"""What a model's name says beside the model: part of an address, the role of a text, how much a request may hold."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from any_llm.exceptions import InvalidModelError, InvalidRequestError, UnsupportedParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from any_llm.providers.row import Limits
    from any_llm.wire import Call


def segments(call: Call, name: str) -> str:
    """Write a name as part of a path: its slashes stay, and it cannot climb out. Raises InvalidModelError."""
    if any(segment in {"", ".", ".."} for segment in name.split("/")):
        raise InvalidModelError(f"{name!r} is no model name of {call.row.title}.", provider_name=call.row.name)
    return quote(name, safe="@/")


def limited(call: Call, limits: Mapping[str, Limits]) -> Call:
    """The call with the limits of its model: by the beginning of its name, the row's own where none begins so."""
    own = next((own for start, own in limits.items() if call.model.startswith(start)), call.row.limits)
    return msgspec.structs.replace(call, row=call.row._replace(limits=own))


def for_role(call: Call, name: str) -> str:
    """Say the role by the ending of a name: the row's `roles` are what follows its last hyphen. Those words pass too.

    Raises UnsupportedParameterError for a role it lacks, InvalidRequestError where name and role contradict each other.
    """
    asked, endings = call.options.input_type, call.row.names.roles
    if asked is None:
        return name
    ending = endings.get(asked, asked)
    if ending not in endings.values():
        raise UnsupportedParameterError(f"input_type={asked!r}", call.row.name, f"It knows {', '.join(endings)}.")
    stem, _, said = name.rpartition("-")
    if said not in endings.values():
        return f"{name}-{ending}"
    if said != ending:
        advice = f"leave one out, or name the model {stem!r}"
        raise InvalidRequestError(
            f"the model {name!r} is not the one for input_type={asked!r}: {advice}.", provider_name=call.row.name
        )
    return name


def named(call: Call, name: str) -> Call:
    """The call with that name, which has said the role: no field has to."""
    options = msgspec.structs.replace(call.options, input_type=None)
    return msgspec.structs.replace(call, model=name, options=options)
