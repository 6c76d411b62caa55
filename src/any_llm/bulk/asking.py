"""What is asked of the model, and by which client? One of the job's own, so that what it spends is counted apart."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import msgspec

from any_llm import AnyLLM
from any_llm.bulk.errors import JobError
from any_llm.bulk.sending import Ask

if TYPE_CHECKING:
    from any_llm import EmbeddingIdentity, LLMProvider, RequestEvent
    from any_llm.bulk.report import Pauses

BATCH = 128
"""Texts a request when nobody said how many: enough for the price of a request not to matter, few enough to lose."""
OURS = {"chunk_size", "ordered", "dedupe", "inputs", "max_usd", "deadline"}
"""Options that belong to the job itself."""


def left(max_cost: float | None, spent: float | None) -> float | None:
    """What is left of a budget; None: it has no end. Raises JobError when nothing is."""
    if max_cost is None:
        return None
    if (spent or 0.0) >= max_cost:
        raise JobError(f"max_cost={max_cost:g} USD are spent. With a higher one the same call goes on.")
    return max_cost - (spent or 0.0)


class Asking(msgspec.Struct, frozen=True):
    """What is asked for every text alike, before there is a client."""

    provider: str
    model: str
    connection: dict[str, Any]
    """The client's arguments."""
    options: dict[str, Any]
    batch: int
    collect: bool

    def identity(self) -> EmbeddingIdentity:
        """What its vectors will be. Raises AnyLLMError for what cannot be asked."""
        with self.client() as client:
            return client.identity(self.model, **self.options)

    def client(self, budget: float | None = None, pauses: Pauses | None = None, **more: Any) -> AnyLLM:
        """Make the client. `budget`: USD it may spend; `pauses` counts its waits; `more` lies over what is given."""
        given = {**self.connection, **more}
        told = given.get("on_retry")

        def on_retry(event: RequestEvent) -> None:
            if pauses is not None:
                pauses.count(event.wait)
            if told is not None:
                told(event)

        if budget is not None:
            given["max_usd"] = budget
        return AnyLLM.create(self.provider, **{**given, "on_retry": on_retry})

    def environment(self) -> dict[str, str]:
        """What the environment says of this provider: its key, address, account."""
        row = AnyLLM.get_provider_class(self.provider).row
        names = *row.key_env, *row.token_env, *row.base_env, *row.client_env.values(), *row.variables.values()
        return {name: os.environ[name] for name in names if name in os.environ}

    def __repr__(self) -> str:
        """Who and what, never the key."""
        return f"Asking({self.provider!r}, {self.model!r})"

    def ask(self, client: AnyLLM) -> Ask:
        """What the job sends through it."""
        return Ask(client, self.model, self.options, self.batch, self.collect)


def asking(
    model: str,
    *,
    provider: str | LLMProvider | None,
    api_key: Any,
    api_base: str | None,
    client_args: dict[str, Any] | None,
    options: dict[str, Any],
    batch_size: int | None,
    collect: bool,
) -> Asking:
    """Check what can be checked."""
    if mine := OURS & {*options, *(client_args or {})}:
        raise JobError(f"{min(mine)} belongs to the job itself, and is no option of its calls.")
    if provider is None:
        provider, model = AnyLLM.split_model_provider(model)
    connection = {"api_key": api_key, "api_base": api_base, **(client_args or {})}
    row = AnyLLM.get_provider_class(provider).row
    if batch_size is not None:
        options = {**options, "batch_size": batch_size}
    return Asking(
        provider=row.name,
        model=model,
        connection=connection,
        options=options,
        batch=batch_size or min(BATCH, row.limits.items or BATCH),
        collect=collect,
    )
