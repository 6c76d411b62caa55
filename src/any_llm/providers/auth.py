"""How a call proves who it is where a key alone does not do: tokens from an exchange.

Flows yield what they wait for, as a conversation does. A library that looks for credentials is imported only inside the
function given to Run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

import msgspec

from any_llm.exceptions import AuthenticationError, InvalidResponseError, MissingPackageError
from any_llm.providers.fields import refusal
from any_llm.wire import Send, Token, TransportError, public

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from any_llm.providers.row import Row
    from any_llm.wire import Call, Command, Outcome, Reply

    Flow = Generator[Command, Outcome, Token]

OK = 200
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses after which an exchange is tried again."""
UNDATED = 360.0
"""Seconds that credentials without an end are used before they are looked for again: they may have been rotated."""
FORM = {
    "Content-Type": "application/x-www-form-urlencoded",
    "Accept": "application/json",
    "User-Agent": "omniembed",
}


def proven(call: Call) -> bool:
    """Whether the call has a key, a callable that gives one, or a header of the caller's that does as well."""
    names = {name.lower() for name in call.headers}
    return call.key is not None or not names.isdisjoint({call.row.auth[0].lower(), "authorization"})


def to_exchange(call: Call) -> str | None:
    """The key, where it must be exchanged: it is no token already, and the header is not the caller's own."""
    name, before = call.row.auth
    value = next((value for header, value in call.headers.items() if header.lower() == name.lower()), "")
    return value.removeprefix(before) if before != "Bearer " and value.startswith(before) else None


def not_installed(row: Row) -> MissingPackageError:
    """Name the extra, and the way to do without it."""
    key = f"give a key: api_key= or {row.key_env[0]}" if row.key_env else ""
    return MissingPackageError(row.name, row.extra or "", instead=key)


class Granted(msgspec.Struct):
    """What an exchange answers, by its names at IBM and at Sber."""

    access_token: str | None = None
    expires_in: float | None = None
    """Seconds."""
    expires_at: float | None = None
    """Milliseconds since 1970, as `exp`."""
    tok: str | None = None
    exp: float | None = None
    errorMessage: str | None = None  # noqa: N815  # IBM's name


def form(url: str, fields: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Send:
    """Write a request for a token."""
    return Send(url=url, body=urlencode(fields).encode(), headers={**FORM, **(headers or {})})


def exchanged(call: Call, send: Send, secret: str) -> Flow:
    """Exchange a key for a bearer token. Raises AuthenticationError when the key is refused."""
    outcome = yield send
    reply, (monotonic, wall) = outcome.value, outcome.now
    if reply.status in PASSING:
        raise failed(send, reply)
    if reply.status != OK:
        told = refusal(reply)
        words = _granted(reply.body).errorMessage or told.message
        raise AuthenticationError(
            f"{public(send.url)} gave no token: {words[:300]}".replace(secret, "***"),
            None,
            call.row.name,
            status_code=reply.status,
            code=told.code,
        )
    granted = _granted(reply.body)
    token, end = granted.access_token or granted.tok, granted.expires_at or granted.exp
    if not token:
        raise InvalidResponseError(f"{public(send.url)} gave no token.", None, call.row.name, status_code=OK)
    lifetime = end / 1000 - wall if end is not None else granted.expires_in or 0.0
    return Token({"Authorization": f"Bearer {token}"}, monotonic + lifetime)


def failed(send: Send, reply: Reply) -> TransportError:
    """Say that an exchange may do better another time."""
    return TransportError(f"{public(send.url)} answered {reply.status}")


def _granted(body: bytes) -> Granted:
    """Read what an exchange answers; what is of another shape grants nothing."""
    try:
        return msgspec.json.decode(body, type=Granted)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Granted()
