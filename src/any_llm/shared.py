"""Which client serves a module-level call: a bounded pool of clients, shared by the process."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

from any_llm import checks
from any_llm.client import AnyLLM
from any_llm.constants import split_model_provider
from any_llm.exceptions import InvalidRequestError
from any_llm.registry import row_of
from any_llm.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from any_llm.constants import LLMProvider

CAPACITY = 64
"""Clients kept; the one unused longest is dropped, and a call it still serves ends undisturbed."""

NETWORK = (
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy",
    "SSL_CERT_FILE", "SSL_CERT_DIR",
)  # fmt: skip
"""Variables that the transports read."""

_lock = threading.Lock()
_clients: dict[Hashable, AnyLLM] = {}
_budgeted: dict[Hashable, AnyLLM] = {}
"""Clients with max_usd are never dropped: what they have spent would be forgotten."""


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
    client_args = checks.mapping("client_args", client_args)
    for name in client_args:
        if not isinstance(name, str):
            raise InvalidRequestError(f"client_args must map names to values; {name!r} is no name.")
        if name in {"api_key", "api_base"}:
            raise InvalidRequestError(f"{name} is an argument of its own, not one of client_args.")
    row = row_of(provider)
    # What the environment says is part of the identity: a key or a proxy that is set or changed later is used at once.
    variables = (
        *NETWORK,
        *row.key_env,
        *row.token_env,
        *row.base_env,
        *row.client_env.values(),
        *row.variables.values(),
    )
    surroundings = tuple(os.environ.get(name) for name in variables)
    try:
        identity = _frozen((id(row), api_key, api_base, surroundings, client_args))
        hash(identity)
    except TypeError:  # an option that cannot be compared: a client of its own
        return AnyLLM.create(row.name, api_key, api_base, **client_args), model
    pool = _clients if client_args.get("max_usd") is None else _budgeted
    with _lock:
        client = pool.pop(identity, None)
    if client is None:
        client = AnyLLM.create(row.name, api_key, api_base, **client_args)
    with _lock:
        client = pool.setdefault(identity, client)
        while len(_clients) > CAPACITY:
            del _clients[next(iter(_clients))]
    return client, model


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
