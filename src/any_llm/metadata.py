"""A provider's row in the words of any-llm's ProviderMetadata."""

from __future__ import annotations

from typing import TYPE_CHECKING

from any_llm.types.provider import ProviderMetadata

if TYPE_CHECKING:
    from any_llm.providers.row import Row


def metadata(row: Row) -> ProviderMetadata:
    """Fill any-llm's fields; what we do not have is False."""
    return ProviderMetadata(
        name=row.name,
        env_key="/".join(row.key_env) or "None",
        env_api_base=row.base_env[0] if row.base_env else None,
        doc_url=row.source,
        embedding=row.embedding,
        class_name=f"{row.name.capitalize()}Provider",
        evidence=row.evidence,
        kind=row.kind,
    )
