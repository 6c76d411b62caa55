"""What makes a vector what it is: two of one identity may be compared, kept side by side, and used for one another."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping  # noqa: TC003  # msgspec reads the annotations
from typing import Any, Literal

import msgspec

from any_llm.types.vectors import Dtype  # noqa: TC001  # as above

_DIGEST = 8
"""Bytes of a fingerprint."""


class EmbeddingIdentity(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """All that can change a vector, besides its text; and nothing else. None: nothing was asked for, or not known.

    A field that is at its default is no part of the fingerprint, so that one which is added later changes none.
    """

    model: str
    """Its one name, wherever it is offered, where that is known; else the name that was asked for."""
    revision: str | None = None
    """Which weights, and which words and tokens go in, where that is known: of a model in this process."""
    provider: str | None = None
    """Who runs it, where the model's name alone does not say what its vectors are."""
    host: str | None = None
    """Where, likewise: an address without scheme, login and query."""
    dimensions: int | None = None
    """Width asked for."""
    dimensions_by: Literal["provider", "client"] | None = None
    """Who is asked to give that width: the provider, or we by cutting."""
    dtype: Dtype = "float32"
    input_type: str | None = None
    """The text's role, in the word that reaches the model."""
    prompt: str | None = None
    """Words that are put before each text here."""
    overflow: Literal["error", "truncate", "mean"] | None = None
    """What becomes of an input longer than the model reads."""
    overflow_by: Literal["provider", "client"] | None = None
    input_tokens: int | None = None
    """Tokens up to which an input is whole, where we cut or average."""
    tokens_counted: bool = False
    """Whether a tokenizer says where we cut."""
    normalization: Literal["unit", "unit after a cut"] | None = None
    """Unit length; or that of vectors which were cut, where the model's own have it."""
    fields: Mapping[str, Any] = {}
    """The provider's own fields, by its names."""
    query: Mapping[str, str] = {}
    """What was added to the address of each request."""
    options: Mapping[str, Any] = {}
    """The client's options that only this provider has, where the model's name alone does not do."""

    def __hash__(self) -> int:
        """Agree with equality; mappings have no hash."""
        return hash(self.canonical())

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that are the same in every process and release, and others for any other identity."""
        return hashlib.blake2b(self.canonical(), digest_size=_DIGEST).hexdigest()

    def canonical(self) -> bytes:
        """The JSON that is hashed: sorted by name, defaults left out."""
        return msgspec.json.encode(self, order="deterministic")

    def as_dict(self) -> dict[str, Any]:
        """Return a new dict that JSON can carry, without what is at its default: to be stamped into a file."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found

    @classmethod
    def from_dict(cls, stamped: Mapping[str, Any]) -> EmbeddingIdentity:
        """Read what as_dict() gave. Raises ValueError for what is no identity, or a later release's."""
        return msgspec.convert(stamped, cls)

    def differences(self, other: EmbeddingIdentity) -> dict[str, tuple[Any, Any]]:
        """Name of each field in which they differ -> (here, there)."""
        pairs = {name: (getattr(self, name), getattr(other, name)) for name in self.__struct_fields__}
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
