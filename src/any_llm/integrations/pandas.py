"""`df.any_llm.embed("text", model=...)` in pandas: importing this module is all it takes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from any_llm.integrations import column


@pd.api.extensions.register_series_accessor("any_llm")
class SeriesEmbeddings:
    """What a Series of texts can do."""

    def __init__(self, series: pd.Series[Any]) -> None:
        """Keep it."""
        self._series = series

    def embed(self, model: str, **options: Any) -> pd.Series[Any]:
        """Embed each text; the arguments and errors are those of any_llm.embedding.

        Returns a Series with the same index, of arrays of shape (dimensions,); where the text is null, so is the
        vector. The arrays are rows of one matrix, so that `numpy.stack` of them is all it takes to have it again.
        """
        null = self._series.isna()
        texts = [None if none else text for text, none in zip(self._series, null, strict=True)]
        vectors, missing = column.embed(texts, model, options)
        cells = np.empty(len(vectors), dtype=object)
        cells[:] = [None if none else vector for vector, none in zip(vectors, missing, strict=True)]
        return pd.Series(cells, index=self._series.index, name=self._series.name)


@pd.api.extensions.register_dataframe_accessor("any_llm")
class DataFrameEmbeddings:
    """What a DataFrame can do."""

    def __init__(self, frame: pd.DataFrame) -> None:
        """Keep it."""
        self._frame = frame

    def embed(self, column: str, model: str, **options: Any) -> pd.Series[Any]:
        """Embed a column of texts, as Series.any_llm.embed does."""
        return SeriesEmbeddings(self._frame[column]).embed(model, **options)
