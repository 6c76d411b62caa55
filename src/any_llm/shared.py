"""Which client serves a module-level call: a bounded pool of clients, shared by the process."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

from any_llm import checks
from any_llm.client import AnyLLM
from any_llm.constants import split_model_provider
from any_llm.environment import Variables, said, variables
from any_llm.exceptions import InvalidRequestError
from any_llm.registry import row_of
from any_llm.secret import Hidden, Secret

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from any_llm.constants import LLMProvider
    from any_llm.providers.row import Row

CAPACITY = 64
"""Clients kept; the one unused longest is dropped, and a call it still serves ends undisturbed."""

NETWORK = (
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "ANY_LLM_CACHE",
)  # fmt: skip
"""Variables that every client reads."""


class Kept(NamedTuple):
    """A client, and what it is found by."""

    identity: Hashable
    client: AnyLLM


_lock = threading.Lock()
_clients: dict[Hashable, Kept] = {}
_budgeted: dict[Hashable, Kept] = {}
"""Clients with max_usd are never dropped: what they have spent would be forgotten."""
_variables: dict[str, tuple[Row, Variables]] = {}
"""Of each provider that was asked for: what of the environment matters to it."""


def client_for(
    model: str,
    provider: str | LLMProvider | None,
    api_key: Any,
    api_base: str | None,
    client_args: Mapping[str, Any] | None,
) -> tuple[AnyLLM, str]:
    """Find or make the client for these arguments, and the model's own name."""
    if provider is None:
        provider, model = split_model_provider(model, stacklevel=4)
    given: Mapping[str, Any] = {} if client_args is None else _checked(client_args)
    row = row_of(provider)
    # What the environment says is part of the identity: a key or a proxy that is set or changed later is used at once.
    surroundings = said(_surroundings(row))
    try:
        frozen = _frozen(given) if given else ()
        identity = (id(row), api_key, api_base, surroundings, frozen)
        hash(identity)
    except TypeError:  # an option that cannot be compared: a client of its own
        return AnyLLM.create(row.name, api_key, api_base, **given), model
    pool = _clients if given.get("max_usd") is None else _budgeted
    with _lock:
        if (kept := pool.pop(identity, None)) is not None:
            pool[kept.identity] = kept  # the last to be dropped
            return kept.client, model
    client = AnyLLM.create(row.name, api_key, api_base, **given)
    hidden = (id(row), _frozen(api_key), _frozen(api_base), Hidden(surroundings), frozen)
    with _lock:
        kept = pool.setdefault(hidden, Kept(hidden, client))
        while len(_clients) > CAPACITY:
            del _clients[next(iter(_clients))]
    return kept.client, model


def _checked(client_args: Mapping[str, Any]) -> Mapping[str, Any]:
    given = checks.mapping("client_args", client_args)
    for name in given:
        if not isinstance(name, str):
            raise InvalidRequestError(f"client_args must map names to values; {name!r} is no name.")
        if name in {"api_key", "api_base"}:
            raise InvalidRequestError(f"{name} is an argument of its own, not one of client_args.")
    return given


def _surroundings(row: Row) -> Variables:
    """Variables that the row and the transports read."""
    known = _variables.get(row.name)
    if known is None or known[0] is not row:
        own = (*row.key_env, *row.token_env, *row.base_env, *row.client_env.values(), *row.variables.values())
        known = _variables[row.name] = (row, variables(*NETWORK, *own))
    return known[1]


def _frozen(value: Any) -> Hashable:
    if isinstance(value, dict):
        return tuple(sorted((name, _frozen(item)) for name, item in value.items()))
    if isinstance(value, list | tuple):
        return tuple(map(_frozen, value))
    return Secret(value) if isinstance(value, str) else value


def _unlock() -> None:
    global _lock  # noqa: PLW0603  # in a forked child the old one may be held by a thread that is not there
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_unlock)
