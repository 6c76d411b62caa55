"""How a call reaches a model in this process: options checked, then one Run a batch.

all-MiniLM-L6-v2 is built in (384 values, English, 256 tokens with the two special ones); a folder may be named instead.
Nothing heavy is imported until the function in Run is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from any_llm.exceptions import UnsupportedParameterError
from any_llm.providers.row import ROLES
from any_llm.types.loaded import Loaded
from any_llm.types.model import Model
from any_llm.wire import Page, Part, Refusal, Run

if TYPE_CHECKING:
    from collections.abc import Collection

    from any_llm.providers.row import Applied
    from any_llm.wire import Batch, Call, Reply

# Source of these three: https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2
_BUILT_IN = ("all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2")
_WIDTH = 384
_ROLES = ("document", "query")
"""Both share one space there, so neither needs anything."""

_POLICIES = (None, "error", "truncate", "mean")


class LocalAdapter:
    """Run, where the others Send."""

    def encode(self, call: Call, batch: Batch) -> Run:
        """Give the work: a function that loads the model, if need be, and returns the batch's Part.

        Raises UnsupportedParameterError. So does the function, for what only a folder's files can tell; it also raises
        ModelNotFoundError, InvalidRequestError for a folder that cannot be run, ContextLengthExceededError with the
        input's index, ProviderError when onnxruntime fails or a file is not the one we trust, and MissingPackageError
        without the `local` extra.
        """
        if names := [*call.extra, *call.query]:
            raise _unsupported(", ".join(sorted(names)), "A model in this process has no fields of its own.")
        if call.options.dtype not in (None, "float32"):
            raise _unsupported("dtype", "A model in this process gives float32.")
        if call.options.overflow not in _POLICIES:
            raise _unsupported("overflow", "Use 'error', 'truncate' or 'mean'.")
        if call.model not in _BUILT_IN:
            return Run(lambda: _run(call, batch, folder=call.model))
        _check(call, width=_WIDTH, roles=_ROLES)
        return Run(lambda: _run(call, batch, folder=None))

    def for_model(self, call: Call) -> Call:
        """Say that the built-in model needs no word for a role. A folder's prompts are known once it is loaded."""
        named = {"input_type": None} if call.model in _BUILT_IN else {"roles": {role: role for role in ROLES}}
        return msgspec.structs.replace(call, row=call.row._replace(names=call.row.names._replace(**named)))

    def decode(self, call: Call, reply: Part) -> Part:
        """Pass on what Run returned: it was made here, so there is nothing to decode."""
        return reply

    def explain(self, reply: Reply) -> Refusal:
        """Say that there is nothing to explain."""
        return Refusal(message="A model in this process sends no request that could be refused.")

    def loaded(self, call: Call) -> Run:
        """Tell which model that is: a folder's is loaded for it."""
        return Run(lambda: _loaded(call))

    def models(self, call: Call, after: str | None) -> Run:
        """Name what is built in; a folder is a model too, and nobody lists those."""
        return Run(lambda: _BUILT_IN[:1])

    def listed(self, call: Call, reply: tuple[str, ...]) -> Page:
        """Wrap the names."""
        return Page([Model(id=name, created=0, owned_by=call.row.name) for name in reply])


adapter = LocalAdapter()


def _run(call: Call, batch: Batch, *, folder: str | None) -> Part:
    from any_llm.local.embed import embed  # noqa: PLC0415  # loaded when a model is first run
    from any_llm.local.load import load  # noqa: PLC0415

    model = load(folder)
    options, prompt = call.options, ""
    applied: Applied | None = None
    if folder is not None:
        prompts = model.recipe.prompts
        _check(call, width=model.width, roles=prompts)
        prompt = prompts[options.input_type] if options.input_type else model.recipe.default_prompt
        if options.input_type:
            applied = "prefix" if prompt else "not needed"
    part = embed(
        model,
        batch.texts,
        indexes=batch.indexes,
        overflow=options.overflow or "error",
        normalize=bool(options.normalize),
        prompt=prompt,
    )
    loaded = Loaded(model.name.rpartition("@")[0], model.revision, prompt or None)
    return msgspec.structs.replace(part, applied=applied, loaded=loaded)


def _loaded(call: Call) -> Loaded:
    from any_llm.local.load import BUILT_IN, built_in_revision, load  # noqa: PLC0415  # as above

    if call.model in _BUILT_IN:
        return Loaded(BUILT_IN, built_in_revision())
    model, asked = load(call.model), call.options.input_type
    _check(call, width=model.width, roles=model.recipe.prompts)
    prompt = model.recipe.prompts[asked] if asked else model.recipe.default_prompt
    return Loaded(model.name.rpartition("@")[0], model.revision, prompt or None)


def _check(call: Call, *, width: int, roles: Collection[str]) -> None:
    dimensions, role = call.options.dimensions, call.options.input_type
    if dimensions is not None and dimensions != width:
        reason = f"{call.model} gives {width} values and is not a Matryoshka model, so it cannot be cut."
        raise _unsupported("dimensions", reason)
    if role is not None and role not in roles:
        known = f"it knows {' and '.join(sorted(roles))}" if roles else "it defines no prompts"
        raise _unsupported("input_type", f"{call.model} has no '{role}': {known}. Put what it expects into the texts.")


def _unsupported(name: str, reason: str) -> UnsupportedParameterError:
    return UnsupportedParameterError(name, "local", reason)
