"""This package without a network: all of a call but the socket, through providers of its users' own.

One has OpenAI's shape and its reply at hand; the other knows every vector beforehand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from any_llm import aembedding, embedding, register_provider
from any_llm.providers.openai import adapter
from any_llm.providers.table import ROWS
from any_llm.types.vectors import Vectors
from any_llm.wire import Part, Refusal, Reply, Run
from clients import MODEL
from vectors import number_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from numpy.typing import NDArray

    from any_llm.wire import Batch, Call


TOKENS = 14
"""Of a text of vectors.texts(), by OpenAI's tokenizer."""


class Played:
    """OpenAI's shape, with the reply at hand: whatever is asked, `body` comes back."""

    body = b""

    def encode(self, call: Call, batch: Batch) -> Run:
        """Write the request, and send it nowhere."""
        adapter.encode(call, batch)
        return Run(lambda: Reply(200, {"content-type": "application/json"}, self.body))

    def decode(self, call: Call, reply: Reply) -> Part:
        """Read it."""
        return adapter.decode(call, reply)

    def explain(self, reply: Reply) -> Refusal:
        """Never asked."""
        return adapter.explain(reply)


def decode(**_: bool) -> Callable[[bytes, list[str]], NDArray[Any]]:
    """One reply to a matrix; whichever kind comes is taken."""
    played = Played()
    register_provider(ROWS["openai"]._replace(name="played", adapter=played, key_required=False))

    def call(body: bytes, texts: list[str]) -> NDArray[Any]:
        played.body = body
        return embedding(MODEL, texts, provider="played").to_numpy()

    return call


class AtOnce:
    """A provider in this process that knows all vectors beforehand; texts are those of vectors.texts(), in order."""

    def __init__(self, matrix: NDArray[Any]) -> None:
        """Row n is the vector of text n."""
        self.width = matrix.shape[1]
        self.rows = memoryview(matrix).cast("B")

    def encode(self, call: Call, batch: Batch) -> Run:
        """Cut them out."""
        size, first = 4 * self.width, number_of(batch.texts[0]) if len(batch) else 0
        return Run(lambda: Vectors(bytearray(self.rows[size * first : size * (first + len(batch))]), self.width))

    def decode(self, call: Call, reply: Vectors) -> Part:
        """Count as many tokens as such a text has: what a count shows of cut texts is looked at."""
        tokens = TOKENS * len(reply)
        return Part(vectors=reply, model=call.model, prompt_tokens=tokens, total_tokens=tokens)

    def explain(self, reply: Reply) -> Refusal:
        """Never asked."""
        return Refusal(message="nobody was asked")


def at_once(matrix: NDArray[Any]) -> Callable[[list[str]], NDArray[Any]]:
    """Many texts, one matrix, with nobody to wait for."""
    register_provider(ROWS["openai"]._replace(name="at-once", adapter=AtOnce(matrix), key_required=False))
    return lambda texts: embedding(MODEL, texts, provider="at-once").to_numpy()


def aat_once(matrix: NDArray[Any]) -> Callable[[list[str]], Awaitable[NDArray[Any]]]:
    """The same in a loop."""
    register_provider(ROWS["openai"]._replace(name="at-once", adapter=AtOnce(matrix), key_required=False))

    async def call(texts: list[str]) -> NDArray[Any]:
        return (await aembedding(MODEL, texts, provider="at-once")).to_numpy()

    return call
