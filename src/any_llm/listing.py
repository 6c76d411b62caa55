"""The arguments of list_models(), checked, as a job for a transport."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from any_llm import checks
from any_llm.exceptions import InvalidRequestError, ListModelsNotSupportedError
from any_llm.flow.matrix import Matrix
from any_llm.flow.memory import MEMORY
from any_llm.flow.pace import Terms
from any_llm.flow.pages import Pages
from any_llm.flow.retry import Retry
from any_llm.flow.setting import Setting
from any_llm.loading import loading
from any_llm.providers import catalogue
from any_llm.providers.own import adapter_of
from any_llm.seeing.watch import watch
from any_llm.settled import own_fields
from any_llm.wire import Call, Options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from any_llm.configuration import Configuration

NAME = "list_models"
"""Stands where an error, and what is learnt of a host, name the model."""


def listing(
    client: Configuration,
    kwargs: Mapping[str, Any],
    *,
    extra_headers: Mapping[str, str] | None,
    extra_query: Mapping[str, Any] | None,
) -> Pages:
    """Make the job. Raises ListModelsNotSupportedError where nobody can be asked."""
    row = client.row
    if not row.lists_models:
        message = f"It is not known to list its models. They are named at {row.source}, and any name can be tried."
        raise ListModelsNotSupportedError(message, None, row.name)
    with loading():
        adapter = adapter_of(row)
    own = {name: _word(row.name, name, value) for name, value in own_fields(client, kwargs).items()}
    call = Call(
        row=row,
        model=NAME,
        base=client.base,
        options=Options(),
        # A GET has no body whose type could be told.
        headers=checks.headers(
            {name: value for name, value in client.headers.items() if name != "Content-Type"},
            checks.mapping("extra_headers", extra_headers),
        ),
        query={**client.query, **checks.query("extra_query", extra_query), **own},
        client=client.options,
        key=client.key,
        base64=False,
    )
    setting = Setting(
        call=call,
        adapter=adapter,
        matrix=Matrix(0),
        memory=MEMORY,
        place=(client.base, NAME, client.identity),
        retry=Retry(attempts=client.max_retries),
        terms=Terms(client=client.queue, at_once=client.max_concurrency),
        watch=watch(call, client.hooks, first=MEMORY.first, spans=False),
    )
    return Pages(
        setting,
        models=getattr(adapter, "models", catalogue.models),
        listed=getattr(adapter, "listed", catalogue.listed),
    )


def _word(provider: str, name: str, value: object) -> str:
    """Write a keyword as a query parameter has it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float):
        raise InvalidRequestError(f"{name}= must be a str, a number or a bool.", provider_name=provider)
    return str(value)
