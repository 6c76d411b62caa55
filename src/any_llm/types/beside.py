"""What of a response is ours, and stands beside the dump, which has exactly OpenAI's keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from any_llm.exceptions import AnyLLMError
    from any_llm.providers.row import Applied
    from any_llm.types.identity import EmbeddingIdentity
    from any_llm.types.requests import Requests

Overflow = Literal["enforced", "detected", "unknown"]


class Beside(TypedDict, total=False):
    """Names and types."""

    provider: str | None
    request_ids: tuple[str, ...]
    input_type_applied: Applied | None
    dimensions_by: Literal["provider", "client"] | None
    errors: Mapping[int, AnyLLMError]
    requests: Requests
    truncated: tuple[int, ...]
    overflow: Overflow
    identity: EmbeddingIdentity | None


BESIDE = tuple(Beside.__annotations__)
