"""What must a caller be told that is no error? Each is said once a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from any_llm.flow.memory import MEMORY
from any_llm.warn import warn

if TYPE_CHECKING:
    from any_llm.flow.job import Job
    from any_llm.types.completion import CreateEmbeddingResponse
    from any_llm.wire import Call

SOME = 10
"""Positions named at most."""


def warn_of(job: Job, made: CreateEmbeddingResponse) -> None:
    """Say what the replies of a call gave cause to."""
    setting = job.setting
    call, overflow = setting.call, setting.overflow
    if made.input_type_applied == "unknown":
        warn_of_unknown(call)
    if made.overflow == "detected" and overflow.asked is None and _first("cut", call):
        some = ", ".join(map(str, made.truncated[:SOME])) + (", ..." if len(made.truncated) > SOME else "")
        warn(
            f"{call.row.name} read only the beginning of inputs {some}: they are longer than {call.model} reads. Pass "
            'overflow="mean" or overflow="truncate", or shorten them; result.truncated has them all.'
        )
    if setting.matrix.same and _first("same", call):
        warn(
            f"{call.row.name} gives one and the same vector for different texts: is {call.model} an embedding model, "
            "and does the server read the texts?"
        )
    if setting.matrix.blank and _first("blank", call):
        warn(f"{call.row.name} gives a zero vector for a blank text: it has no direction, and is near to nothing.")


def warn_of_unknown(call: Call) -> None:
    """Say that a role does not reach the model."""
    if _first("unknown", call):
        warn(
            f"{call.row.name} has no field for input_type and the model {call.model} is not known here, so "
            f"{call.options.input_type!r} is not sent. If the model's card asks for a prefix, write it in the texts."
        )


def _first(what: str, call: Call) -> bool:
    return MEMORY.first((what, call.row.name, call.model))
