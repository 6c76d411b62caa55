"""How the rows and the errors look as tables."""

from __future__ import annotations

import inspect
import json
from typing import TYPE_CHECKING

from any_llm import exceptions
from any_llm.flow.failure import BY_CODE, BY_STATUS
from any_llm.flow.retry import RETRYABLE
from any_llm.providers.table import ROWS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from any_llm.providers.row import Row

EMBEDDING = [row for row in ROWS.values() if row.embedding]
WITHOUT = [row for row in ROWS.values() if not row.embedding]
PROOF = {
    "docs": "read in its documentation",
    "sdk": "held against an SDK",
    "server": "run against the real server",
    "in-process": "runs here",
    "live": "tried live",
}
"""The strongest proof of a row, in words."""
NOTHING = "-"
RAISES = "raises"
"""The option cannot be honoured there."""
CUT = "cut here, where the model allows it"
"""It has no field for a width: known Matryoshka models are cut by us, with any other the option raises."""


def table(heading: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Draw a Markdown table."""
    cells = [[cell.replace("|", "\\|") for cell in line] for line in (heading, ["---"] * len(heading), *lines)]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def code(words: Iterable[str], join: str = ", ") -> str:
    """Set each word as code."""
    return join.join(f"`{word}`" for word in words) or NOTHING


def proof(row: Row) -> str:
    """Which of PROOF holds: a model in this process is its own server."""
    return "in-process" if row.kind == "in-process" else row.evidence


def members() -> str:
    """Write the members of LLMProvider."""
    return "\n".join(f'    {name.upper().replace("-", "_")} = "{name}"' for name in ROWS)


def providers_summary() -> str:
    """Write README's count and table."""
    lines = [(f"`{row.name}`", row.title, row.kind, _key(row), PROOF[proof(row)]) for row in EMBEDDING]
    return f"{counts()}\n\n{table(('provider', 'what', 'kind', 'key', 'proven'), lines)}"


def counts() -> str:
    """Say how many rows have which proof."""
    number = {kind: sum(proof(row) == kind for row in EMBEDDING) for kind in PROOF}
    live = f"{number['live']} were tried" if number["live"] else "**None was tried**"
    return (
        f"{len(EMBEDDING)} providers, each counted once, by the strongest proof it has: {number['sdk']} held against "
        f"an official SDK (the same request, the same vectors), {number['server']} run against real server software, "
        f"{number['in-process']} in this process, {number['docs']} read in documentation only. "
        f"{live} against a paid endpoint. Tested on Linux x86-64."
    )


def _key(row: Row) -> str:
    return code(row.key_env[:1]) if row.key_required else "not needed"


def providers_page() -> str:
    """Write docs/providers.md."""
    introduction = (
        "# Providers\n\n"
        "What this package knows of each provider, from the row that it runs on "
        "([src/any_llm/providers/table.py](../src/any_llm/providers/table.py)).\n\n"
        f"{counts()}\n\n"
        "- held against an SDK: the tests make the same call through the official SDK and through us. Both must send "
        "the same request and read the same vectors. A server without an SDK of its own is held against the one its "
        "documentation uses. Where we mean to differ, "
        "[tests/test_wire_contract.py](../tests/test_wire_contract.py) says so and why.\n"
        "- run against the real server: the tests start that server's software.\n"
        "- runs here: nothing is sent anywhere.\n"
        "- read in its documentation: no more than that.\n\n"
        "Limits are those of one request. More inputs are split into several. What an option becomes at each provider: "
        "[options](options.md)."
    )
    without = "\n".join(f"- `{row.name}` ({row.title}): {row.reason} Source: <{row.source}>" for row in WITHOUT)
    sections = "\n\n".join(_section(row) for row in EMBEDDING)
    end = f"## Without embeddings\n\nNaming one raises `EmbeddingsNotSupportedError`.\n\n{without}\n"
    return f"{introduction}\n\n{sections}\n\n{end}"


def _section(row: Row) -> str:
    limits = row.limits
    limit = [
        f"{limits.items:,} inputs" if limits.items else "",
        f"{limits.tokens:,} tokens" if limits.tokens else "",
        f"{limits.bytes:,} bytes of text" if limits.bytes else "",
        f"{limits.input_tokens:,} tokens an input" if limits.input_tokens else "",
    ]
    facts = {
        "key": code(row.key_env, " or ") + ("" if row.key_required or not row.key_env else " (not needed)"),
        "address": code([row.api_base]) if row.api_base else "",
        "address from": code(row.base_env, " or ") if row.base_env else "",
        "limits": ", ".join(filter(None, limit)) or "none known",
        "base64": "asked for" if row.base64 else "",
        "client options": code([*row.client_options, *row.client_headers]),
        "other names": ", ".join(f"`{theirs}` is our `{ours}`" for theirs, ours in row.client_aliases.items()),
        "extra": f'`pip install "omniembed[{row.extra}]"`' if row.extra else "",
        "proven": PROOF[proof(row)],
        "source": f"<{row.source}>, read {row.read}" if "://" in row.source else f"[{row.source}](../{row.source})",
    }
    lines = "\n".join(f"- {name}: {fact}" for name, fact in facts.items() if fact not in {"", NOTHING})
    return f"## {row.name}\n\n{row.title}, {row.kind}.\n\n{lines}"


def options() -> str:
    """Write what the unified options become at each provider."""
    heading = ("provider", "`dimensions`", "`input_type`", "`overflow` not given", "`overflow` given")
    lines = [(f"`{row.name}`", _dimensions(row), _roles(row), _overflow(row), _policies(row)) for row in EMBEDDING]
    return table(heading, lines)


def _dimensions(row: Row) -> str:
    if row.names.dimensions is None:
        return CUT
    if row.kind != "in-process":
        return f"`{row.names.dimensions}`"
    return "done here" if row.any_model else "as the model has it"


def _roles(row: Row) -> str:
    names = row.names
    if names.input_type is not None:
        words = ", ".join(ours if ours == word else f"{ours}: `{word}`" for ours, word in names.roles.items())
        always = f"; not given: `{names.default_role}`" if names.default_role else ""
        fielded = words if row.kind == "in-process" else f"`{names.input_type}` ({words}{always})"
        without = code(f"{start}*" for start in names.prefixed)
        return f"{fielded}; before the text for {without}" if names.prefixed else fielded
    if names.role_chooses == "model":
        endings = ", ".join(f"{ours}: `-{word}`" for ours, word in names.roles.items())
        return f"by the end of the model's name ({endings})"
    if not row.one_space:
        return "query, document: by the model"
    return f"query, document: nothing to do with {code(f'{start}*' for start in row.one_space)}, else by the model"


def _overflow(row: Row) -> str:
    if row.names.overflow and "error" in row.names.policies:
        return _field(row, "error")
    if row.names.refuses_overflow:
        return "refused here" if row.kind == "in-process" else "refused there"
    return "as the provider does"


def _policies(row: Row) -> str:
    known = {policy: _field(row, policy) for policy in row.names.policies}
    if row.names.refuses_overflow:
        known.setdefault("error", _overflow(row))
    given = (f"{policy}: {known[policy]}" for policy in ("error", "truncate", "mean") if policy in known)
    return "; ".join(given) or RAISES


def _field(row: Row, policy: str) -> str:
    if row.kind == "in-process":
        return "done here"
    return f"`{row.names.overflow}: {json.dumps(row.names.policies[policy])}`"


def errors() -> str:
    """Write the tree of errors, and what each one means."""
    documentation = inspect.getdoc(exceptions) or ""
    tree = documentation[documentation.index("AnyLLMError\n") :].split("\n\n")[0]
    kinds = [getattr(exceptions, name) for name in exceptions.__all__]
    lines = [(f"`{kind.__name__}`", _also(kind), _meaning(kind)) for kind in kinds]
    return f"```text\n{tree}\n```\n\n{table(('error', 'also a', 'what it means, and what to do'), lines)}"


def _also(kind: type[Exception]) -> str:
    foreign = (base for base in kind.__bases__ if not issubclass(base, exceptions.AnyLLMError))
    return code(base.__name__ for base in foreign if base is not Exception)


def _meaning(kind: type[Exception]) -> str:
    return " ".join((inspect.getdoc(kind) or "").split("\n\n")[0].split())


def statuses() -> str:
    """Write which error a reply becomes."""
    lines = [(str(status), f"`{kind.__name__}`", _retried(status)) for status, kind in BY_STATUS.items()]
    lines += [(f"code `{word}`", f"`{kind.__name__}`", "") for word, kind in BY_CODE.items()]
    for kind, first in (("InvalidRequestError", 400), ("ProviderError", 500)):
        others = sorted(status for status in RETRYABLE - set(BY_STATUS) if first <= status < first + 100)
        lines.append((", ".join(map(str, others)), f"`{kind}`", "yes"))
        lines.append((f"any other {first // 100}xx", f"`{kind}`", "no"))
    return table(("reply", "error", "tried again"), lines)


def _retried(status: int) -> str:
    return "yes" if status in RETRYABLE else "no"
