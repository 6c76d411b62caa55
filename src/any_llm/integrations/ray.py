"""`Embed` for Ray Data: `ds.map_batches(Embed, batch_format="pyarrow", ...)`, a client in each actor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from any_llm.integrations import column

if TYPE_CHECKING:
    import pyarrow as pa


class Embed:
    """Adds a column of vectors; the arguments, by `fn_constructor_kwargs`, are those of any_llm.embedding."""

    def __init__(self, text: str, model: str, *, output: str = "embedding", **options: Any) -> None:
        """Take the names of the column of texts and of the one to add."""
        self.text, self.model, self.output, self.options = text, model, output, options

    def __call__(self, batch: pa.Table) -> pa.Table:
        """Embed a batch. Where the text is null, so is the vector. Raises AnyLLMError."""
        if not hasattr(batch, "column_names"):
            raise TypeError(f'Embed takes batches of Arrow, not {type(batch).__name__}: pass batch_format="pyarrow".')
        vectors = column.arrow(batch[self.text].to_pylist(), self.model, self.options)
        return batch.append_column(self.output, vectors)
