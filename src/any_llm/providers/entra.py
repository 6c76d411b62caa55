"""How a call proves who it is by Microsoft Entra: a bearer token from a credential of azure-identity.

That library is imported only inside the function given to Run.
"""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from any_llm.exceptions import AuthenticationError, InvalidRequestError, MissingApiKeyError
from any_llm.providers.auth import not_installed, proven
from any_llm.wire import Run, Token, TransportError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from any_llm.providers.auth import Flow
    from any_llm.wire import Call

WORDS = 1000
"""Characters of a credential's own explanation that are kept: the default one's tells of each that it tried."""


def entra(call: Call, scope: str) -> Flow | None:
    """Fetch a token, unless a key or token was given. Without `credential` in client_args, Azure's default is asked."""
    return None if proven(call) else _fetched(call, call.client.get("credential_scopes") or [scope])


def _fetched(call: Call, scopes: Sequence[str]) -> Flow:
    credential = call.client.get("credential")
    if credential is not None and not hasattr(credential, "get_token"):
        reason = f"credential= has no get_token(), as azure-identity's have: it is {type(credential).__name__}."
        raise InvalidRequestError(reason, provider_name=call.row.name)
    outcome = yield Run(partial(_asked, call, credential, scopes), apart=True)
    token, (monotonic, wall) = outcome.value, outcome.now
    return Token({"Authorization": f"Bearer {token.token}"}, monotonic + token.expires_on - wall)


def _asked(call: Call, credential: Any, scopes: Sequence[str]) -> Any:
    """The credential's token, or, where it is an async one, what is to be awaited."""
    if credential is None:
        try:
            identity = import_module("azure.identity")
        except ImportError as error:
            raise not_installed(call.row) from error
        with identity.DefaultAzureCredential() as default:
            return _asked(call, default, scopes)
    try:
        token = credential.get_token(*scopes)
    except Exception as error:
        raise _meaning(call, error) from error
    return _awaited(call, token) if hasattr(token, "__await__") else token


async def _awaited(call: Call, token: Any) -> Any:
    try:
        return await token
    except Exception as error:
        raise _meaning(call, error) from error


def _meaning(call: Call, error: Exception) -> Exception:
    """What a credential's error is here; azure-core need not be there to tell."""
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if "AzureError" in kinds and "ClientAuthenticationError" not in kinds:
        return TransportError(f"Entra: {type(error).__name__}")
    words = f"Entra gave no token: {error}"[:WORDS]
    if "credential" not in call.client:
        return MissingApiKeyError(call.row.name, call.row.key_env[0], besides=words)
    return AuthenticationError(words, error, call.row.name)
