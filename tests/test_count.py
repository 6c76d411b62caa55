"""How many tokens has a text, exactly? Whatever tokenizer is at hand counts as its makers' own library does."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import tokenizers

import any_llm.local
from any_llm.exceptions import InvalidRequestError
from any_llm.local.count import counter
from local_call import TINY
from test_local_process import in_a_process

FILE = Path(any_llm.local.__file__).with_name("data") / "tokenizer.json"
LONG = "a truly long text " * 500
TEXTS = [
    # text -> tokens of all-MiniLM-L6-v2, [CLS] and [SEP] among them
    ("", 2),
    ("a", 3),
    ("hello world", 4),
    ("[SEP]", 3),
    ("人人生而自由", 8),
    (LONG, 4 * 500 + 2),  # the file asks for 128 at most
]


class Ranks:
    """As a tiktoken.Encoding: byte by byte."""

    def encode(self, text: str) -> list[int]:
        assert "<|" not in text
        return self.encode_ordinary(text)

    def encode_ordinary(self, text: str) -> list[int]:
        return list(text.encode())


class Pieces:
    """As a tokenizer of transformers, or of sentencepiece."""

    def encode(self, text: str) -> list[int]:
        return [1, *range(len(text.split()))]


@pytest.mark.parametrize(("text", "tokens"), TEXTS)
@pytest.mark.parametrize("given", [FILE, str(FILE), FILE.parent, tokenizers.Tokenizer.from_file(str(FILE))],
                         ids=["path", "str", "folder", "Tokenizer"])  # fmt: skip
def test_every_token_is_counted(given: object, text: str, tokens: int):
    assert counter(given)(text) == tokens


OTHERS = [(Ranks(), "<|endoftext|>", 13), (Pieces(), "two words", 3), (TINY, "", 2)]


@pytest.mark.parametrize(("given", "text", "tokens"), OTHERS)
def test_other_tokenizers_count_as_they_do(given: object, text: str, tokens: int):
    assert counter(given)(text) == tokens


def test_a_tokenizer_is_left_as_it_is():
    given = tokenizers.Tokenizer.from_file(str(FILE))
    before = given.to_str()
    counter(given)(LONG)
    assert given.to_str() == before
    assert given.truncation["max_length"] == 128


class Model:
    """As a SentenceTransformer: its `encode` gives numbers of another kind."""

    def encode(self, text: str) -> list[float]:
        return [0.5]


class Codec:
    """Its `encode` gives bytes, which are numbers too."""

    def encode(self, text: str) -> bytes:
        return text.encode()


WRONG = [
    (FILE.with_name("none.json"), "cannot be read (No such file or directory), and none is downloaded"),
    ("BAAI/bge-m3", "none is downloaded"),
    (FILE.parent.parent, "cannot be read"),
    (__file__, "is no tokenizer.json"),
    (None, "NoneType has not"),
    (b"tokenizer.json", "bytes has not"),
    (512, "int has not"),
    (Model(), "Model has not"),
    (Codec(), "Codec has not"),
]


@pytest.mark.parametrize(("given", "said"), WRONG)
def test_what_is_no_tokenizer(given: Any, said: str):
    with pytest.raises(InvalidRequestError) as caught:
        counter(given)
    assert said in caught.value.message


def test_without_the_extra_a_path_asks_for_it():
    printed = in_a_process(
        "sys.modules['tokenizers'] = None\n"
        "from any_llm.local.count import counter\n"
        f"try: counter({str(FILE)!r})\n"
        "except ImportError as error: print(type(error).__name__, error)"
    )
    assert printed.startswith("MissingPackageError [tokens]")
    assert printed.endswith('pip install "omniembed[tokens]"')


def test_nothing_is_imported_before_there_is_a_path():
    code = "from any_llm.local import count; print({'tokenizers', 'onnxruntime', 'numpy'} & {*sys.modules})"
    assert in_a_process(code) == "set()"
    assert "tokenizers" in sys.modules
