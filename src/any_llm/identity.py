"""Which identity do the vectors of a call have? Told from its settled call, before anything is sent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from any_llm.configuration import its_own
from any_llm.models import canonical_name
from any_llm.providers.roles import role
from any_llm.types.identity import EmbeddingIdentity
from any_llm.wire import public

if TYPE_CHECKING:
    from collections.abc import Mapping

    from any_llm.flow.matrix import Form
    from any_llm.flow.overflow import Overflow
    from any_llm.providers.row import Limits
    from any_llm.wire import Call

_CREDENTIAL = re.compile(r"(?:^|[_-])(?:api)?(?:key|token|secret|password|auth|authorization|cookie)$", re.IGNORECASE)
"""Names of what tells who asks, and not what for."""
_NO_MATTER = frozenset(
    {
        "cache_dir",
        "threads",
        "local_files_only",
        "force_download",
        "auth_url",
        "scope",
        "credential_scopes",
        "timeout_ms",
    }
)
"""Options that say how to come to a model, or how fast it is run."""


def identity(
    call: Call, form: Form, overflow: Overflow, *, asked: Call, limits: Limits, counted: bool
) -> EmbeddingIdentity:
    """Tell it. `asked`: the call before it was found who honours what; `limits`, `counted`: as the client was told."""
    row, options = call.row, asked.options
    name = None if row.any_model or not its_own(row, call.base) else canonical_name(row.name, call.model)
    fixed = name is not None and row.kind in {"cloud", "gateway"}
    client = {} if fixed else _telling(call.client, {*row.credentials, *row.token_options, *_NO_MATTER})
    split = overflow.here and overflow.asked in {"truncate", "mean"}
    return EmbeddingIdentity(
        model=name if fixed and name is not None else call.model,
        revision=client.pop("revision", None),
        provider=None if fixed else row.name,
        host=None if fixed else public(call.base).rpartition("://")[2].rstrip("/") or None,
        dimensions=options.dimensions,
        dimensions_by=_dimensions_by(call, form),
        dtype=form.dtype,
        input_type=None if call.prefix else role(row, call.model, options.input_type).word,
        prompt=call.prefix or None,
        overflow=overflow.asked,
        overflow_by=None if overflow.asked is None else "client" if overflow.here else "provider",
        input_tokens=(limits.input_tokens or row.limits.input_tokens) if split else None,
        tokens_counted=split and counted,
        normalization=_normalization(options.normalize, form),
        fields=_telling(call.extra),
        query=_telling(call.query),
        options=client,
    )


def _dimensions_by(call: Call, form: Form) -> Any:
    if form.dimensions is None:
        return None
    return "client" if call.options.dimensions is None else "provider"


def _normalization(asked: bool | None, form: Form) -> Any:  # noqa: FBT001  # an option's value
    if asked:
        return "unit"
    return "unit after a cut" if asked is None and form.unit else None


def _telling(given: Mapping[str, Any], without: set[str] = set()) -> dict[str, Any]:  # noqa: B006  # only read
    """Those that can change a vector, as JSON carries them; what it cannot carry is known by its type."""
    kept = {name: value for name, value in given.items() if name not in without and not _CREDENTIAL.search(name)}
    if kept.get("encoding_format") in ("float", "base64"):  # how a vector travels
        del kept["encoding_format"]
    if not kept:
        return kept
    told: dict[str, Any] = msgspec.to_builtins(kept, enc_hook=lambda value: type(value).__qualname__)
    return told
