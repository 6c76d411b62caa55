"""`Embed` for Daft: a class UDF, made once in each worker."""

from __future__ import annotations

from typing import Any

import daft
from daft import DataType, Series

from any_llm.integrations import column


@daft.cls
class Embed:
    """Embeds a column: `Embed(model)(df["text"])`. The arguments and errors are those of any_llm.embedding."""

    def __init__(self, model: str, **options: Any) -> None:
        """Keep them; nothing is sent yet."""
        self.model, self.options = model, options

    @daft.method.batch(return_dtype=DataType.list(DataType.float32()))
    def __call__(self, text: Series) -> Series:
        """Embed a batch into lists of numbers; where the text is null, so is the vector."""
        return Series.from_arrow(column.arrow(text.to_pylist(), self.model, self.options))
