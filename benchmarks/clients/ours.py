"""This package, as its users call it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from any_llm import AnyLLM, aembedding, embedding
from clients import AT_ONCE, BATCH, KEY, MODEL

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from numpy.typing import NDArray

    Vector = list[float]


def embed(url: str) -> Callable[[str], Vector]:
    """One text, one list."""
    return lambda text: embedding(MODEL, text, provider="openai", api_key=KEY, api_base=url).data[0].embedding


def embed_kept(url: str) -> Callable[[str], Vector]:
    """The same by a client that is kept."""
    client = AnyLLM.create("openai", KEY, url)
    return lambda text: client.embedding(MODEL, text).data[0].embedding


def aembed(url: str) -> Callable[[str], Awaitable[Vector]]:
    """One text, one list, in a loop."""

    async def call(text: str) -> Vector:
        return (await aembedding(MODEL, text, provider="openai", api_key=KEY, api_base=url)).data[0].embedding

    return call


def aembed_kept(url: str) -> Callable[[str], Awaitable[Vector]]:
    """The same by a client that is kept."""
    client = AnyLLM.create("openai", KEY, url)

    async def call(text: str) -> Vector:
        return (await client.aembedding(MODEL, text)).data[0].embedding

    return call


def matrix(url: str) -> Callable[[list[str]], NDArray[Any]]:
    """Many texts, one matrix."""
    call = partial(embedding, MODEL, provider="openai", api_key=KEY, api_base=url)
    return lambda texts: call(texts).to_numpy()


def amatrix(url: str) -> Callable[[list[str]], Awaitable[NDArray[Any]]]:
    """Many texts, one matrix, in a loop."""

    async def call(texts: list[str]) -> NDArray[Any]:
        return (await aembedding(MODEL, texts, provider="openai", api_key=KEY, api_base=url)).to_numpy()

    return call


def local() -> Callable[[list[str]], NDArray[Any]]:
    """The model in this package's local extra."""
    return lambda texts: embedding("all-MiniLM-L6-v2", texts, provider="local").to_numpy()


def file(url: str) -> Callable[[Path], Path]:
    """A file of texts into one of vectors: a job, with its journal."""
    from any_llm.bulk import embed_file  # needs pyarrow, which the other calls do without

    def call(source: Path) -> Path:
        output = source.with_name("ours.parquet")
        embed_file(
            source, output, model=MODEL, provider="openai", api_key=KEY, api_base=url, batch_size=BATCH,
            client_args={"max_concurrency": AT_ONCE}, restart=True,
        )  # fmt: skip
        return output

    return call


def resume(folder: str) -> Callable[[int], int]:
    """Read the journals of a job that was killed: of so many shards, an entry a text."""
    from any_llm.bulk.journal import Journal
    from any_llm.bulk.kept import Kept
    from any_llm.bulk.replay import Facts
    from any_llm.bulk.shards import SHARD_ROWS

    path = Path(folder) / "000000.journal"
    with Journal(path) as journal:
        for slot in range(SHARD_ROWS):
            journal.append(Facts([slot], 4, tokens=5, usd=1e-7, requests=1), memoryview(bytes(16)))

    def call(shards: int) -> int:
        found = 0
        for _ in range(shards):
            with Journal(path) as journal:
                found += SHARD_ROWS - len(Kept(journal, SHARD_ROWS).missing())
        return found

    return call
