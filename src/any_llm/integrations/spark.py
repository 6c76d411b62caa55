"""`embed_udf` for Spark's `df.mapInArrow`: partitions are embedded a batch of Arrow at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from any_llm.integrations import column

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa


def embed_udf(
    text: str, model: str, *, output: str = "embedding", **options: Any
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """Make a function that adds a column of vectors, of Spark's type array<float>.

    `text` and `output` are the names of the column of texts and of the one to add. `options` are those of
    any_llm.embedding: what they hold travels to the executors. Where the text is null, so is the vector. Spark shows
    our error in the PythonException it raises.
    """

    def embed(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            vectors = column.arrow(batch.column(text).to_pylist(), model, options, fixed=False)  # it knows no others
            yield batch.append_column(output, vectors)

    return embed
