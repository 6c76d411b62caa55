"""What a provider can do, by any-llm's field names."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

import msgspec

from any_llm.providers.row import Kind  # noqa: TC001  # read at run time, to validate
from any_llm.types.record import Record, checked

__all__ = ["Evidence", "ProviderMetadata"]

Proof = Literal["docs", "sdk", "server", "live"]
"""The example of its documentation, its SDK's own requests, its real software run here, its paid endpoint."""


class Evidence(Record, msgspec.Struct, kw_only=True):
    """One way in which a provider was proven: what is said of it was held against this, by a test."""

    _fields: ClassVar[dict[str, Any]] = {}

    kind: Proof
    by: str
    """The page, where the kind is "docs"; else the distribution on PyPI."""
    version: str | None = None
    """Of that distribution."""
    date: str
    """ISO date on which the page was read, or the version recorded."""


class ProviderMetadata(Record, msgspec.Struct, kw_only=True):
    """One provider. Fields, order and defaults are any-llm 1.40's; what we never do is False; ours stand last."""

    _fields: ClassVar[dict[str, Any]] = {}

    name: str
    tier: Literal["verified", "community"] = "community"
    env_key: str
    """The variable that holds its key."""
    env_api_base: str | None = None
    """The variable that holds its address, where there is one."""
    doc_url: str
    streaming: bool = False
    reasoning: bool = False
    completion: bool = False
    embedding: bool
    moderation: bool = False
    responses: bool = False
    image: bool = False
    pdf: bool = False
    class_name: str
    list_models: bool = False
    messages: bool = False
    messages_native: bool = False
    batch_completion: bool = False
    image_generation: bool = False
    image_edit: bool = False
    audio_transcription: bool = False
    audio_speech: bool = False
    rerank: bool = False
    decide: bool = False
    files: bool = False
    file_operations: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    """How far what is said here was proven, the weakest proof first; nothing, for a provider of your own."""
    kind: Kind = "cloud"

    @classmethod
    def model_validate(
        cls, obj: Any, *, strict: bool | None = None, from_attributes: bool | None = None, context: Any = None
    ) -> Self:
        """Read a mapping or an instance. Raises ValueError."""
        del strict, context
        if hasattr(obj, "model_dump") and not isinstance(obj, cls):
            obj = obj.model_dump()
        return checked(obj, cls, cls.__name__, from_attributes=bool(from_attributes))


for _noun in (Evidence, ProviderMetadata):
    _noun._fields = dict.fromkeys(_noun.__struct_fields__)  # names are all a dump needs
