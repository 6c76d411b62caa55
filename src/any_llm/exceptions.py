"""What can go wrong, and what to do about it.

AnyLLMError
├── InvalidRequestError              what was asked cannot be sent, or the provider refused it
│   ├── InvalidModelError            (also ValueError) the model string names no provider
│   ├── InvalidProviderError         (also ValueError) a row that cannot be registered, or used
│   └── ContextLengthExceededError   one input is longer than the model reads
├── MissingPackageError              (also ImportError) an extra is not installed
├── ListModelsNotSupportedError      (also NotImplementedError) this provider has no list of its models
├── UnsupportedParameterError        this provider or model cannot honour that option
├── UnsupportedProviderError         no such provider
│   └── EmbeddingsNotSupportedError  (also NotImplementedError) a known provider without embeddings
├── AuthenticationError              the key was refused
│   └── MissingApiKeyError           there is no key
├── InsufficientFundsError           the account is empty
├── RateLimitError                   too many requests; `retry_after` says when
├── ModelNotFoundError               no such model there
├── ContentFilterError               the provider's filter blocked the text
└── ProviderError                    the provider failed
    ├── InvalidResponseError         it answered with something that cannot be right
    ├── ProviderConnectionError      (also ConnectionError) it could not be reached
    ├── ProviderTimeoutError         (also TimeoutError) it did not answer in time
    ├── UpstreamProviderError        502
    └── GatewayTimeoutError          504

Names, constructor order and attributes are those of any-llm 1.40; `index` and what derives from ours is added.
"""

from __future__ import annotations

from copyreg import __newobj__  # type: ignore[attr-defined]  # what pickle itself uses
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from any_llm.types.completion import CreateEmbeddingResponse

__all__ = [
    "AnyLLMError", "AuthenticationError", "ContentFilterError", "ContextLengthExceededError",
    "EmbeddingsNotSupportedError", "GatewayTimeoutError", "InsufficientFundsError", "InvalidModelError",
    "InvalidProviderError", "InvalidRequestError", "InvalidResponseError", "ListModelsNotSupportedError",
    "MissingApiKeyError", "MissingPackageError", "ModelNotFoundError", "ProviderConnectionError", "ProviderError",
    "ProviderTimeoutError", "RateLimitError", "UnsupportedParameterError", "UnsupportedProviderError",
    "UpstreamProviderError",
]  # fmt: skip


class AnyLLMError(Exception):
    """The root of every error raised here.

    `status_code` is the HTTP status (None when there was no reply); `code`, `param`, `error_type` and `retry_after`
    (when to come back: seconds, or a date) are the provider's own words; `index` is the position in `inputs` of the
    one at fault, if any; `partial` is the result as far as it came, its other vectors None; None when nothing came.
    """

    default_message = "An error occurred"
    partial: CreateEmbeddingResponse | None = None
    retry_after: str | None = None

    def __init__(
        self,
        message: str | None = None,
        original_exception: Exception | None = None,
        provider_name: str | None = None,
        *,
        status_code: int | None = None,
        code: str | None = None,
        param: str | None = None,
        error_type: str | None = None,
        index: int | None = None,
    ) -> None:
        """Keep what is known of the failure."""
        self.message = message or self.default_message
        super().__init__(self.message)
        self.original_exception = original_exception
        self.provider_name = provider_name
        self.status_code = status_code
        self.code = code
        self.param = param
        self.error_type = error_type
        self.index = index

    def __str__(self) -> str:
        """Say who failed, then how."""
        return f"[{self.provider_name}] {self.message}" if self.provider_name else self.message

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by state: subclasses take other arguments. What caused it stays behind, it may not pickle."""
        state = {**self.__dict__, "args": self.args, "original_exception": None}
        return __newobj__, (type(self), *self.args), state


class InvalidRequestError(AnyLLMError):
    """What was asked cannot be sent, or the provider refused it. Change the call; a retry will not help."""

    default_message = "Invalid request"


class InvalidModelError(InvalidRequestError, ValueError):
    """The model string names no provider. Write "provider:model", or pass `provider=`."""


class InvalidProviderError(InvalidRequestError, ValueError):
    """A row of your own cannot be registered, or its adapter cannot be used. The message names the field."""


class ContextLengthExceededError(InvalidRequestError):
    """One input is longer than the model reads. `index` says which; shorten it, or pass `overflow=`."""

    default_message = "Context length exceeded"


class AuthenticationError(AnyLLMError):
    """The provider refused the key. Check that it is current and may use this model."""

    default_message = "Authentication failed"


class MissingApiKeyError(AuthenticationError):
    """No key was passed and none stands in the environment. Set the variable it names, or pass `api_key=`."""

    def __init__(self, provider_name: str, env_var_name: str, *, besides: str = "") -> None:
        """Name the variable to set, and what else was tried."""
        self.env_var_name = env_var_name
        ways = f"No {provider_name} API key: pass api_key=... or set the environment variable {env_var_name}."
        super().__init__(f"{ways} {besides}".rstrip(), provider_name=provider_name)


class UnsupportedProviderError(AnyLLMError):
    """There is no such provider. `supported_providers` lists those there are."""

    def __init__(self, provider_key: str, supported_providers: list[str]) -> None:
        """Name the nearest ones, then all."""
        from difflib import get_close_matches  # noqa: PLC0415  # only somebody who misspelt a name pays for it

        self.provider_key = provider_key
        self.supported_providers = supported_providers
        near = get_close_matches(provider_key.strip().lower(), supported_providers)
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        super().__init__(
            f"'{provider_key}' is not a supported provider.{hint} Supported: {', '.join(supported_providers)}."
        )


class EmbeddingsNotSupportedError(UnsupportedProviderError, NotImplementedError):
    """A known provider that makes no embeddings."""

    def __init__(self, provider_key: str, reason: str, supported_providers: list[str]) -> None:
        """Say why it has none."""
        super().__init__(provider_key, supported_providers)
        self.message = f"{provider_key} makes no embeddings: {reason} Use one of: {', '.join(supported_providers)}."
        self.args = (self.message,)
        self.provider_name = provider_key


class UnsupportedParameterError(AnyLLMError):
    """This provider or model cannot honour that option. Nothing was sent."""

    def __init__(self, parameter_name: str, provider_name: str, additional_message: str | None = None) -> None:
        """Name the option, and what to do instead."""
        self.parameter_name = parameter_name
        message = f"'{parameter_name}' is not supported for {provider_name}"
        if additional_message is not None:
            message = f"{message}. {additional_message}"
        super().__init__(message, provider_name=provider_name)


class ListModelsNotSupportedError(AnyLLMError, NotImplementedError):
    """This provider has no list of its models to ask for. Any model it serves works in `embedding()` all the same."""


class MissingPackageError(AnyLLMError, ImportError):
    """A package this provider needs is not installed. The message is the command that installs it."""

    def __init__(self, provider_name: str, extra: str, *, instead: str = "") -> None:
        """Name the extra, and what does as well."""
        self.extra = extra
        command = f'needs packages not installed: pip install "omniembed[{extra}]"'
        super().__init__(f"{command}, or {instead}" if instead else command, None, provider_name)


class InsufficientFundsError(AnyLLMError):
    """The account is empty or its budget is spent. Waiting does not help; add credit."""

    default_message = "Insufficient funds or budget exceeded"


class RateLimitError(AnyLLMError):
    """Too many requests or tokens. `retry_after` is the provider's own word: seconds, or an HTTP date."""

    default_message = "Rate limit exceeded"

    def __init__(
        self,
        message: str | None = None,
        original_exception: Exception | None = None,
        provider_name: str | None = None,
        retry_after: str | None = None,
        **details: Any,
    ) -> None:
        """Keep when to come back; `details` are AnyLLMError's keywords."""
        super().__init__(message, original_exception, provider_name, **details)
        self.retry_after = retry_after


class ModelNotFoundError(AnyLLMError):
    """The provider does not serve that model to this key. Check the name at the provider."""

    default_message = "Model not found"


class ContentFilterError(AnyLLMError):
    """The provider's filter blocked the text."""

    default_message = "Content blocked by safety filter"


class ProviderError(AnyLLMError):
    """The provider failed. The same call may work later."""

    default_message = "Provider error"


class InvalidResponseError(ProviderError):
    """The provider answered, and the answer cannot be right: `index` names the input, where one is at fault."""

    default_message = "The provider's reply cannot be right"


class ProviderConnectionError(ProviderError, ConnectionError):
    """The provider could not be reached, or hung up. Check the address, the network and the proxy."""

    default_message = "Could not reach the provider"


class ProviderTimeoutError(ProviderError, TimeoutError):
    """No answer within `timeout` (seconds a read) or `deadline` (seconds for the whole call)."""

    default_message = "The provider did not answer in time"


class UpstreamProviderError(ProviderError):
    """A gateway could not reach the provider behind it (502)."""

    default_message = "Upstream provider error"


class GatewayTimeoutError(ProviderError):
    """A gateway waited in vain for the provider behind it (504)."""

    default_message = "Gateway timeout waiting for upstream provider"
