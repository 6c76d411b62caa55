"""What happens between the texts and the vectors? One call into the library, with a sign of life on a terminal."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from any_llm.cli.inputs import Texts
    from any_llm.cli.options import ModelOptions
    from any_llm.types.completion import CreateEmbeddingResponse

LONG = 64
"""Texts from which on the wait is worth a word."""


def embed(given: Texts, options: ModelOptions) -> CreateEmbeddingResponse:
    """Embed the texts in one call: slices, for a bar, would each wait for their slowest request."""
    from any_llm import embedding  # noqa: PLC0415  # --help needs no library
    from any_llm.exceptions import AnyLLMError  # noqa: PLC0415

    try:
        with waiting(len(given.texts), options.model):
            return embedding(inputs=given.texts, **options.keywords())
    except AnyLLMError as error:
        if error.index is not None:
            error.add_note(f"That is {given.place(error.index)}.")
        raise


@contextmanager
def waiting(count: int, model: str) -> Iterator[None]:
    """Show on stderr, where that is a terminal, what is being waited for and for how long already."""
    if count < LONG or sys.stderr is None or not sys.stderr.isatty():
        yield
        return
    from rich.console import Console  # noqa: PLC0415  # only who waits pays for it
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        progress.add_task(f"Embedding {count:,} texts with {model}", total=None)
        yield
