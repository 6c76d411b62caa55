"""What a client is set up with: its key, its address and its options, checked once."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from any_llm import checks
from any_llm.exceptions import InvalidRequestError, MissingApiKeyError
from any_llm.same import known_by
from any_llm.secret import Secret, hidden
from any_llm.trust import network
from any_llm.warn import warn

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from any_llm.flow.budget import Budget
    from any_llm.flow.lookup import Cache
    from any_llm.flow.setting import Setting
    from any_llm.providers.row import Limits, Row
    from any_llm.types.limiter import Limiter
    from any_llm.wire import KeySource

CLIENT_OPTIONS = frozenset(
    {
        "max_retries", "max_concurrency", "rpm", "tpm", "default_headers", "default_query", "proxy", "verify", "cert",
        "ssl_context", "limits", "tokenizer", "max_usd", "on_request", "on_retry", "cache", "limiter",
    }
)  # fmt: skip
"""Options every client has; `timeout` is one too, and may also be given for a call."""
ACCEPTED = frozenset({"unified_exceptions", "allow_running_loop"})
"""any-llm's switches for what is always so here: taken, never sent."""
HEADERS = {
    "Content-Type": "application/json",
    "Accept": "application/json",
    "Accept-Encoding": "identity",  # base64 vectors do not compress
    "User-Agent": "omniembed",
}
INSTEAD = {
    "http_client": "pass proxy=, verify=, cert= or ssl_context=",
    "http_options": "pass timeout=, default_headers= or api_base=",
    "httpx_client": "pass proxy=, verify=, cert= or ssl_context=",
    "client": "pass proxy=, verify=, cert= or ssl_context=",
    "async_client": "pass proxy=, verify=, cert= or ssl_context=",
    "retry_config": "pass max_retries=",
    "follow_redirects": "redirects are never followed with a key; set api_base to the final address",
}
"""Options of provider SDKs that have no place here -> what has."""


class Configuration(NamedTuple):
    """A client's settings."""

    row: Row
    base: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    key: KeySource | None
    identity: Hashable
    """Whose credentials they are: a token fetched with these is for nobody else."""
    options: Mapping[str, Any]
    """What only this provider's adapter reads."""
    network: Mapping[str, Any]
    """timeout, proxy, verify, cert, ssl_context: the transports' business."""
    max_retries: int | None
    """None: as many as the call deserves."""
    max_concurrency: int
    rpm: int | None
    tpm: int | None
    limits: Limits
    """What a request may hold, as the caller says."""
    tokenizer: Callable[[str], int] | None
    """Counts the tokens of a text."""
    loopback: bool
    """The host is this machine."""
    queue: object
    """Whoever has the same one waits in the same queue."""
    budget: Budget
    """What all its calls have spent."""
    hooks: Mapping[str, Callable[[Any], object]]
    """on_request, on_retry: told of each request."""
    limiter: Limiter | None
    """Who else says when its requests go."""
    cache: Cache | None
    """Where vectors that were paid for are kept; None: nowhere."""
    settled: dict[Hashable, Setting]
    """What is the same for calls that are alike, by what they are asked."""

    def __repr__(self) -> str:
        """Provider only: never the key."""
        return f"Configuration({self.row.name!r})"


def configure(row: Row, api_key: Any, api_base: str | None, arguments: Mapping[str, Any]) -> Configuration:
    """Check a client's arguments. Raises MissingApiKeyError, or InvalidRequestError that names what to use instead."""
    from any_llm.flow.budget import Budget  # noqa: PLC0415  # for those who make a client

    given: dict[str, Any] = {name: os.environ.get(variable) or None for name, variable in row.client_env.items()}
    given.update((row.client_aliases.get(name, name), value) for name, value in arguments.items())
    given = {name: value for name, value in given.items() if value is not None}
    row, api_key = _credential(row, api_key, given)
    key, source = _key(row, api_key)
    parts = {name: given.pop(name, None) or os.environ.get(variable) for name, variable in row.variables.items()}
    base = _base(row, key, parts, given.pop("api_base", api_base) or _first_set(row.base_env))
    if row.refuses_texts is not None and not its_own(row, base):
        row = row._replace(refuses_texts=None)
    own: dict[str, Any] = {name: value for name, value in parts.items() if value}
    own.update(
        (name, hidden(name, given.pop(name))) for name in (*row.client_options, *row.credentials) if name in given
    )
    if (milliseconds := own.pop("timeout_ms", None)) is not None:
        given.setdefault("timeout", milliseconds / 1000)
    named = {header: given.pop(name) for name, header in row.client_headers.items() if name in given}
    for name in given:
        if name not in CLIENT_OPTIONS | ACCEPTED and name != "timeout":
            advice = INSTEAD.get(name, f"known: {', '.join(sorted({*CLIENT_OPTIONS, 'timeout', *client_names(row)}))}")
            raise InvalidRequestError(f"unknown client option {name!r}: {advice}.", provider_name=row.name)
    at_once = checks.number("max_concurrency", given.get("max_concurrency"), least=1)
    return Configuration(
        row=row,
        base=base,
        headers=checks.headers(
            HEADERS,
            {row.auth[0]: Secret(row.auth[1] + key)} if key else None,
            named,
            checks.mapping("default_headers", given.get("default_headers")),
        ),
        query=checks.query("default_query", given.get("default_query")),
        key=source,
        identity=(row.name, known_by(source or key), *sorted((name, known_by(own[name])) for name in own)),
        options=own,
        network=network(given),
        max_retries=checks.number("max_retries", given.get("max_retries"), least=0),
        max_concurrency=at_once or _concurrency(row, base),
        rpm=checks.number("rpm", given.get("rpm"), least=1),
        tpm=checks.number("tpm", given.get("tpm"), least=1),
        limits=checks.limits("limits", given.get("limits")),
        tokenizer=_counter(given.get("tokenizer")),
        loopback=_loopback(base),
        queue=object(),
        budget=Budget(checks.dollars("max_usd", given.get("max_usd"))),
        hooks={name: checks.hook(name, given[name]) for name in ("on_request", "on_retry") if name in given},
        limiter=checks.limiter("limiter", given.get("limiter")),
        cache=_cache(given.get("cache")),
        settled={},
    )


def _base(row: Row, key: str, parts: Mapping[str, Any], api_base: str | None) -> str:
    """Settle the address: the one given, else the row's, with its account or region filled in."""
    if row.kind == "in-process":
        return ""
    if api_base:
        return checks.address("api_base", api_base, bare=row.bare_host)
    base = next((at for start, at in row.key_bases.items() if key.startswith(start)), row.api_base)
    if base is None:
        where = f"pass api_base= or set {row.base_env[0]}" if row.base_env else "pass api_base="
        raise InvalidRequestError(f"{row.title} has no address of its own: {where}.", provider_name=row.name)
    missing = [name for name, value in parts.items() if not value and f"{{{name}}}" in base and name not in row.found]
    if missing:
        ways = " and ".join(f"{name}= in client_args (or {row.variables[name]})" for name in missing)
        reason = f"{row.title} needs {ways}, or the whole address as api_base="
        raise InvalidRequestError(f"{reason}.", provider_name=row.name)
    return base.format_map({name: value or f"{{{name}}}" for name, value in parts.items()})


def client_names(row: Row) -> tuple[str, ...]:
    """Name the client options that only this provider has."""
    return (*row.client_options, *row.client_headers, *row.token_options, *row.credentials, *row.variables)


def _credential(row: Row, api_key: Any, given: dict[str, Any]) -> tuple[Row, Any]:
    """Choose between a key, a bearer token and what stands in for one. Raises InvalidRequestError for two of them."""
    tokens = [given.pop(name) for name in row.token_options if name in given]
    if row.token_options and callable(api_key):  # a key is kept; what is asked for each time is a token
        tokens, api_key = [*tokens, api_key], None
    held = [name for name in row.credentials if name in given]
    if len(tokens) + (api_key is not None) + bool(held) > 1:
        choices = ", ".join(("api_key", *row.token_options, *row.credentials))
        raise InvalidRequestError(f"pass one of {choices}.", provider_name=row.name)
    if held:
        # What only wraps a key, as AzureKeyCredential does, is that key.
        wrapped = getattr(given[held[0]], "key", None)
        return (row, given.pop(held[0]).key) if isinstance(wrapped, str) else (row._replace(key_env=()), None)
    if not tokens and api_key is None and (token := _first_set(row.token_env)) is not None:
        tokens = [token]
    return (row._replace(auth=("Authorization", "Bearer ")), tokens[0]) if tokens else (row, api_key)


def _counter(tokenizer: object) -> Callable[[str], int] | None:
    if tokenizer is None:
        return None
    from any_llm.local.count import counter  # noqa: PLC0415  # for those who have one

    return counter(tokenizer)


def _cache(asked: object) -> Cache | None:
    """The cache that was asked for, by the option, else by the variable."""
    if asked is None:
        asked = os.environ.get("ANY_LLM_CACHE") or False
    if asked in (False, "0", "false"):
        return None
    if asked is not True and not isinstance(asked, str | os.PathLike):
        raise InvalidRequestError("cache must be True, False, or the path of a file.")
    from any_llm.cache.place import cache_at, path_of  # noqa: PLC0415  # sqlite3, for those who have one

    return cache_at(path_of(asked), warn)


def _key(row: Row, api_key: Any) -> tuple[str, KeySource | None]:
    """Settle the key: the argument, else the provider's variables. A callable is asked at each request."""
    if callable(api_key):
        return "", api_key
    if api_key is not None and not isinstance(api_key, str):
        raise InvalidRequestError(f"api_key must be a str or a callable, not {type(api_key).__name__}.")
    if not (key := api_key or _first_set(row.key_env)):
        if row.key_required:
            raise MissingApiKeyError(row.name, "/".join(row.key_env))
        return "", None
    return checks.key(row.name, key), None


def _first_set(names: tuple[str, ...]) -> str | None:
    return next((value for name in names if (value := os.environ.get(name))), None)


def _concurrency(row: Row, base: str) -> int:
    """Requests in flight when nobody said how many: one in this process, two on this machine, eight elsewhere."""
    if row.kind == "in-process":
        return 1
    return 2 if _loopback(base) else 8


def its_own(row: Row, base: str) -> bool:
    """Whether the provider itself is there: who only speaks its language may take what it refuses."""
    hosts = {_host(address) for address in (row.api_base, *row.key_bases.values()) if address is not None}
    return not hosts or _host(base) in hosts


def _host(base: str) -> str:
    from urllib.parse import urlsplit  # noqa: PLC0415  # 10 ms, for those who make a client

    return urlsplit(base if "://" in base else f"//{base}").hostname or ""


def _loopback(base: str) -> bool:
    host = _host(base)
    return host in {"localhost", "::1"} or host.startswith("127.")
