"""How a call reaches a model that another library runs in this process: options checked, then one Run a batch.

What differs between those libraries is an Encoder, and how one is opened.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from any_llm.exceptions import (
    AnyLLMError,
    ContextLengthExceededError,
    InvalidRequestError,
    ProviderError,
    UnsupportedParameterError,
)
from any_llm.local.kept import kept
from any_llm.local.unloadable import why
from any_llm.providers.roles import Role, role
from any_llm.types.model import Model
from any_llm.types.vectors import Vectors
from any_llm.wire import Page, Part, Refusal, Run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np

    from any_llm.wire import Batch, Call, Reply

    Array = np.ndarray[Any, np.dtype[Any]]


class Count(NamedTuple):
    """Tokens of one text, as its model counts them."""

    all: int
    read: int
    """Fewer than `all` where the library would cut the text."""


class Encoder(Protocol):
    """A loaded model. Threads call it at once; who cannot bear that locks."""

    def role(self, asked: str) -> Role | None:
        """How the model's own files tell it of a role. None: they say nothing of roles.

        Raises UnsupportedParameterError for a role they do not have, when they have others.
        """

    def count(self, texts: Sequence[str], told: Role) -> Sequence[Count] | None:
        """Count each text, with the words of its role. None: it cannot tell, so a text may be cut and nobody knows."""

    def encode(self, texts: Sequence[str], counts: Sequence[Count], told: Role) -> Array:
        """Give (n, width) vectors as the library gives them; a text is cut only where its count says so."""


class LibraryAdapter:
    """Run, where the others Send."""

    def __init__(
        self,
        opened: Callable[[str, str | None, Mapping[str, Any]], Encoder],
        names: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        """Know how to open a model (its name, its folder if it is in one, the client's options), and to list them."""
        self._opened = opened
        self._names = names

    def encode(self, call: Call, batch: Batch) -> Run:
        """Give the work: a function that loads the model, if need be, and returns the batch's Part.

        Raises UnsupportedParameterError. So does the function, for a role that only the model's files can tell of; it
        also raises ContextLengthExceededError with the input's index, ModelNotFoundError, ProviderConnectionError when
        the model cannot be downloaded, InvalidRequestError when it cannot be loaded, MissingPackageError without the
        extra, ProviderError when the library fails.
        """
        provider, names, asked = call.row.name, call.row.names, call.options
        if own := [*call.extra, *call.query]:
            reason = "A model in this process has no fields of its own."
            raise UnsupportedParameterError(", ".join(sorted(own)), provider, reason)
        if asked.dimensions is not None:
            raise UnsupportedParameterError("dimensions", provider, "Its vectors are as wide as its model makes them.")
        if asked.dtype not in (None, "float32"):
            raise UnsupportedParameterError("dtype", provider, "A model in this process gives float32.")
        if asked.overflow not in (None, "error", *names.policies):
            known = ", ".join(("error", *names.policies))
            raise UnsupportedParameterError(f"overflow={asked.overflow!r}", provider, f"It knows {known}.")
        role(call.row, call.model, asked.input_type)
        return Run(lambda: self._run(call, batch))

    def decode(self, call: Call, reply: Part) -> Part:
        """Pass on what Run returned: it was made here, so there is nothing to decode."""
        return reply

    def explain(self, reply: Reply) -> Refusal:
        """Say that there is nothing to explain."""
        return Refusal(message="A model in this process sends no request that could be refused.")

    def models(self, call: Call, after: str | None) -> Run:
        """Name those that the library lists."""
        return Run(self._names)

    def listed(self, call: Call, reply: Sequence[str]) -> Page:
        """Wrap the names."""
        return Page([Model(id=name, created=0, owned_by=call.row.name) for name in reply])

    def _run(self, call: Call, batch: Batch) -> Part:
        import numpy as np  # noqa: PLC0415  # only a call that runs a model pays for it

        encoder, texts = self._load(call), list(batch.texts)
        told = _told(call, encoder)
        try:
            counts = encoder.count(texts, told)
            if call.options.overflow != "truncate":
                _refuse_cuts(call, batch, counts)
            vectors = np.ascontiguousarray(encoder.encode(texts, counts or (), told), "<f4")
        except AnyLLMError:
            raise
        except Exception as error:  # what its libraries raise has no common class below Exception
            raise ProviderError(f"could not run the model: {error}", error, call.row.name) from error
        _refuse_nothing(call, batch, np.any(vectors, axis=1))
        tokens = None if counts is None else sum(count.read for count in counts)
        made = Vectors(bytearray(vectors), vectors.shape[1])
        cut = [at for at, count in enumerate(counts or ()) if count.all > count.read]
        return Part(vectors=made, prompt_tokens=tokens, total_tokens=tokens, applied=told.applied, cut=cut)

    def _load(self, call: Call) -> Encoder:
        # A string of os.path's: Path's own is_dir raises for a name too long, or with a null byte in it.
        folder = str(Path(call.model).resolve()) if os.path.isdir(call.model) else None  # noqa: PTH112
        key = (call.row.name, folder or call.model, repr(sorted(call.client.items())))
        try:
            return kept(key, lambda: self._opened(call.model, folder, call.client))
        except AnyLLMError as error:
            error.provider_name = call.row.name  # what reads folders for all may not know for whom
            raise
        except Exception as error:
            raise why(error, call.row.name, call.model) from error


def _told(call: Call, encoder: Encoder) -> Role:
    """Ask the model's own files, then its name."""
    asked = call.options.input_type
    if asked is None:
        return Role()
    nameless = call.row._replace(names=call.row.names._replace(input_type=None))
    return encoder.role(asked) or role(nameless, call.model, asked)._replace(word=asked)


def _refuse_nothing(call: Call, batch: Batch, known: Array) -> None:
    """Refuse a zero vector, but for a blank text: a static model gives one where it knows no token."""
    for index, text, something in zip(batch.indexes, batch.texts, known, strict=True):
        if not something and text.strip():
            said = f"Input {index} has no token that {call.model} knows, so it has no vector."
            raise InvalidRequestError(said, provider_name=call.row.name, index=index)


def _refuse_cuts(call: Call, batch: Batch, counts: Sequence[Count] | None) -> None:
    if counts is None:
        said = f"{call.model} does not tell whether it cuts a text: pass overflow='truncate' if it may."
        raise InvalidRequestError(said, provider_name=call.row.name)
    for index, count in zip(batch.indexes, counts, strict=True):
        if count.all > count.read:
            raise ContextLengthExceededError(
                f"Input {index} has {count.all} tokens and {call.model} reads {count.read}: "
                "shorten it, or pass overflow='truncate'.",
                provider_name=call.row.name,
                index=index,
            )
