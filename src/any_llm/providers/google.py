"""How Google's own library fetches a bearer token through the connections of the call, not through its own.

It calls for what it needs from the middle of its work, which cannot be resumed: so it breaks off there, the request is
sent, and it begins again with the answer at hand.
"""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from any_llm.exceptions import AuthenticationError, MissingApiKeyError
from any_llm.providers.auth import PASSING, UNDATED, failed, not_installed
from any_llm.wire import Run, Send, Sleep, Token, TransportError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from any_llm.providers.auth import Flow
    from any_llm.wire import Call

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
MOST = 12
"""Requests for one token, at most: a chain of accounts needs four."""


class Answer(NamedTuple):
    """A reply, by the library's names."""

    status: int
    headers: Mapping[str, str]
    data: bytes


class Found(NamedTuple):
    """What the library found."""

    headers: Mapping[str, str]
    expires: float | None
    """Wall-clock seconds."""
    project: str | None


class Wanted(BaseException):
    """The library needs an answer that is not at hand. No Exception, which it might take for a failure of its own."""

    def __init__(self, send: Send) -> None:
        """Say what to send."""
        self.send = send


class Transport:
    """What google-auth sends with: it answers what was answered before."""

    def __init__(self) -> None:
        """Know no answer yet."""
        self.known: dict[tuple[str, str], Answer | TransportError] = {}
        """Method and address -> what came of it."""

    def __call__(self, url: str, method: str = "GET", body: Any = None, headers: Any = None, **_: Any) -> Answer:
        """Give the answer. Raises Wanted where there is none yet."""
        answer = self.known.get((method, url))
        if answer is None:
            raise Wanted(Send(url=url, method=method, body=_bytes(body), headers=dict(headers or {})))  # type: ignore[arg-type]
        if isinstance(answer, TransportError):
            raise import_module("google.auth.exceptions").TransportError(str(answer))
        return answer


def _bytes(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else bytes(body or b"")


def google(call: Call) -> Flow:
    """Fetch a token for `credentials` in client_args, else for the default ones. Needs the extra `gcp`."""
    transport = Transport()
    for _ in range(MOST):
        outcome = yield Run(partial(_found, call, transport), apart=True)
        if isinstance(outcome.value, Found):
            headers, end, project = outcome.value
            monotonic, wall = outcome.now
            expires = monotonic + (UNDATED if end is None else end - wall)
            return Token(headers, expires, found={"project": project} if project else {})
        send = outcome.value
        try:
            reply = (yield send).value
        except TransportError as lost:
            yield Sleep(0.0)  # raises where it is the call itself that has ended
            transport.known[send.method, send.url] = lost
            continue
        if send.method == "POST" and reply.status in PASSING:  # else the library would sleep, and ask for it again
            raise failed(send, reply)
        transport.known[send.method, send.url] = Answer(reply.status, reply.headers, reply.body)
    raise AuthenticationError(f"Google's credentials: no token after {MOST} requests.", None, call.row.name)


def _found(call: Call, transport: Transport) -> Found | Send:
    """Ask the library: what it found, or what it wants sent first."""
    try:
        auth = import_module("google.auth")
    except ImportError as error:
        raise not_installed(call.row) from error
    credentials, project, headers = call.client.get("credentials"), None, dict[str, str]()
    try:
        if credentials is None:
            credentials, project = auth.default(scopes=[SCOPE], request=transport)
        if not credentials.valid:
            credentials.refresh(transport)
        credentials.apply(headers)
    except Wanted as wanted:
        return wanted.send
    except auth.exceptions.DefaultCredentialsError as error:
        raise MissingApiKeyError(call.row.name, "GOOGLE_APPLICATION_CREDENTIALS") from error
    except Exception as error:  # google-auth stumbles over a reply of another shape
        if getattr(error, "retryable", False) or isinstance(error, auth.exceptions.TransportError):
            raise TransportError(f"Google's credentials: {type(error).__name__}") from error
        words = error if isinstance(error, auth.exceptions.GoogleAuthError) else type(error).__name__
        raise AuthenticationError(f"Google's credentials: {words}"[:300], error, call.row.name) from error
    end = credentials.expiry  # a naive datetime, in UTC
    seconds = None if end is None else (end - type(end)(1970, 1, 1)).total_seconds()
    return Found(headers, seconds, project or getattr(credentials, "project_id", None))
