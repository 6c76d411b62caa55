"""What is asked of the model, and by which client? One of the job's own, so that what it spends is counted apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from any_llm import AnyLLM
from any_llm.bulk.errors import JobError
from any_llm.bulk.sending import Ask

if TYPE_CHECKING:
    from collections.abc import Callable

    from any_llm import EmbeddingIdentity, LLMProvider, RequestEvent

BATCH = 128
"""Texts a request when nobody said how many: enough for the price of a request not to matter, few enough to lose."""
OURS = {"chunk_size", "ordered", "dedupe", "inputs", "max_usd", "deadline"}
"""Options that belong to the job itself."""


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
        with self.client(None, None) as client:
            return client.identity(self.model, **self.options)

    def client(self, max_cost: float | None, spent: float | None) -> AnyLLM:
        """Make the client, with what is left of the budget. Raises JobError when nothing is."""
        budget: dict[str, Any] = {}
        if max_cost is not None:
            left = max_cost - (spent or 0.0)
            if left <= 0:
                raise JobError(f"max_cost={max_cost:g} USD are spent. With a higher one the same call goes on.")
            budget = {"max_usd": left}
        return AnyLLM.create(self.provider, **self.connection, **budget)

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
    pauses: Callable[[float | None], None] = lambda _: None,
) -> Asking:
    """Check what can be checked. `pauses` is told of each wait before a request goes again."""
    if mine := OURS & {*options, *(client_args or {})}:
        raise JobError(f"{min(mine)} belongs to the job itself, and is no option of its calls.")
    if provider is None:
        provider, model = AnyLLM.split_model_provider(model)
    given = dict(client_args or {})
    told = given.get("on_retry")

    def on_retry(event: RequestEvent) -> None:
        pauses(event.wait)
        if told is not None:
            told(event)

    connection = {"api_key": api_key, "api_base": api_base, **given, "on_retry": on_retry}
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
