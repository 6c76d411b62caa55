"""`embed(text, model)` in SQLite's SQL: one call for each row, or with a cache `embed_ahead` to make them together."""

from __future__ import annotations

import sqlite3
from typing import Any

from any_llm import embedding
from any_llm.integrations.raised import Registered

AHEAD = 1000
"""Texts that are embedded together."""


def register(con: sqlite3.Connection, name: str = "embed", **options: Any) -> Registered:
    """Give this connection a function (text, model) -> BLOB of float32, as sqlite-vec reads it; null where either is.

    With client_args={"cache": ...} there is an aggregate `embed_ahead` too (text, model) -> how many texts: it embeds
    them together and leaves them in the cache, where `embed` finds them. `options` and errors are those of
    any_llm.embedding. SQLite raises OperationalError; in a `with` block of what this returns, ours is raised.
    """
    registered = Registered(sqlite3.OperationalError)

    def embed(text: str | None, model: str | None) -> bytes | None:
        return None if text is None or model is None else embedding(model, text, **options).to_numpy().tobytes()

    class Ahead:
        def __init__(self) -> None:
            self.waiting: dict[str, list[str]] = {}
            self.count = 0

        @registered.keeping
        def step(self, text: str | None, model: str | None) -> None:
            if text is not None and model is not None:
                self.waiting.setdefault(model, []).append(text)
                self.count += 1
                if len(self.waiting[model]) == AHEAD:
                    embedding(model, self.waiting.pop(model), **options)

        @registered.keeping
        def finalize(self) -> int:
            for model, texts in self.waiting.items():
                embedding(model, texts, **options)
            return self.count

    con.create_function(name, 2, registered.keeping(embed), deterministic=True)
    if (options.get("client_args") or {}).get("cache"):
        ahead: Any = Ahead  # typeshed asks for more than sqlite3 does
        con.create_aggregate(f"{name}_ahead", 2, ahead)
    return registered
