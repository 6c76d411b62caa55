"""How a provider looks on its own page: docs/providers/NAME.md."""

from __future__ import annotations

import importlib
import json
from typing import TYPE_CHECKING, Any

from proof import ROOT, evidence
from tables import EMBEDDING, code, dimensions, dtypes, overflow, policies, roles, table

from any_llm.cli.models import cells
from any_llm.models import known_models

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from any_llm.providers.row import Row

UNKNOWN = "unknown"
RECORDS: Mapping[str, Any] = json.loads((ROOT / "tests/replies/rows.json").read_text(encoding="utf-8"))
"""The call that each provider's own page shows, to which the tests hold its row."""
HERE = {
    "fake": "any",
    "fastembed": "BAAI/bge-small-en-v1.5",
    "local": "all-MiniLM-L6-v2",
    "model2vec": "minishlab/potion-base-8M",
    "sentence_transformers": "all-MiniLM-L6-v2",
}
"""In-process provider -> a model of it."""


def pages() -> dict[str, Callable[[], str]]:
    """A page for each provider that makes embeddings."""
    return {f"docs/providers/{row.name}.md": lambda row=row: page(row) for row in EMBEDDING}


def page(row: Row) -> str:
    """Write one provider's page."""
    parts = (
        f"# {row.title}\n\n`{row.name}`, {row.kind}. Facts from {_source(row)}. [All providers](../providers.md).",
        f"{_credential(row)}\n\n```python\n{example(row)}\n```",
        f"## Key and address\n\n{bullets(_access(row))}",
        f"## Limits\n\n{bullets(_limits(row))}",
        f"## Options\n\n[What they mean](../options.md).\n\n{bullets(_options(row))}",
        f"## Models\n\n{_models(row)}",
        f"## Evidence\n\n{_evidence(row)}",
    )
    return "\n\n".join(parts) + "\n"


def _source(row: Row) -> str:
    return f"<{row.source}>, read {row.read}" if "://" in row.source else f"[{row.source}](../../{row.source})"


def bullets(facts: Mapping[str, str]) -> str:
    """Write a line a fact; what is empty is left out."""
    return "\n".join(f"- {name}: {fact}" for name, fact in facts.items() if fact)


def _credential(row: Row) -> str:
    others = "if it asks for a key"
    if row.kind == "cloud" and row.extra:
        others = f"or with that cloud's own credentials and `omniembed[{row.extra}]`"
    if not row.key_env:
        return f"{others.removeprefix('or ').capitalize()}:" if row.kind == "cloud" else "No key is needed."
    return f"With `{row.key_env[0]}` set{'' if row.key_required else f', {others}'}:"


def example(row: Row) -> str:
    """Write the call of the provider's own page; tests/test_provider_pages.py runs it."""
    record = RECORDS.get(row.name) or {"model": HERE[row.name], "texts": ["Hello", "World"]}
    arguments = [_written(record["model"]), _written(record["texts"]), f"provider={_written(row.name)}"]
    if "client" in record:
        arguments.append(f"client_args={_written(record['client'])}")
    arguments += [f"{name}={_written(value)}" for name, value in record.get("extra", {}).items()]
    line = f"result = embedding({', '.join(arguments)})"
    if len(line) > 100:  # noqa: PLR2004  # of a screen
        line = "result = embedding(\n    " + ",\n    ".join(arguments) + ",\n)"
    return f"from any_llm import embedding\n\n{line}\nvectors = result.to_numpy()"


def _written(value: Any) -> str:
    return repr(value).replace("'", '"')


def _access(row: Row) -> dict[str, str]:
    others = ", ".join(f"`{theirs}` is our `{ours}`" for theirs, ours in row.client_aliases.items())
    return {
        "key": _keys(row),
        "token in place of the key": code((*row.token_options, *row.token_env), " or ") if row.token_options else "",
        "credentials in place of the key": _credentials(row),
        "address": code([row.api_base]) if row.api_base else "",
        **{f"`{part}` of the address": _part(row, part) for part in row.variables},
        "another address": code(("api_base", *row.base_env), " or ") if row.kind != "in-process" else "",
        **{f"address for keys that begin with `{start}`": f"`{base}`" for start, base in row.key_bases.items()},
        "client options": ", ".join(_client_option(row, name) for name in (*row.client_options, *row.client_headers)),
        "names of its SDK": others,
        "to install": f'`pip install "omniembed[{row.extra}]"`' if row.extra else "",
    }


def _keys(row: Row) -> str:
    needed = "" if row.key_required or row.credentials else " (not needed)"
    return f"{code(row.key_env, ' or ')}{needed}" if row.key_env else "none"


def _credentials(row: Row) -> str:
    found = f"{code(row.credentials)}; else what `omniembed[{row.extra}]` finds ([how](../clouds.md))"
    return found if row.credentials else ""


def _part(row: Row, part: str) -> str:
    variables = [each[part] for each in (row.client_env, row.variables) if part in each]
    ways = ["`client_args`", *code(variables, "\n").split("\n"), *(["the credentials"] if part in row.found else [])]
    return f"{', '.join(ways[:-1])}, or {ways[-1]}"


def _client_option(row: Row, name: str) -> str:
    return f"`{name}`" + (f" (or `{row.client_env[name]}`)" if name in row.client_env else "")


def _limits(row: Row) -> dict[str, str]:
    limits, by_model = row.limits, any(info.max_input_tokens for info in known_models(row.name))
    return {
        "inputs a request": number(limits.items),
        "tokens a request": number(limits.tokens),
        "bytes of text a request": number(limits.bytes),
        "tokens an input": number(limits.input_tokens) + ("; of each model below" if by_model else ""),
    }


def number(limit: int | None) -> str:
    """Write a limit."""
    return UNKNOWN if limit is None else f"{limit:,}"


def _options(row: Row) -> dict[str, str]:
    by_model = hasattr(importlib.import_module(row.adapter).adapter, "for_model")
    return {
        "`dimensions`": dimensions(row),
        "`dtype`": dtypes(row),
        "`input_type`": roles(row),
        "`overflow`": policies(row),
        "a text that is too long, when `overflow` is not given": _over_long(row),
        "vectors travel": _encoding(row),
        "tokens": _counted(row),
        "lists its models": "yes" if row.lists_models else "no",
        "between its models": "options or limits may differ; what a model lacks is refused" if by_model else "",
    }


def _over_long(row: Row) -> str:
    if row.names.refuses_overflow or "error" in row.names.policies:
        return f"an error, enforced: {overflow(row)}"
    return (
        f"{overflow(row)} in silence; detected where its count of tokens shows it"
        if row.names.cuts_overflow
        else UNKNOWN
    )


def _encoding(row: Row) -> str:
    if row.kind == "in-process":
        return ""
    return "as base64, unless the host refuses it" if row.base64 else "as its API writes them"


def _counted(row: Row) -> str:
    if row.name not in RECORDS:
        return "counted here"
    return "counted by the provider" if any(RECORDS[row.name]["tokens"] or ()) else "not told by the provider"


def _models(row: Row) -> str:
    models = known_models(row.name)
    if not models:
        return "Of none are facts kept here; [what is known of a model by its name](../models.md) holds for it too."
    heading = ("model", "width", "other widths", "tokens an input", "USD per million tokens", "ends")
    note = "Others work too. ~: estimated, or sources differ. -: not known. [Where from](../models.md)."
    return f"{table(heading, ((f'`{info.model}`', *cells(info)) for info in models))}\n\n{note}"


def _evidence(row: Row) -> str:
    proofs = [_proof(**proof) for proof in evidence().get(row.name, ())] or ["none: nothing but itself to hold it to"]
    return "[What these words mean](../providers.md).\n\n" + "\n".join(f"- {line}" for line in proofs)


def _proof(kind: str, by: str, date: str, version: str | None = None) -> str:
    return f"{kind}: <{by}>, {date}" if version is None else f"{kind}: `{by}` {version}, {date}"
