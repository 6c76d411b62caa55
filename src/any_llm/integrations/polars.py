"""`pl.col("text").any_llm.embed(model=...)` in polars: importing this module is all it takes."""

from __future__ import annotations

from typing import Any

import polars as pl

from any_llm import embedding
from any_llm.integrations import column


@pl.api.register_series_namespace("any_llm")
class SeriesEmbeddings:
    """What a Series of texts can do."""

    def __init__(self, series: pl.Series) -> None:
        """Keep it."""
        self._series = series

    def embed(self, model: str, **options: Any) -> pl.Series:
        """Embed each text; the arguments and errors are those of any_llm.embedding.

        Returns a Series of Array(Float32, dimensions); where the text is null, so is the vector.
        """
        vectors, missing = column.embed(self._series.to_list(), model, options)
        made = pl.Series(self._series.name, vectors)
        return made.zip_with(pl.Series(~missing), pl.Series([None], dtype=made.dtype)) if missing.any() else made


@pl.api.register_dataframe_namespace("any_llm")
class DataFrameEmbeddings:
    """What a DataFrame can do."""

    def __init__(self, frame: pl.DataFrame) -> None:
        """Keep it."""
        self._frame = frame

    def embed(self, column: str, model: str, **options: Any) -> pl.Series:
        """Embed a column of texts, as Series.any_llm.embed does."""
        return SeriesEmbeddings(self._frame[column]).embed(model, **options)


@pl.api.register_expr_namespace("any_llm")
class ExpressionEmbeddings:
    """What an expression can do."""

    def __init__(self, expression: pl.Expr) -> None:
        """Keep it."""
        self._expression = expression

    def embed(self, model: str, **options: Any) -> pl.Expr:
        """Embed each text when the query runs, into Array(Float32, dimensions) if these are given, else List."""
        embedding(model, [], **options)  # raises what is wrong with them
        width = options.get("dimensions")
        kind = pl.Array(pl.Float32, width) if width else pl.List(pl.Float32)
        return self._expression.map_batches(
            lambda texts: SeriesEmbeddings(texts).embed(model, **options).cast(kind), kind, is_elementwise=True
        )
