"""A provider's row, and how far it was proven, in the words of any-llm's ProviderMetadata."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from any_llm.packaged import packaged
from any_llm.providers.table import ROWS
from any_llm.types.provider import Evidence, ProviderMetadata

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
        list_models=row.embedding and row.lists_models,
        class_name=f"{row.name.capitalize()}Provider",
        evidence=evidence(row),
        kind=row.kind,
    )


def evidence(row: Row) -> tuple[Evidence, ...]:
    """How far it was proven; nothing is known of a row of the user's own, whatever its name."""
    proofs = _proofs().get(row.name, ()) if ROWS.get(row.name) is row else ()
    return tuple(Evidence(**proof) for proof in proofs)


@cache
def _proofs() -> dict[str, list[dict[str, Any]]]:
    """Read what `make render` wrote from the marks of the tests."""
    proofs: dict[str, list[dict[str, Any]]] = packaged("evidence.json")
    return proofs
