"""What a model's name says beside the model: part of an address, the role of a text, how much a request may hold."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from any_llm.exceptions import InvalidModelError, InvalidRequestError
from any_llm.providers.roles import role

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


def for_role(call: Call) -> Call:
    """The call with the model of its role, whose word is what follows the last hyphen of the name.

    Raises InvalidRequestError where name and role contradict each other.
    """
    asked = call.options.input_type
    word = role(call.row, call.model, asked).word
    stem, _, said = call.model.rpartition("-")
    if word is None or said == word:
        return call
    if said in call.row.names.roles.values():
        advice = f"leave one out, or name the model {stem!r}"
        raise InvalidRequestError(
            f"the model {call.model!r} is not the one for input_type={asked!r}: {advice}.", provider_name=call.row.name
        )
    return msgspec.structs.replace(call, model=f"{call.model}-{word}")
