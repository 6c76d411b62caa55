"""What the value of an option must be. Each check gives it back, or raises InvalidRequestError naming the option."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from any_llm.exceptions import InvalidRequestError
from any_llm.providers.row import LEAST_ROOM, Limits
from any_llm.secret import hidden

FRAMING = frozenset({"content-length", "transfer-encoding", "expect", "te", "trailer", "upgrade"})
"""Headers that say where a request ends: a second word on it would be read as another request."""
LONGEST = 2_000_000.0
"""Seconds, 23 days: what the system's own timeouts can hold. A longer one is as good as none."""


IPV4, OCTET = 4, 255
"""Numbers an address has, and the largest."""

COROUTINE = 0x80
"""inspect.CO_COROUTINE, without its import."""


def number(name: str, value: int | None, *, least: int, default: int | None = None) -> int | None:
    """Check a whole number."""
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise InvalidRequestError(f"{name}={value!r} must be a whole number, {least} or more.")
    return value


def limits(name: str, value: Mapping[str, int] | None) -> Limits:
    """Check what a request may hold: any of items, tokens, bytes and input_tokens."""
    given = mapping(name, value)
    if unknown := given.keys() - set(Limits._fields):
        raise InvalidRequestError(f"{name} has no {min(map(repr, unknown))}: known are {', '.join(Limits._fields)}.")
    least = {"input_tokens": LEAST_ROOM}
    return Limits(**{each: number(f"{name}[{each!r}]", given[each], least=least.get(each, 1)) for each in given})


def choice(name: str, value: Any, words: Collection[str]) -> Any:
    """Check one of a few words, or None."""
    if value is not None and value not in words:
        raise InvalidRequestError(f"{name}={value!r}: choose {', '.join(map(repr, words))}.")
    return value


def switch(name: str, value: object) -> None:
    """Check True, False or None."""
    if value is not None and not isinstance(value, bool):
        raise InvalidRequestError(f"{name}={value!r}: choose True, False or None.")


def seconds(name: str, value: float | None) -> float | None:
    """Check a time: a positive number of seconds, or None."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise InvalidRequestError(f"{name}={value!r} must be a positive number of seconds.")
    return float(min(value, LONGEST))


def dollars(name: str, value: float | None) -> float | None:
    """Check a sum of money: USD, 0 or more, or None."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
        raise InvalidRequestError(f"{name}={value!r} must be a number of USD, 0 or more.")
    return float(value)


def hook(name: str, value: Any) -> Callable[[Any], object]:
    """Check a function that is told of something. Nobody would await it."""
    flags = getattr(getattr(value, "__code__", None), "co_flags", 0)
    if not callable(value) or flags & COROUTINE:
        raise InvalidRequestError(f"{name} must be a plain function of one argument.")
    return value  # type: ignore[no-any-return]  # callable


def limiter(name: str, value: Any) -> Any:
    """Check what is asked before each request, and told how it ended."""
    if value is not None and not (callable(getattr(value, "ask", None)) and callable(getattr(value, "ended", None))):
        raise InvalidRequestError(f"{name} must have the methods ask() and ended().")
    return value


def key(provider: str, value: Any) -> str:
    """Check a key. What no header can carry is refused here: an HTTP library would print it in its error."""
    if not isinstance(value, str):
        raise InvalidRequestError(f"the api_key callable gave {type(value).__name__}, not str.", provider_name=provider)
    word = value.strip()
    if not word or not word.isascii() or not word.isprintable():
        raise InvalidRequestError(
            "the API key is empty or holds characters no header can carry.", provider_name=provider
        )
    return word


def mapping(name: str, value: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Check a mapping of names to values."""
    if value is not None and not isinstance(value, Mapping):
        raise InvalidRequestError(f"{name} must be a mapping of names to values, not {type(value).__name__}.")
    return value or {}


def query(name: str, value: Mapping[str, Any] | None) -> dict[str, str]:
    """Check what goes behind an address: names to texts or numbers. None means not given, as everywhere."""
    checked: dict[str, str] = {}
    for key, word in mapping(name, value).items():
        if word is None:
            continue
        if isinstance(word, bool):
            word = str(word).lower()  # noqa: PLW2901  # as JSON and every SDK write it
        if not isinstance(key, str) or not isinstance(word, str | int | float) or not sendable(f"{key}{word}"):
            raise InvalidRequestError(f"{name} must map names to texts or numbers; {key!r} does not.")
        checked[key] = hidden(key, str(word))
    return checked


def sendable(text: str) -> bool:
    """Whether UTF-8 can carry it: a lone surrogate it cannot."""
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)


def headers(*layers: Mapping[str, str] | None) -> dict[str, str]:
    """Lay headers over one another; a later name replaces an earlier one in any case."""
    merged: dict[str, tuple[str, str]] = {}
    for layer in layers:
        for name, value in (layer or {}).items():
            if not isinstance(name, str) or not name.isascii() or not name.replace("-", "").replace("_", "").isalnum():
                raise InvalidRequestError(f"header {name!r} must be named by letters, digits and hyphens.")
            if name.lower() in FRAMING:
                raise InvalidRequestError(f"header {name!r} is the connection's business; it cannot be set.")
            if not isinstance(value, str) or not value.isascii() or not value.isprintable():
                raise InvalidRequestError(f"header {name!r} must have one line of ASCII text as its value.")
            merged[name.lower()] = (name, hidden(name, value))
    return dict(merged.values())


def _host(host: str) -> bool:
    """Whether every library reads it alike: nothing escaped, and an IPv4 address in its one usual form."""
    numbers = host.rstrip(".").split(".")
    if "%" in host or ":" in host:
        return "%" not in host
    if not numbers[-1].isdecimal() and not numbers[-1].startswith("0x"):
        return True
    return len(numbers) == IPV4 and all(
        each.isdecimal() and str(int(each)) == each and int(each) <= OCTET for each in numbers
    )


def address(name: str, value: Any, *, bare: bool = False, login: bool = False) -> str:
    """Check a URL. `bare`: scheme, host and port may be missing, as in OLLAMA_HOST; `login`: it may hold one."""
    from urllib.parse import urlsplit  # noqa: PLC0415  # 10 ms, for those who make a client

    try:
        parts = urlsplit(value if "://" in value or not bare else f"http://{value}")
        whole = (
            parts.scheme in {"http", "https"} and (bool(parts.hostname) or bare) and not any(map(str.isspace, value))
        )
        whole = whole and (parts.port is None or parts.port > 0) and _host(parts.hostname or "")
        (parts.hostname or "").encode("idna")  # as the socket will: empty and over-long labels fail here
    except (TypeError, ValueError, AttributeError):
        whole = False
    if not whole:
        raise InvalidRequestError(f"{name} must be an address, such as http://host:port.")
    if parts.query or parts.fragment or (parts.username and not login):
        others = "default_query=, default_headers= and api_key="
        raise InvalidRequestError(f"{name} must be an address alone; a query, a login or a key goes into {others}.")
    return str(value)
