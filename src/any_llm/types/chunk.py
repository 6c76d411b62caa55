"""What a stream gives: some of its inputs, and their vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from any_llm.types.completion import CreateEmbeddingResponse


class Chunk(msgspec.Struct, frozen=True):
    """Inputs that follow one another in a stream: `result.data[k]` belongs to `inputs[k]`."""

    start: int
    """Position in the stream of the first of them."""
    inputs: Sequence[str]
    result: CreateEmbeddingResponse

    def __len__(self) -> int:
        """How many inputs."""
        return len(self.inputs)

    def __repr__(self) -> str:
        """Counts only: no text ever reaches a log."""
        return f"Chunk(start={self.start}, inputs=<{len(self.inputs)}>, result={self.result!r})"
