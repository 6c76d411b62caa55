"""Turn text into vectors with any provider, through one function.

    from any_llm import embedding
    embedding("all-MiniLM-L6-v2", ["First", "Second"], provider="local").to_numpy()

Independent of Mozilla.ai; the interface is that of its any-llm embedding page.
"""

from __future__ import annotations

import os.path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from any_llm.api import aembedding, alist_models, embedding, list_models
    from any_llm.client import AnyLLM
    from any_llm.constants import LLMProvider
    from any_llm.exceptions import (
        AnyLLMError,
        AuthenticationError,
        ContentFilterError,
        ContextLengthExceededError,
        EmbeddingsNotSupportedError,
        GatewayTimeoutError,
        InsufficientFundsError,
        InvalidModelError,
        InvalidProviderError,
        InvalidRequestError,
        InvalidResponseError,
        ListModelsNotSupportedError,
        MissingApiKeyError,
        MissingPackageError,
        ModelNotFoundError,
        ProviderConnectionError,
        ProviderError,
        ProviderTimeoutError,
        RateLimitError,
        UnsupportedParameterError,
        UnsupportedProviderError,
        UpstreamProviderError,
    )
    from any_llm.providers.row import Limits, Names, Row
    from any_llm.registry import register_provider
    from any_llm.streaming import aembed_iter, embed_iter
    from any_llm.types.chunk import Chunk
    from any_llm.types.completion import CreateEmbeddingResponse, Embedding, Usage
    from any_llm.types.event import RequestEvent
    from any_llm.types.identity import EmbeddingIdentity
    from any_llm.types.learnt import Learnt

__version__ = "0.1.0"

__all__ = [
    "AnyLLM",
    "AnyLLMError",
    "AuthenticationError",
    "Chunk",
    "ContentFilterError",
    "ContextLengthExceededError",
    "CreateEmbeddingResponse",
    "Embedding",
    "EmbeddingIdentity",
    "EmbeddingsNotSupportedError",
    "GatewayTimeoutError",
    "InsufficientFundsError",
    "InvalidModelError",
    "InvalidProviderError",
    "InvalidRequestError",
    "InvalidResponseError",
    "LLMProvider",
    "Learnt",
    "Limits",
    "ListModelsNotSupportedError",
    "MissingApiKeyError",
    "MissingPackageError",
    "ModelNotFoundError",
    "Names",
    "ProviderConnectionError",
    "ProviderError",
    "ProviderTimeoutError",
    "RateLimitError",
    "RequestEvent",
    "Row",
    "UnsupportedParameterError",
    "UnsupportedProviderError",
    "UpstreamProviderError",
    "Usage",
    "aembed_iter",
    "aembedding",
    "alist_models",
    "embed_iter",
    "embedding",
    "list_models",
    "register_provider",
]

_ROOMS = {
    "AnyLLM": "client",
    "LLMProvider": "constants",
    "aembed_iter": "streaming",
    "aembedding": "api",
    "alist_models": "api",
    "embed_iter": "streaming",
    "embedding": "api",
    "list_models": "api",
    "register_provider": "registry",
    "Limits": "providers.row",
    "Names": "providers.row",
    "Row": "providers.row",
    "Chunk": "types.chunk",
    "CreateEmbeddingResponse": "types.completion",
    "Embedding": "types.completion",
    "EmbeddingIdentity": "types.identity",
    "Learnt": "types.learnt",
    "RequestEvent": "types.event",
    "Usage": "types.completion",
}
"""Where a public name lives; every other one is an error."""

# any-llm-sdk's own module: it lies in our folder only when both are installed.
if os.path.exists(os.path.join(os.path.dirname(__file__), "any_llm.py")):  # noqa: PTH110, PTH118, PTH120  # pathlib costs 5 ms
    raise ImportError(
        "any-llm-sdk and omniembed are installed into the same folder, and each overwrites the other's files. "
        "Run: pip uninstall any-llm-sdk omniembed; then install the one you want."
    )


if not TYPE_CHECKING:  # a checker that saw __getattr__ would find no misspelt name

    def __getattr__(name: str) -> Any:
        """Load a public name on its first use."""
        if name not in __all__:
            from any_llm.elsewhere import explain  # noqa: PLC0415

            raise AttributeError(explain(name))
        import importlib  # noqa: PLC0415

        value = getattr(importlib.import_module(f"any_llm.{_ROOMS.get(name, 'exceptions')}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return [*__all__, "__version__"]
