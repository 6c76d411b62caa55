"""`embed(text, model)` in DuckDB's SQL: one call for each chunk of up to 2,048 rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb

from any_llm import InvalidRequestError
from any_llm.integrations import column
from any_llm.integrations.raised import Registered

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def register(con: DuckDBPyConnection, name: str = "embed", **options: Any) -> Registered:
    """Give this connection a function (text, model) -> FLOAT[dimensions] where they are given, else FLOAT[].

    `options` and errors are those of any_llm.embedding. Where text or model is null, so is the vector. DuckDB raises an
    error of its own that names ours; in a `with` block of what this returns, ours is raised.
    """

    def embed(texts: Any, models: Any) -> Any:  # DuckDB evaluates annotations
        named = set(models.to_pylist())
        if len(named) > 1:
            raise InvalidRequestError(f"{name}(text, model) takes one model for all rows, not {len(named)}.")
        (model,) = named
        return column.arrow([None] * len(texts) if model is None else texts.to_pylist(), model or "", options)

    registered = Registered(duckdb.Error)
    kind = f"FLOAT[{options.get('dimensions') or ''}]"
    create: Any = con.create_function  # its types know no functions on Arrow
    create(name, registered.keeping(embed), ["VARCHAR", "VARCHAR"], kind, type="arrow", null_handling="special")
    return registered
