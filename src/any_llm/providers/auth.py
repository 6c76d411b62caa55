"""How a call proves who it is where a key alone does not do: tokens from an exchange.

Flows yield what they wait for, as a conversation does. A library that looks for credentials is imported only inside the
function given to Run.
"""

from __future__ import annotations

from functools import partial
from importlib import import_module
from math import inf
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import msgspec

from any_llm import checks
from any_llm.exceptions import AuthenticationError, InvalidResponseError, MissingApiKeyError, MissingPackageError
from any_llm.providers.fields import refusal
from any_llm.wire import Run, Send, Token, TransportError, public

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from any_llm.wire import Call, Command, Outcome

    Flow = Generator[Command, Outcome, Token]

OK = 200
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses after which an exchange is tried again."""
UNDATED = 360.0
"""Seconds that credentials without an end are used before they are looked for again: they may have been rotated."""
UNCHANGED = Token({}, -inf)
"""The caller's own header proves it, in this call."""
GOOGLE_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
FORM = {
    "Content-Type": "application/x-www-form-urlencoded",
    "Accept": "application/json",
    "User-Agent": "omniembed",
}


def key_of(call: Call) -> Generator[Command, Outcome, str | None]:
    """The caller's key, as it was given. None where there is none, or where the header is the caller's own."""
    if call.key is not None:
        return checks.key(call.row.name, (yield Run(call.key)).value)
    name, before = call.row.auth
    value = next((value for header, value in call.headers.items() if header.lower() == name.lower()), "")
    return value.removeprefix(before) if value and value.startswith(before) else None


def has_key(call: Call) -> bool:
    """Whether the caller gave a key, or a callable that gives one."""
    return call.key is not None or call.row.auth[0].lower() in map(str.lower, call.headers)


def as_given(call: Call) -> Flow:
    """Send the caller's key as it is. One from a callable is good for one request."""
    if call.key is None:
        return Token({}, inf)
    name, before = call.row.auth
    key = yield from key_of(call)
    return Token({name: f"{before}{key}"}, -inf)


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
        raise TransportError(f"{public(send.url)} answered {reply.status}")
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


def _granted(body: bytes) -> Granted:
    """Read what an exchange answers; what is of another shape grants nothing."""
    try:
        return msgspec.json.decode(body, type=Granted)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Granted()


def google(call: Call) -> Flow:
    """Bearer token of the Application Default Credentials, or of those in client_args. Needs the extra `gcp`."""
    outcome = yield Run(partial(_google_headers, call.row.name, call.client.get("credentials")))
    headers, end = outcome.value
    monotonic, wall = outcome.now
    return Token(headers, monotonic + (UNDATED if end is None else end - wall))


def _google_headers(provider: str, credentials: Any) -> tuple[dict[str, str], float | None]:
    """Headers, and until when (wall-clock seconds)."""
    try:
        auth = import_module("google.auth")
        requests = import_module("google.auth.transport.requests")
    except ImportError as error:
        raise MissingPackageError(provider, "gcp") from error
    with import_module("requests").Session() as session:
        request = requests.Request(session)
        try:
            if credentials is None:
                credentials, _ = auth.default(scopes=[GOOGLE_SCOPE], request=request)
            if not credentials.valid:
                credentials.refresh(request)
            headers: dict[str, str] = {}
            credentials.apply(headers)
        except auth.exceptions.DefaultCredentialsError as error:
            raise MissingApiKeyError(provider, "GOOGLE_APPLICATION_CREDENTIALS") from error
        except auth.exceptions.GoogleAuthError as error:
            if error.retryable or isinstance(error, auth.exceptions.TransportError):
                raise TransportError(f"Google's credentials: {type(error).__name__}") from error
            raise AuthenticationError(f"Google's credentials: {error}"[:300], error, provider) from error
    end = credentials.expiry  # a naive datetime, in UTC
    return headers, None if end is None else (end - type(end)(1970, 1, 1)).total_seconds()
