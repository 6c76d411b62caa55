"""Models for the libraries that run them in this process, each in a folder: made here, downloaded from nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local_call import tiny_folder

if TYPE_CHECKING:
    from pathlib import Path

LONG = "a_word_of_more_letters_than_the_others"
WORDS = (
    "[UNK]",
    "[PAD]",
    "[CLS]",
    "Hello",
    "World",
    *(f"word{i}" for i in range(10)),
    *(f"word_of_some_letters_{i}" for i in range(20)),
    LONG,
)
"""To model2vec so many tokens have so many times the letters of the middle one."""
LISTED = "sentence-transformers/all-MiniLM-L6-v2"
"""A name that fastembed lists, and pools as the tiny folder is to be pooled."""


def onnx_folder(folder: Path, **changed: Any) -> Path:
    """Fill the folder with the tiny BERT as a graph, as fastembed wants it."""
    return tiny_folder(folder, "tokens.onnx", "model.onnx", **changed)


def static_folder(folder: Path, **settings: Any) -> Path:
    """Fill the folder with a static model of a few words, as model2vec saves it. It reads 6 tokens unless said."""
    import numpy as np
    from model2vec import StaticModel
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit
    from tokenizers.processors import TemplateProcessing

    tokenizer = Tokenizer(WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    tokenizer.post_processor = TemplateProcessing("[CLS] $A", special_tokens=[("[CLS]", WORDS.index("[CLS]"))])
    values = np.random.default_rng(7).normal(size=(len(WORDS), 8)).astype(np.float32)
    StaticModel(values, tokenizer, **{"max_length": 6, **settings}).save_pretrained(folder)
    return folder
