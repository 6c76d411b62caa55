"""The names of the providers."""

from __future__ import annotations

from enum import StrEnum

from any_llm.exceptions import UnsupportedProviderError


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
            return cls(value.strip().lower())
        except ValueError:
            from any_llm.providers.table import supported  # noqa: PLC0415

            raise UnsupportedProviderError(value, supported()) from None
