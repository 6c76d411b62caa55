"""The names of the providers, and how a model string carries one."""

from __future__ import annotations

import warnings
from enum import StrEnum

from any_llm.exceptions import InvalidModelError, UnsupportedProviderError


class LLMProvider(StrEnum):
    """Every provider in the table, those without embeddings too; registered ones resolve by value."""

    # rendered: providers
    ANTHROPIC = "anthropic"
    AZUREOPENAI = "azureopenai"
    COHERE = "cohere"
    FAKE = "fake"
    GEMINI = "gemini"
    GROQ = "groq"
    LLAMACPP = "llamacpp"
    LOCAL = "local"
    MISTRAL = "mistral"
    OLLAMA = "ollama"
    OPENAI = "openai"
    OPENROUTER = "openrouter"
    TOGETHER = "together"
    VLLM = "vllm"
    VOYAGE = "voyage"
    # rendered: end

    @classmethod
    def from_string(cls, value: str | LLMProvider) -> LLMProvider:
        """Resolve a name in any case. Raises UnsupportedProviderError with near names."""
        if isinstance(value, cls):
            return value
        try:
            return cls(str(value).strip().lower())
        except ValueError:
            from any_llm.providers.table import supported  # noqa: PLC0415

            raise UnsupportedProviderError(str(value), supported()) from None


def split_model_provider(model: str, *, stacklevel: int = 3) -> tuple[LLMProvider, str]:
    """Split "provider:model" (or the deprecated "provider/model") at the first of the two marks."""
    if not isinstance(model, str):
        raise InvalidModelError(f"model must be a str, not {type(model).__name__}.")
    colon, slash = model.find(":"), model.find("/")
    mark = ":" if colon != -1 and (slash == -1 or colon < slash) else "/"
    provider, _, name = model.partition(mark)
    if not provider or not name:
        raise InvalidModelError(f"{model!r} names no provider: write 'provider:model', or pass provider=.")
    resolved = LLMProvider.from_string(provider)
    if mark == "/":
        message = f"'provider/model' is deprecated: write {provider}:{name!s}, or pass provider={provider!r}."
        warnings.warn(message, DeprecationWarning, stacklevel=stacklevel)
    return resolved, name
