"""How a call reaches a model in this process: options checked, then one Run a batch.

all-MiniLM-L6-v2 is built in (384 values, English, 256 tokens with the two special ones); a folder may be named instead.
Nothing heavy is imported until the function in Run is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from any_llm.exceptions import ModelNotFoundError, UnsupportedParameterError
from any_llm.wire import Part, Refusal, Run

if TYPE_CHECKING:
    from collections.abc import Collection

    from any_llm.wire import Batch, Call, Reply

BUILT_IN = "all-MiniLM-L6-v2"
_NAMES = (BUILT_IN, f"sentence-transformers/{BUILT_IN}")
_WIDTH = 384
_ROLES = ("document", "query")
_POLICIES = (None, "error", "truncate", "mean")


class LocalAdapter:
    """Run, where the others Send. Model card: https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2 ."""

    def encode(self, call: Call, batch: Batch) -> Run:
        """Give the work to do: a function that loads the model if needed and returns the batch's Part.

        Raises UnsupportedParameterError. The function raises ModelNotFoundError, InvalidRequestError for a folder that
        cannot be run, UnsupportedParameterError for what only a loaded folder can tell, ContextLengthExceededError with
        the input's index, ProviderError when onnxruntime fails or a file is not the one we trust, and ImportError
        without the `local` extra.
        """
        if names := [*call.extra, *call.query]:
            raise _unsupported(", ".join(sorted(names)), "A model in this process has no fields of its own.")
        if call.options.overflow not in _POLICIES:
            raise _unsupported("overflow", "Use 'error', 'truncate' or 'mean'.")
        built_in = call.model in _NAMES
        if built_in:
            # Both its roles share one space, so neither needs anything.
            _check(call, width=_WIDTH, roles=_ROLES)
        return Run(lambda: _run(call, batch, None if built_in else call.model))

    def decode(self, call: Call, reply: Part) -> Part:
        """Pass on what Run returned: it was made here, so there is nothing to decode."""
        return reply

    def explain(self, reply: Reply) -> Refusal:
        """Say that a model in this process sends no reply to refuse with."""
        return Refusal(message="the local provider sends no requests")


adapter = LocalAdapter()


def _run(call: Call, batch: Batch, folder: str | None) -> Part:
    from any_llm.local.embed import embed  # noqa: PLC0415  # the heavy libraries come in here
    from any_llm.local.load import built_in, load  # noqa: PLC0415

    try:
        model = built_in(BUILT_IN) if folder is None else load(folder)
    except FileNotFoundError:
        raise ModelNotFoundError(
            f"'{call.model}' is neither a model nor a folder here. Use '{BUILT_IN}', or the path of a folder that holds "
            "tokenizer.json beside model.onnx, onnx/model.onnx or (BERT only) model.safetensors.",
            provider_name=call.row.name,
        ) from None
    prompt = ""
    if folder is not None:
        prompts = model.recipe.prompts
        _check(call, width=model.width, roles=prompts)
        prompt = prompts[call.options.input_type] if call.options.input_type else model.recipe.default_prompt
    return embed(
        model,
        batch.texts,
        indexes=batch.indexes,
        overflow=call.options.overflow or "error",
        normalize=bool(call.options.normalize),
        prompt=prompt,
    )


def _check(call: Call, *, width: int, roles: Collection[str]) -> None:
    options = call.options
    if options.dimensions not in (None, width):
        reason = f"{call.model} gives {width} values and is not a Matryoshka model: its vectors cannot be shortened."
        raise _unsupported("dimensions", reason)
    if options.input_type is not None and options.input_type not in roles:
        known = f"{call.model} knows {', '.join(sorted(roles))}" if roles else f"{call.model} defines no prompts"
        raise _unsupported("input_type", f"{known}. Leave it out, and put what the model expects into the texts.")


def _unsupported(name: str, reason: str) -> UnsupportedParameterError:
    return UnsupportedParameterError(name, "local", reason)
