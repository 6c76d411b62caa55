"""How the providers look side by side: in README, and in docs/providers.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages import number
from proof import KINDS, evidence
from tables import EMBEDDING, code, table

from any_llm.providers.table import ROWS

if TYPE_CHECKING:
    from any_llm.providers.row import Row

GROUPS = {"cloud": "Clouds", "gateway": "Gateways", "server": "Servers", "in-process": "In this process"}
LEGEND = """- docs: we send the request of its documentation's example and read the reply it describes.
- sdk: the same call is made through an official SDK and through us; both must send the same request and read the same
  vectors. A server without an SDK of its own is held against the one its documentation uses.
- server: its real software is run, on this machine, and gives the vectors it should.
- live: its paid endpoint was called."""


def summary() -> str:
    """Write README's part: how many there are of each kind, how far they are proven, and all their names."""
    lines = [
        f"- {heading}: " + ", ".join(f"[{row.name}](docs/providers/{row.name}.md)" for row in _of(kind))
        for kind, heading in GROUPS.items()
    ]
    meaning = f"[What these words mean](docs/providers.md). {_live()} Tested on Linux x86-64."
    return f"{counts()}\n\n{meaning}\n\n" + "\n".join(lines)


def counts() -> str:
    """Count them by kind and by evidence."""
    groups = {**{heading: _of(kind) for kind, heading in GROUPS.items()}, "all": EMBEDDING}
    lines = [
        (name, str(len(rows)), *(str(sum(kind in _kinds(row) for row in rows)) for kind in KINDS))
        for name, rows in groups.items()
    ]
    return table(("kind", "providers", *KINDS), lines)


def overview() -> str:
    """Write docs/providers.md."""
    introduction = (
        "# Providers\n\n"
        "What this package knows of each provider, from the row that it runs on "
        "([src/any_llm/providers/table.py](../src/any_llm/providers/table.py)), and how far tests prove it:\n\n"
        f"{counts()}\n\n{LEGEND}\n\n"
        f"A provider may have several. {_live()} Tested on Linux x86-64. Where we mean to differ from an SDK, "
        "`tests/test_wire_contract.py` and its neighbours say so and why.\n\n"
        "Yours is not here: [adding a provider](adding-a-provider.md). What an option becomes at each, side by side: "
        "[options](options.md#what-they-become-at-each-provider)."
    )
    heading = ("provider", "what", "key", "inputs a request", "evidence")
    groups = "\n\n".join(f"## {GROUPS[kind]}\n\n{table(heading, map(_line, _of(kind)))}" for kind in GROUPS)
    without = "\n".join(
        f"- `{row.name}` ({row.title}): {row.reason} Source: <{row.source}>"
        for row in ROWS.values()
        if not row.embedding
    )
    end = f"## Without embeddings\n\nNaming one raises `EmbeddingsNotSupportedError`.\n\n{without}\n"
    return f"{introduction}\n\n{groups}\n\n{end}"


def _live() -> str:
    live = sum("live" in _kinds(row) for row in EMBEDDING)
    return f"{live} were called at a paid endpoint." if live else "**None was called at a paid endpoint.**"


def _line(row: Row) -> tuple[str, ...]:
    name = f"[`{row.name}`](providers/{row.name}.md)"
    return (name, row.title, _key(row), number(row.limits.items), ", ".join(_kinds(row)) or "none")


def _key(row: Row) -> str:
    if row.credentials:
        return code([*row.key_env[:1], f"[{row.extra}]"], " or ")
    return code(row.key_env[:1]) if row.key_required else "not needed"


def _of(kind: str) -> list[Row]:
    return [row for row in EMBEDDING if row.kind == kind]


def _kinds(row: Row) -> list[str]:
    return list(dict.fromkeys(proof["kind"] for proof in evidence().get(row.name, ())))
