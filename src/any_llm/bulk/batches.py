"""embed_batches() and aembed_batches(): record batches in, record batches with vectors out, for pipelines."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from any_llm import aembed_iter, embed_iter
from any_llm.bulk import reading
from any_llm.bulk.columns import vector_type as type_of
from any_llm.bulk.columns import vectors_column, with_columns
from any_llm.bulk.kept import SIZES
from any_llm.bulk.shards import text_of, texts_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator

    import pyarrow as pa

    from any_llm import Chunk
    from any_llm.bulk.columns import VectorType
    from any_llm.bulk.shards import Texts


def embed_batches(
    record_batches: Iterable[pa.RecordBatch],
    *,
    model: str,
    column: str = reading.TEXT,
    vector_type: VectorType = "fixed",
    on_error: Literal["keep", "stop"] = "keep",
    **options: Any,
) -> Iterator[pa.RecordBatch]:
    """Add `embedding` and `embedding_error` to each batch, in order. Equal texts of a batch are sent once.

    A job that shall survive its process is embed_file(). Batches are read on the thread that asks, no further ahead
    than requests can be under way. `options` are those of any_llm.embed_iter(), whose errors it raises.
    """
    pending = Pending(column, vector_type)

    def texts() -> Iterator[str]:
        for batch in record_batches:
            yield from pending.add(batch)

    for chunk in embed_iter(texts(), model, **_streamed(on_error, options)):
        yield from pending.ready(chunk)
    yield from pending.rest()


async def aembed_batches(
    record_batches: Iterable[pa.RecordBatch] | AsyncIterable[pa.RecordBatch],
    *,
    model: str,
    column: str = reading.TEXT,
    vector_type: VectorType = "fixed",
    on_error: Literal["keep", "stop"] = "keep",
    **options: Any,
) -> AsyncIterator[pa.RecordBatch]:
    """Do the same as embed_batches(), of either kind of iterable, for `async for`."""
    pending = Pending(column, vector_type)

    async def texts() -> AsyncIterator[str]:
        if hasattr(record_batches, "__aiter__"):
            async for batch in record_batches:
                for text in pending.add(batch):
                    yield text
        else:
            for batch in record_batches:
                for text in pending.add(batch):
                    yield text

    async for chunk in aembed_iter(texts(), model, **_streamed(on_error, options)):
        for batch in pending.ready(chunk):
            yield batch
    for batch in pending.rest():
        yield batch


def _streamed(on_error: str, options: dict[str, Any]) -> dict[str, Any]:
    reading.arrow()
    return {**options, "on_error": "raise" if on_error == "stop" else "collect", "ordered": True}


class Waiting(NamedTuple):
    """A batch that has not all its vectors."""

    batch: pa.RecordBatch
    found: Texts


class Pending:
    """Batches that were read, and vectors that came for them."""

    def __init__(self, column: str, kind: VectorType) -> None:
        """Nothing was read yet."""
        self._column, self._kind = column, kind
        self._batches: deque[Waiting] = deque()
        self._came: deque[tuple[bytes | None, str | None]] = deque()
        """Of each text, in order: its vector, or why it has none."""
        self._width, self._dtype = 0, "float32"

    def add(self, batch: pa.RecordBatch) -> list[str]:
        """Read a batch: the texts to send for it."""
        found = texts_of(text_of(batch, self._column))
        self._batches.append(Waiting(batch, found))
        return found.texts

    def ready(self, chunk: Chunk) -> Iterator[pa.RecordBatch]:
        """Take what came, and give the batches that are whole."""
        vectors, errors = chunk.result.vectors, chunk.result.errors
        if vectors.width:
            self._width, self._dtype = vectors.width, vectors.dtype
        for place in range(len(chunk)):
            why = errors.get(place)
            self._came.append((None, f"{type(why).__name__}: {why}") if why else (bytes(vectors.row(place)), None))
        while self._width and self._batches and len(self._batches[0].found.texts) <= len(self._came):
            yield self._next()

    def rest(self) -> Iterator[pa.RecordBatch]:
        """All texts have come: give what is left, which waited for a width."""
        while self._batches:
            yield self._next()

    def _next(self) -> pa.RecordBatch:
        import numpy as np  # noqa: PLC0415  # loaded already

        pa = reading.arrow()
        batch, (texts, slots) = self._batches.popleft()
        came = [self._came.popleft() for _ in texts]
        there = np.array([slot >= 0 and came[slot][0] is not None for slot in slots.tolist()], bool)
        size = self._width * SIZES.get(self._dtype, 1)
        rows = np.zeros((len(batch), size), np.uint8)
        if there.any():
            each = np.frombuffer(b"".join(row or bytes(size) for row, _ in came), np.uint8).reshape(-1, size)
            rows[there] = each[slots[there]]
        why = [came[slot][1] if slot >= 0 else f"there is no text in {self._column}" for slot in slots.tolist()]
        kind = type_of(self._width, self._dtype, self._kind)
        return pa.RecordBatch.from_arrays(
            [*batch.columns, vectors_column(rows, there, kind), pa.array(why, pa.string())],
            schema=with_columns(batch.schema, kind, {}),
        )
