"""Why a library could not load a model: it is not there, cannot be fetched, may not be fetched, or cannot be run.

Told by the names of the exceptions' classes, along the chain of what caused what: they come from huggingface_hub and
its HTTP libraries, which differ between its versions, and are never imported here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from any_llm.exceptions import (
    AnyLLMError,
    AuthenticationError,
    InvalidRequestError,
    ModelNotFoundError,
    ProviderConnectionError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_FORBIDDEN = {"GatedRepoError"}
_UNREACHED = {"LocalEntryNotFoundError", "OfflineModeIsEnabled", "TransportError", "ConnectionError", "TimeoutError"}
_MISSING = {"RepositoryNotFoundError", "RevisionNotFoundError", "HFValidationError", "FileNotFoundError"}


def why(error: Exception, provider: str, model: str) -> AnyLLMError:
    """Give the error that says so. `error` is what the library raised."""
    for cause in _chain(error):
        names = {kind.__name__ for kind in type(cause).__mro__}
        # A class may be several: what is gated is also not found, what is not in the cache is also a missing file.
        if names & _FORBIDDEN:
            said = f"'{model}' may not be downloaded without leave: ask for it at the model's page, and set HF_TOKEN."
            return AuthenticationError(said, error, provider)
        if names & _UNREACHED:
            return unreached(error, provider, model)
        if names & _MISSING:
            return missing(error, provider, model)
    return InvalidRequestError(f"'{model}' cannot be loaded: {error}", error, provider)


def unreached(error: Exception, provider: str, model: str) -> ProviderConnectionError:
    """Say that there is no network, or none to where models are."""
    said = (
        f"'{model}' is not on this machine and could not be downloaded: the hub was not reached. Check the network and "
        f"the proxy, or name a folder that holds the model."
    )
    return ProviderConnectionError(said, error, provider)


def missing(error: Exception | None, provider: str, model: str) -> ModelNotFoundError:
    """Say that there is no such model."""
    return ModelNotFoundError(f"'{model}' is neither a folder nor a model that can be downloaded.", error, provider)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
