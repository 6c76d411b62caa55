"""What the value of an option must be. Each check gives it back, or raises InvalidRequestError naming the option."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from any_llm.exceptions import InvalidRequestError


def number(name: str, value: int | None, *, least: int, default: int | None = None) -> int | None:
    """Check a whole number."""
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise InvalidRequestError(f"{name}={value!r} must be a whole number, {least} or more.")
    return value


def seconds(name: str, value: float | None) -> float | None:
    """Check a time: a positive number of seconds, or None."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise InvalidRequestError(f"{name}={value!r} must be a positive number of seconds.")
    return float(value)


def mapping(name: str, value: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Check a mapping of names to values."""
    if value is not None and not isinstance(value, Mapping):
        raise InvalidRequestError(f"{name} must be a mapping of names to values, not {type(value).__name__}.")
    return value or {}


def headers(*layers: Mapping[str, str] | None) -> dict[str, str]:
    """Lay headers over one another; a later name replaces an earlier one in any case."""
    merged: dict[str, tuple[str, str]] = {}
    for layer in layers:
        for name, value in (layer or {}).items():
            if not isinstance(name, str) or not isinstance(value, str) or not (name + value).isprintable():
                raise InvalidRequestError(f"header {name!r} must have one line of text as its value.")
            merged[name.lower()] = (name, value)
    return dict(merged.values())


def address(name: str, value: Any, *, schemes: tuple[str, ...] = ("http", "https"), bare: bool = False) -> str:
    """Check a URL. `bare`: scheme, host and port may be missing, as in OLLAMA_HOST."""
    from urllib.parse import urlsplit  # noqa: PLC0415  # 10 ms, for those who make a client

    try:
        parts = urlsplit(value if "://" in value or not bare else f"http://{value}")
        whole = parts.scheme in schemes and (bool(parts.hostname) or bare) and not any(map(str.isspace, value))
        whole = whole and (parts.port is None or parts.port >= 0)
    except (TypeError, ValueError, AttributeError):
        whole = False
    if not whole:
        raise InvalidRequestError(f"{name} must be an address that begins with {' or '.join(schemes)}:// and a host.")
    return str(value)


def trust(name: str, value: Any) -> bool | str:
    """Check what is trusted: True, False, or the path of a CA file or folder."""
    if isinstance(value, bool):
        return value
    return _path(name, value)


def certificate(name: str, value: Any) -> str | tuple[str, ...]:
    """Check a client certificate: a PEM file, or (certificate, key), or (certificate, key, password)."""
    if isinstance(value, list | tuple) and len(value) in {2, 3}:
        return (_path(name, value[0]), _path(name, value[1]), *map(str, value[2:]))
    return _path(name, value)


def context(name: str, value: Any) -> Any:
    """Check an ssl.SSLContext, without loading ssl for it."""
    if not hasattr(value, "wrap_socket"):
        raise InvalidRequestError(f"{name} must be an ssl.SSLContext, not {type(value).__name__}.")
    return value


def _path(name: str, value: Any) -> str:
    if not isinstance(value, str | os.PathLike) or not os.path.exists(value):  # noqa: PTH110  # pathlib costs 5 ms
        raise InvalidRequestError(f"{name} must name a file that exists.")
    return os.fspath(value)
