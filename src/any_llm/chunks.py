"""How is an iterable read? In chunks, by whoever asks for them, and never further than they are asked for."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from itertools import islice

from any_llm.exceptions import InvalidRequestError

CHUNK = 1024
"""Inputs a chunk holds when nobody said how many."""


def chunks(inputs: Iterable[str], size: int) -> Iterator[list[str]]:
    """Read so many at a time."""
    iterator = iter(inputs)
    while chunk := list(islice(iterator, size)):
        yield chunk


async def achunks(inputs: Iterable[str] | AsyncIterable[str], size: int) -> AsyncIterator[list[str]]:
    """Read so many at a time, of either kind of iterable."""
    if not isinstance(inputs, AsyncIterable):
        for chunk in chunks(inputs, size):
            yield chunk
        return
    held: list[str] = []
    async for text in inputs:
        held.append(text)
        if len(held) == size:
            yield held
            held = []
    if held:
        yield held


def readable(inputs: object, *kinds: type) -> None:
    """Refuse what cannot be read as texts. Raises InvalidRequestError."""
    if isinstance(inputs, str | bytes) or not isinstance(inputs, kinds):
        raise InvalidRequestError(f"inputs must be an iterable of str, not {type(inputs).__name__}.")
