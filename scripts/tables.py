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


def members() -> str:
    """Write the members of LLMProvider."""
    return "\n".join(f'    {name.upper().replace("-", "_")} = "{name}"' for name in ROWS)


def options() -> str:
    """Write what the unified options become at each provider."""
    heading = ("provider", "`dimensions`", "`dtype`", "`input_type`", "`overflow` not given", "`overflow` given")
    columns = (dimensions, dtypes, roles, overflow, policies)
    lines = [(f"`{row.name}`", *(column(row) for column in columns)) for row in EMBEDDING]
    return table(heading, lines)


def dimensions(row: Row) -> str:
    """Say what becomes of `dimensions`."""
    if row.names.dimensions is None:
        return CUT
    if row.kind != "in-process":
        return f"`{row.names.dimensions}`"
    return "done here" if row.any_model else "as the model has it"


def dtypes(row: Row) -> str:
    """Say what becomes of `dtype`."""
    return f"`{row.names.dtype}` ({', '.join(row.names.dtypes)})" if row.names.dtypes else RAISES


def roles(row: Row) -> str:
    """Say what becomes of `input_type`."""
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


def overflow(row: Row) -> str:
    """Say what becomes of a text that is too long when nobody said what to do with it."""
    if row.names.overflow and "error" in row.names.policies:
        return _field(row, "error")
    if row.names.refuses_overflow:
        return "refused here" if row.kind == "in-process" else "refused there"
    return "cut there" if row.names.cuts_overflow else "as the provider does"


def policies(row: Row) -> str:
    """Say what becomes of `overflow`."""
    known = {policy: _field(row, policy) for policy in row.names.policies}
    if row.names.refuses_overflow:
        known.setdefault("error", overflow(row))
    if row.names.cuts_overflow:
        known.setdefault("error", "here, where the model's limit is known")
        known.setdefault("truncate", "here: it is cut there")
    known.setdefault("truncate", "here, where the model's limit is known")
    known.setdefault("mean", "here")
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
