"""What does a result look like? A few lines for a person; JSON, JSON lines, CSV or NPY for a program."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Literal, get_args

from any_llm.cli.failure import USAGE, Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from any_llm.types.completion import CreateEmbeddingResponse

Format = Literal["text", "json", "jsonl", "csv", "npy"]
SUFFIXES: dict[str, Format] = {".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".npy": "npy"}

SHOWN_TEXTS = 20
SHOWN_VALUES = 6
LABEL = 32
"""Columns of a terminal that a text may take."""


def choose(asked: Format | None, output: Path | None, *, terminal: bool) -> Format:
    """Take the format asked for, else the one the file's suffix means, else text."""
    found = asked or ("text" if output is None else SUFFIXES.get(output.suffix.lower()))
    if found is None:
        known = ", ".join(SUFFIXES)
        raise Failure(f"the name {output} tells no format ({known} do): pass --format.", code=USAGE)
    if found == "npy" and output is None and terminal:
        raise Failure("npy is binary and would garble the terminal: add --output FILE, or a pipe.", code=USAGE)
    return found


def write(stream: BinaryIO, response: CreateEmbeddingResponse, texts: Sequence[str], *, format: Format) -> None:  # noqa: A002  # the option's name
    """Write the result of these texts."""
    if format == "npy":
        import numpy as np  # noqa: PLC0415  # only who asks for arrays waits for it

        np.save(stream, response.to_numpy(), allow_pickle=False)
        return
    stream.writelines(chunk.encode() for chunk in WRITERS[format](response, texts))


def headline(response: CreateEmbeddingResponse) -> str:
    """Say in one line which model it was, how wide its vectors are and what they cost."""
    count, width = response.to_numpy().shape
    usage = response.usage
    tokens = {
        "measured": _many(usage.total_tokens, "token"),
        "estimated": f"about {_many(usage.total_tokens, 'token')} (estimated)",
    }.get(usage.source, "tokens unknown")
    return f"{response.provider}:{response.model}  {_many(count, 'text')}  {width} wide  {tokens}\n"


def label(text: str, columns: int = LABEL) -> str:
    """Shorten and pad a text to so many columns, without what a terminal would obey."""
    from rich.cells import cell_len, set_cell_size  # noqa: PLC0415  # the command alone needs it

    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return set_cell_size(plain, columns) if cell_len(plain) <= columns else set_cell_size(plain, columns - 1) + "…"


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _text(response: CreateEmbeddingResponse, texts: Sequence[str]) -> Iterator[str]:
    yield headline(response)
    rows = response.to_numpy()[:SHOWN_TEXTS, :SHOWN_VALUES]
    more = " ..." if response.to_numpy().shape[1] > SHOWN_VALUES else ""
    for text, row in zip(texts, rows, strict=False):
        shown = (f"{value: .4f}" if row.dtype.kind == "f" else f"{value:4d}" for value in row)
        yield f"{label(text)} {' '.join(shown)}{more}\n"
    if len(texts) > SHOWN_TEXTS:
        yield f"... and {len(texts) - SHOWN_TEXTS:,} more; --format jsonl, csv or npy gives every value\n"


def _json(response: CreateEmbeddingResponse, texts: Sequence[str]) -> Iterator[str]:
    del texts
    yield response.model_dump_json()
    yield "\n"


def _jsonl(response: CreateEmbeddingResponse, texts: Sequence[str]) -> Iterator[str]:
    del texts
    for index, values in _digits(response):
        yield f'{{"index":{index},"embedding":[{values}]}}\n'


def _csv(response: CreateEmbeddingResponse, texts: Sequence[str]) -> Iterator[str]:
    """Write a heading first: a reader that expects one (pandas) would lose the first vector without a word."""
    del texts
    width = response.to_numpy().shape[1]
    yield ",".join(["index", *map(str, range(width))]) + "\n"
    for index, values in _digits(response):
        yield f"{index},{values}\n"


def _digits(response: CreateEmbeddingResponse) -> Iterator[tuple[int, str]]:
    """Write each vector with the shortest digits that give the same float32."""
    for index, row in enumerate(response.to_numpy()):
        yield index, ",".join(row.astype(str))


WRITERS: dict[str, Callable[[CreateEmbeddingResponse, Sequence[str]], Iterator[str]]] = {
    "text": _text,
    "json": _json,
    "jsonl": _jsonl,
    "csv": _csv,
}
assert {"npy", *WRITERS} == set(get_args(Format))
