"""Which providers are there, and whose key is set? Never the key, nor a part of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from any_llm.types.provider import ProviderMetadata


class Listed(msgspec.Struct, frozen=True):
    """One provider, as the command shows it."""

    name: str
    kind: str
    embedding: bool
    key_variables: list[str]
    """Any one of them may hold the key."""
    key_required: bool
    """False where there is no key, and for a server of one's own, which may ask for one or not."""
    key_set: bool
    evidence: list[dict[str, Any]]
    """How far it was proven: kind (docs, sdk, server or live), by what, which version, and when."""
    source: str


def listed() -> list[Listed]:
    """Every provider of the library, and what the environment holds for it."""
    from any_llm import AnyLLM  # noqa: PLC0415  # --help needs no library

    return [_listed(metadata) for metadata in AnyLLM.get_all_provider_metadata()]


def _listed(metadata: ProviderMetadata) -> Listed:
    variables = [name for name in metadata.env_key.split("/") if name and name != "None"]
    return Listed(
        name=metadata.name,
        kind=metadata.kind,
        embedding=metadata.embedding,
        key_variables=variables,
        key_required=bool(variables) and metadata.kind != "server",
        key_set=any(os.environ.get(name) for name in variables),
        evidence=[proof.model_dump(exclude_none=True) for proof in metadata.evidence],
        source=metadata.doc_url,
    )


def as_json(rows: list[Listed]) -> str:
    """Write a list of objects, indented."""
    return msgspec.json.format(msgspec.json.encode(rows)).decode() + "\n"


def as_table(rows: list[Listed]) -> str:
    """Write aligned columns, the same on a terminal and in a pipe."""
    cells = [("NAME", "KIND", "EMBEDS", "KEY VARIABLE", "KEY", "EVIDENCE")]
    cells += [
        (
            row.name,
            row.kind,
            "yes" if row.embedding else "no",
            " or ".join(row.key_variables) or "-",
            _key(row),
            ", ".join(proof["kind"] for proof in row.evidence) or "none",
        )
        for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "".join("  ".join(map(str.ljust, line, widths)).rstrip() + "\n" for line in cells)


def _key(row: Listed) -> str:
    if row.key_set:
        return "set"
    return "missing" if row.key_required else "not needed"
