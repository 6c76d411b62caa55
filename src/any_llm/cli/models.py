"""Which models is something known of, and what? A line each for a person, an object each for a program."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from any_llm.models import ModelInfo

ANYWHERE = "(any)"
"""Shown as the provider of a model by itself, which whoever serves it may offer."""


def listed(provider: str | None = None) -> list[ModelInfo]:
    """Every model of one provider, or of all we speak to and then those by themselves. Raises for an unknown name."""
    from any_llm import AnyLLM, LLMProvider  # noqa: PLC0415  # --help needs no library
    from any_llm.models import known_models  # noqa: PLC0415

    if provider is not None:
        return known_models(str(LLMProvider.from_string(provider).value))
    spoken = {"", *AnyLLM.get_supported_providers()}
    return [info for info in known_models() if info.provider in spoken]


def as_json(rows: list[ModelInfo]) -> str:
    """Write a list of objects, indented."""
    return msgspec.json.format(msgspec.json.encode([row.model_dump() for row in rows])).decode() + "\n"


def as_table(rows: list[ModelInfo]) -> str:
    """Write aligned columns, the same on a terminal and in a pipe."""
    lines = [("PROVIDER", "MODEL", "WIDTH", "WIDTHS", "TOKENS", "USD", "ENDS")]
    lines += [(row.provider or ANYWHERE, row.model, *cells(row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "".join("  ".join(map(str.ljust, line, widths)).rstrip() + "\n" for line in lines)


def cells(row: ModelInfo) -> tuple[str, str, str, str, str]:
    """Width, other widths, tokens an input, USD per million tokens, end; the provider pages show them too."""
    return (
        _cell(row, "dimensions", row.dimensions),
        _cell(row, "allowed_dimensions", _widths(row)),
        _cell(row, "max_input_tokens", row.max_input_tokens),
        _cell(row, "usd_per_million_tokens", row.usd_per_million_tokens),
        _ends(row),
    )


def _cell(row: ModelInfo, field: str, value: object) -> str:
    if value is None:
        return "-"
    return f"~{value}" if field in row.estimated else str(value)


def _widths(row: ModelInfo) -> str | None:
    allowed = row.allowed_dimensions
    if isinstance(allowed, range):
        return f"{allowed[0]}..{allowed[-1]}"
    return None if allowed is None else ",".join(map(str, allowed))


def _ends(row: ModelInfo) -> str:
    if row.deprecated is False:
        return "-"
    when = "yes" if row.deprecated is True else row.deprecated
    return f"{when}, then {row.replaced_by}" if row.replaced_by else when
