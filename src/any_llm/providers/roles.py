"""How a role reaches a model on its host: by a field, by words before the text, or there is nothing to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from any_llm.exceptions import UnsupportedParameterError
from any_llm.providers.prompts import family
from any_llm.providers.row import ROLES

if TYPE_CHECKING:
    from any_llm.providers.row import Applied, Row


class Role(NamedTuple):
    """What becomes of an `input_type`."""

    applied: Applied | None = None
    """None: no role was asked for."""
    word: str | None = None
    """Value of the row's field for roles; None: the field is not sent."""
    prefix: str = ""
    """Stands before each text."""


def role(row: Row, model: str, asked: str | None) -> Role:
    """Find the way. The row is the one of this model. Raises UnsupportedParameterError for a role that has none."""
    names, name = row.names, model.removeprefix("models/")
    has_field = names.input_type is not None and not (names.prefixed and name.startswith(names.prefixed))
    if asked is None:
        return Role(word=names.default_role if has_field else None)
    if has_field and (asked not in ROLES or asked in names.roles):
        return Role("field", word=names.roles.get(asked, asked))
    found = None if has_field else family(model)
    prefix = found.roles.get(asked) if found else None
    if prefix is not None:
        return Role("prefix", prefix=prefix) if prefix else Role("not needed")
    if found is None and asked in {"query", "document"}:
        if row.one_space and model.startswith(row.one_space):
            return Role("not needed")
        if not has_field:
            return Role("unknown")
    known = found.roles if found else names.roles if has_field else ()
    hint = f"It knows {', '.join(known)}." if known else "If the model wants a prefix, write it in the text."
    raise UnsupportedParameterError(f"input_type={asked!r}", row.name, f"{model}: {hint}" if found else hint)
