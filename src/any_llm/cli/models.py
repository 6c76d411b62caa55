"""Which models is something known of, or does a provider list, and what is known? A line each, or an object each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from any_llm.cli.failure import USAGE, Failure

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


def asked(provider: str | None, *, live: bool, api_base: str | None) -> list[ModelInfo]:
    """What the command line asks for: what is known here, or what the provider lists now. Raises Failure."""
    if not live:
        if api_base is not None:
            raise Failure("nobody is asked without --live: add it, or leave out --api-base.", code=USAGE)
        return listed(provider)
    if provider is None:
        raise Failure("--live wants to know whom to ask: add --provider NAME.", code=USAGE)
    return listed_there(provider, api_base)


def listed_there(provider: str, api_base: str | None) -> list[ModelInfo]:
    """Every model that the provider itself lists, in its order, with what is known of each. Raises AnyLLMError."""
    from any_llm import AnyLLM  # noqa: PLC0415  # --help needs no library
    from any_llm.models import ModelInfo  # noqa: PLC0415

    with AnyLLM.create(provider, api_base=api_base) as client:
        name = client.row.name
        names = [model.id for model in client.list_models()]
    return [(AnyLLM.get_model_info(each, name) or ModelInfo(name, each))._replace(model=each) for each in names]


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
