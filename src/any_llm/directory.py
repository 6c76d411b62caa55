"""What a client's class knows of providers and models, without a key."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from any_llm.constants import LLMProvider, split_model_provider
from any_llm.registry import REGISTRY, row_of, supported

if TYPE_CHECKING:
    from any_llm.models import ModelInfo
    from any_llm.providers.row import Row
    from any_llm.types.provider import ProviderMetadata


class Directory:
    """Facts, by names as any-llm has them."""

    row: ClassVar[Row]

    @classmethod
    def get_supported_providers(cls) -> list[str]:
        """Names of the providers that make embeddings."""
        return supported()

    @classmethod
    def get_provider_metadata(cls, provider: str | LLMProvider | None = None) -> ProviderMetadata:
        """Facts of a provider, or of this class's own."""
        from any_llm.metadata import metadata  # noqa: PLC0415

        if provider is None and not hasattr(cls, "row"):
            raise TypeError("get_provider_metadata needs the name of a provider.")
        return metadata(cls.row if provider is None else row_of(provider))

    @classmethod
    def get_all_provider_metadata(cls) -> list[ProviderMetadata]:
        """Facts of every provider, those without embeddings too."""
        return [cls.get_provider_metadata(row.name) for row in REGISTRY.rows()]

    @classmethod
    def get_model_info(cls, model: str, provider: str | LLMProvider | None = None) -> ModelInfo | None:
        """Facts of "provider:model": widths, tokens, price, with sources. None: nothing is known of it."""
        from any_llm.models import model_info  # noqa: PLC0415  # reads the table of models

        if provider is None:
            provider, model = split_model_provider(model)
        return model_info(LLMProvider.from_string(provider), model)

    @classmethod
    def split_model_provider(cls, model: str) -> tuple[LLMProvider, str]:
        """Split "provider:model". Raises InvalidModelError (also ValueError) when there is nothing to split."""
        return split_model_provider(model)
