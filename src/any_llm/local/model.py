"""What a loaded model is, and what must be known of one before it can be run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

Pooling = Literal["mean", "cls", "max"]


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """How token vectors become one vector, and how much text fits: what stands around the weights."""

    pooling: Pooling | None
    """None: not said, so only a graph that pools by itself can be run."""
    normalized: bool
    """Unit length is part of the model."""
    limit: int | None
    """Tokens a text, special ones too. None: not said."""
    pad: int = 0
    """Token id that fills up the shorter texts of a run."""
    lowercase: bool = False
    prompts: Mapping[str, str] = {}
    """What is put before a text, by role."""
    default_prompt: str = ""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A graph that onnxruntime has loaded."""

    runs: Any
    """The onnxruntime.InferenceSession; threads may call it at once."""
    inputs: Mapping[str, str]
    """The graph's inputs, each with the numpy name of its integer type."""
    output: str
    pooled: bool
    """The output is one vector a text, not one a token."""


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """A loaded model. Nothing in it changes, so threads share it."""

    name: str
    """As reported: the model's name, @, and the first 12 digits of the sha256 of its weights."""
    revision: str
    """Those digits, and for a folder eight more, of its tokenizer and of what stands around the weights."""
    recipe: Recipe
    session: Session
    tokenizer: Any
    """A tokenizers.Tokenizer that cuts into windows of at most `recipe.limit` tokens and never pads."""
    width: int
    """Values a vector."""
