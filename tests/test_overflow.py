"""What becomes of an input that is longer than the model reads: at every kind of provider, sync and async?"""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from any_llm import ContextLengthExceededError, InvalidRequestError, UnsupportedParameterError
from colours import COLOURS
from reader import AROUND, NAMES, NONE, Reader, Words, mean_of, vector_of

WINDOW = 64


def words(count: int, name: str = "word") -> str:
    """A text of so many tokens, without special ones; no two words are alike."""
    return " ".join(f"{name}{number}" for number in range(count))


LONG, FITS = words(200), words(WINDOW - AROUND, "fit")
INPUTS = ["short", LONG, FITS, "a short one too"]


def ask(call, server, inputs=INPUTS, *, provider="together", model="m", client: Any = None, **options):
    made = {"max_retries": 0, **(client or {})}
    return call(model, inputs, provider=provider, api_key="k", api_base=server.url, client_args=made, **options)


def close(result, expected):
    for item, vector in zip(result.data, expected, strict=True):
        assert item.embedding == pytest.approx(vector, abs=1e-6)


KNOWN = {"limits": {"input_tokens": WINDOW}}
EXACT = {**KNOWN, "tokenizer": Words()}
MEANS = [
    # how the server takes it, what the caller knows -> requests refused or cut, result.overflow
    (Reader(WINDOW), {}, 6, "unknown"),  # its words teach the window
    (Reader(WINDOW, NONE), {}, 9, "unknown"),  # halved until it fits
    (Reader(WINDOW), KNOWN, 0, "unknown"),  # so many words have no fewer tokens
    (Reader(WINDOW), EXACT, 0, "enforced"),
    (Reader(WINDOW, None), EXACT, 0, "enforced"),
    (Reader(WINDOW, None), KNOWN, 0, "unknown"),
    (Reader(WINDOW, None, counts=False), EXACT, 0, "enforced"),
]


@COLOURS
@pytest.mark.parametrize(("reader", "client", "wasted", "overflow"), MEANS)
def test_a_mean_is_that_of_the_pieces_and_nothing_is_split_that_fits(
    call, reader, client, *, wasted, overflow, loopback
):
    reader = Reader(reader.window, reader.words, counts=reader.counts)
    result = ask(call, loopback(reader), client=client, overflow="mean")
    if client is not EXACT:
        close(result, [vector_of("short"), mean_of(reader.pieces(LONG)), vector_of(FITS), vector_of("a short one too")])
    assert all(len(Words().encode(piece)) <= WINDOW for piece in reader.pieces(LONG))
    assert {"short", FITS, "a short one too"} <= set(reader.read)
    assert result.truncated == (1,)
    assert result.overflow == overflow
    assert len(reader.asked) - len([texts for texts in reader.asked if {*texts} <= {*reader.read}]) <= wasted
