"""What is done with an input that is longer than the model reads, and who does it: the provider, or we."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from any_llm.exceptions import InvalidRequestError
from any_llm.flow.overflow import Overflow
from any_llm.models import model_info

if TYPE_CHECKING:
    from any_llm.configuration import Configuration
    from any_llm.wire import Call


def overflow(call: Call, client: Configuration) -> tuple[Call, Overflow]:
    """Settle it from the row and the model. The call given back asks the provider only for what it can do.

    What nobody can do is left in the call, for its adapter to refuse.
    """
    row, names, asked = call.row, call.row.names, call.options.overflow
    own = names.overflow is not None and names.overflow in call.extra
    if asked is not None and own:
        said = f"overflow= and {names.overflow}= say the same thing; pass one of them."
        raise InvalidRequestError(said, provider_name=row.name)
    limit = _limit(call)
    if limit != row.limits.input_tokens:
        call = msgspec.structs.replace(call, row=row._replace(limits=row.limits._replace(input_tokens=limit)))
    refuses = names.refuses_overflow or "error" in names.policies
    theirs = own or asked in names.policies or (asked in (None, "error") and refuses)
    cuts = asked == "truncate" and names.cuts_overflow and not theirs
    here = asked is not None and not (theirs or cuts)
    if here and asked != "mean":
        known = limit is not None or client.limits.input_tokens is not None
        told = names.cuts_overflow or client.tokenizer is not None
        here = known and (asked == "truncate" or told)
    if here and asked == "mean" and call.options.dtype not in (None, "float32"):
        said = f"overflow='mean' averages float32 vectors, not {call.options.dtype}; drop dtype= or overflow='mean'."
        raise InvalidRequestError(said, provider_name=row.name)
    made = Overflow(
        asked=asked,
        here=here,
        settled=theirs or cuts or (refuses and here),
        chosen=own or asked == "truncate" or (asked == "mean" and theirs),
        cuts=names.cuts_overflow and not refuses,
    )
    if here or cuts:
        call = msgspec.structs.replace(call, options=msgspec.structs.replace(call.options, overflow=None))
    return call, made


def _limit(call: Call) -> int | None:
    """Tokens the model reads of an input: a source's word on that model beats the row's on all of them."""
    info = None if call.row.any_model else model_info(call.row.name, call.model)
    known = info is not None and "max_input_tokens" not in info.estimated
    return (info.max_input_tokens if info is not None and known else None) or call.row.limits.input_tokens
