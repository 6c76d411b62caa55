"""How text becomes token ids: exact counts, and windows when there is more than a model reads at once."""

from __future__ import annotations

from typing import Any

from any_llm.exceptions import InvalidRequestError
from any_llm.local.extra import library


def open_tokenizer(source: bytes, limit: int | None) -> Any:
    """Read a tokenizer.json. It will cut into windows of at most `limit` tokens, special ones too, and never pad.

    Raises InvalidRequestError.
    """
    try:
        tokenizer = library("tokenizers").Tokenizer.from_buffer(source)
    except ValueError as error:
        raise InvalidRequestError(f"tokenizer.json cannot be read: {error}", error, "local") from error
    # The file's own settings are for training: all-MiniLM-L6-v2's would cut, and pad, every text to 128.
    tokenizer.no_padding()
    tokenizer.no_truncation()
    if limit is not None:
        if limit <= special_tokens(tokenizer):
            raise InvalidRequestError(f"{limit} tokens leave no room for text", provider_name="local")
        tokenizer.enable_truncation(limit)
    return tokenizer


def special_tokens(tokenizer: Any) -> int:
    """How many tokens stand around each window."""
    return int(tokenizer.num_special_tokens_to_add(is_pair=False))


def windows(tokenizer: Any, text: str) -> list[list[int]]:
    """Token ids of the text, window by window. Each holds the special tokens; there is always a first one."""
    # One text at a time: encode_batch starts threads of its own, which warn on stderr after a fork.
    encoding = tokenizer.encode(text)
    return [encoding.ids, *(rest.ids for rest in encoding.overflowing)]
