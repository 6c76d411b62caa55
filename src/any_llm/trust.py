"""Whom does a client trust, what does it show, and by whose way does it go? The options of the wire, checked once."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from any_llm import checks
from any_llm.exceptions import InvalidRequestError
from any_llm.secret import Secret
from any_llm.warn import warn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def network(given: Mapping[str, Any]) -> dict[str, Any]:
    """Check what the transports read."""
    check: dict[str, Callable[[str, Any], Any]] = {
        "proxy": _proxy,
        "verify": _trust,
        "cert": _certificate,
        "ssl_context": _context,
        "timeout": checks.seconds,
    }
    checked = {name: check[name](name, given[name]) for name in check if name in given}
    context = checked.get("ssl_context")
    if context is not None and (beside := {"verify", "cert"} & checked.keys()):
        others = " and ".join(f"{name}=" for name in sorted(beside))
        raise InvalidRequestError(f"ssl_context= says whom to trust and what to show; pass it without {others}.")
    if checked.get("verify") is False or (context is not None and not getattr(context, "verify_mode", True)):
        named = "verify=False" if context is None else "an ssl_context that verifies nobody"
        warn(
            f"{named}: the key and the texts go to whoever answers. To trust one more authority, pass the path of its "
            "certificate as verify=."
        )
    return checked


def _proxy(name: str, value: Any) -> str:
    """Check a proxy's address, which may hold a login."""
    return Secret(checks.address(name, value, login=True))


def _trust(name: str, value: Any) -> bool | str:
    """Check what is trusted: True, False, or the path of a CA file or folder."""
    if isinstance(value, bool):
        return value
    return _path(name, value)


def _certificate(name: str, value: Any) -> str | tuple[str, ...]:
    """Check a client certificate: a PEM file, or (certificate, key), or (certificate, key, password)."""
    if isinstance(value, list | tuple) and len(value) in {2, 3}:
        return (_path(name, value[0]), _path(name, value[1]), *map(str, value[2:]))
    return _path(name, value)


def _context(name: str, value: Any) -> Any:
    """Check an ssl.SSLContext, without loading ssl for it."""
    if not hasattr(value, "wrap_socket"):
        raise InvalidRequestError(f"{name} must be an ssl.SSLContext, not {type(value).__name__}.")
    return value


def _path(name: str, value: Any) -> str:
    if not isinstance(value, str | os.PathLike) or not os.path.exists(value):  # noqa: PTH110  # pathlib costs 5 ms
        raise InvalidRequestError(f"{name} must name a file that exists.")
    return os.fspath(value)
