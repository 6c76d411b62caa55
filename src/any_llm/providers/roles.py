"""How a role reaches a model on its host: a field, the model's name, words before the text, or nothing to do."""

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
    """Value of the row's field for roles, or what `role_chooses` is chosen by; None: neither."""
    prefix: str = ""
    """Stands before each text."""


def role(row: Row, model: str, asked: str | None) -> Role:
    """Find the way. The row is the one of this model. Raises UnsupportedParameterError for a role that has none."""
    names, name = row.names, model.removeprefix("models/")
    has_field = names.input_type is not None and not (names.prefixed and name.startswith(names.prefixed))
    if asked is None:
        return Role(word=names.default_role if has_field else None)
    word = names.roles.get(asked, asked)
    if has_field and (asked not in ROLES or asked in names.roles):
        return Role("field", word=word)
    if names.role_chooses is not None and word in names.roles.values():
        return Role(names.role_chooses, word=word)
    told = has_field or names.role_chooses is not None
    found = None if told else family(model)
    prefix = found.roles.get(asked) if found else None
    if prefix is not None:
        return Role("prefix", prefix=prefix) if prefix else Role("not needed")
    if found is None and asked in {"query", "document"}:
        if row.one_space and model.startswith(row.one_space):
            return Role("not needed")
        if not told:
            return Role("unknown")
    known = found.roles if found else names.roles if told else ()
    hint = f"It knows {', '.join(known)}." if known else "If the model wants a prefix, write it in the text."
    raise UnsupportedParameterError(f"input_type={asked!r}", row.name, f"{model}: {hint}" if found else hint)
