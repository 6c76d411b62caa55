"""How many tokens a text has, exactly, by a tokenizer that is at hand; nothing is ever downloaded."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from any_llm.exceptions import InvalidRequestError
from any_llm.local.extra import library

if TYPE_CHECKING:
    from collections.abc import Callable

FILE = "tokenizer.json"


def counter(tokenizer: object) -> Callable[[str], int]:
    """Make the function that counts a text's tokens, special ones too.

    `tokenizer` is the path of a tokenizer.json or of its folder, a `tokenizers.Tokenizer`, or whatever has an
    `encode(text)` that gives ids: a `tiktoken.Encoding`, a tokenizer of transformers. It is left as it is. Raises
    InvalidRequestError, and MissingPackageError for a path where `tokenizers` is not installed.
    """
    if isinstance(tokenizer, str | os.PathLike):
        tokenizer = _open(Path(tokenizer))
    if hasattr(tokenizer, "no_truncation"):
        tokenizer = _whole(tokenizer)
    # tiktoken's encode refuses a text that looks like a special token.
    encode = getattr(tokenizer, "encode_ordinary", None) or getattr(tokenizer, "encode", None)
    if encode is None or not _gives_ids(encode):
        kind = type(tokenizer).__name__
        raise InvalidRequestError(f"tokenizer must be a path, or have an encode(text) that gives ids; {kind} has not.")
    return lambda text: len(encode(text))


def _open(path: Path) -> Any:
    path = path / FILE if path.is_dir() else path
    try:
        return library("tokenizers", "tokens").Tokenizer.from_buffer(path.read_bytes())
    except OSError as error:
        said = f"tokenizer: {path} cannot be read ({error.strerror}), and none is downloaded."
        raise InvalidRequestError(said, error) from error
    except ValueError as error:
        raise InvalidRequestError(f"tokenizer: {path} is no {FILE}: {error}", error) from error


def _whole(tokenizer: Any) -> Any:
    """A copy that neither cuts nor pads: the file's own settings are for training."""
    copied = type(tokenizer).from_str(tokenizer.to_str())
    copied.no_truncation()
    copied.no_padding()
    return copied


def _gives_ids(encode: Any) -> bool:
    """Whether it is a tokenizer's: an embedding model has an `encode` too."""
    ids = encode("a")
    ids = getattr(ids, "ids", ids)
    return isinstance(ids, list) and all(isinstance(each, int) for each in ids)
