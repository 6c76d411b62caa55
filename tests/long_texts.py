"""Texts of every density, and two real tokenizers to count them: WordPiece (ours) and byte pairs (Qwen's)."""

from __future__ import annotations

import base64
import importlib.util
import random
import string
from pathlib import Path
from typing import Any

import tiktoken
from tokenizers import Tokenizer

import any_llm

draw = random.Random(4)  # noqa: S311  # the same texts each time
QWEN = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def _wordpiece() -> Any:
    tokenizer = Tokenizer.from_file(str(Path(any_llm.__file__).parent / "local/data/tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids)


def _byte_pairs() -> Any:
    # The file is dashscope's; importing dashscope itself takes a second.
    folder = importlib.util.find_spec("dashscope").submodule_search_locations[0]
    lines = (Path(folder) / "resources/qwen.tiktoken").read_bytes().splitlines()
    ranks = {base64.b64decode(word): int(rank) for word, rank in map(bytes.split, filter(None, lines))}
    encoding = tiktoken.Encoding("qwen", pat_str=QWEN, mergeable_ranks=ranks, special_tokens={})
    return lambda text: len(encoding.encode_ordinary(text))


TOKENIZERS = {"wordpiece": _wordpiece(), "qwen": _byte_pairs()}
"""Tokens of a text, without special ones."""


def _some(characters: str, count: int) -> str:
    return "".join(draw.choices(characters, k=count))


def _block(first: int, last: int, count: int) -> str:
    return "".join(chr(draw.randrange(first, last)) for _ in range(count))


def _words(words: str, count: int) -> str:
    return " ".join(draw.choices(words.split(), k=count))


KINDS = {
    "prose": ". ".join(
        _words("the weather was unusually pleasant and everybody went outside to enjoy it", 12) for _ in range(150)
    ),
    "german": _words(
        "die Geschwindigkeitsbegrenzung überrascht den freundlichen Straßenbahnfahrer außerordentlich", 900
    ),
    "zulu": _words("ngiyabonga kakhulu umntwana uyathanda ukufunda izincwadi ezintsha nsuku zonke", 900),
    "code": "\n".join(
        f"    if value_{n % 7}[{n}] is None:\n        return self._other(name={n!r}, *args)" for n in range(150)
    ),
    "minified": ",".join(f'{{"k{n}":[{n * 3.7},{{"x":null}}]}}' for n in range(400)),
    "numbers": "\n".join(",".join(f"{draw.uniform(-99, 99):.6f}" for _ in range(8)) for _ in range(150)),
    "single digits": " ".join(_some(string.digits, 4000)),
    "log": "\n".join(
        f"2026-11-22T13:{n % 60:02d}:09.{n:03d}Z INFO [w-{n % 9}] GET /v1/items/{n * 7919} 200" for n in range(150)
    ),
    "hex": draw.randbytes(4000).hex(),
    "base64": base64.b64encode(draw.randbytes(6000)).decode(),
    "dna": _some("acgt", 8000),
    "letters": _some(string.ascii_letters, 8000),
    "unlikely letters": "qzqx" * 2000,
    "single letters": " ".join(_some(string.ascii_lowercase, 4000)),
    "punctuation": _some(string.punctuation, 8000),
    "blanks": "".join(f"{' ' * (n % 20)}x\t\n" for n in range(600)),
    "russian": _words("сегодня погода была необыкновенно хорошей и все вышли погулять", 600),
    "chinese": "。".join(_some("今天的天气非常好我们都到外面去散步了", 14) for _ in range(200)),
    "rare ideographs": _block(0x4E00, 0x9FA5, 3000),
    "rarer ideographs": _block(0x20000, 0x2A6D0, 2000),
    "japanese": "。".join(_some("今日はとても良い天気なのでみんなで外へ散歩に行きました", 20) for _ in range(150)),
    "korean": _words("오늘은 날씨가 매우 좋아서 우리는 모두 밖으로 산책을 나갔다", 600),
    "thai": _some("วันนี้อากาศดีมากพวกเราออกไปเดินเล่นข้างนอก", 3000),
    "amharic": _words("ዛሬ የአየሩ ሁኔታ በጣም ጥሩ ነው ሁላችንም ወጣን", 600),
    "emoji": _block(0x1F300, 0x1F64F, 2000),
    "families": "👨‍👩‍👧‍👦🏳️‍🌈👩🏽‍💻" * 150,
    "accents": "".join("e" + _block(0x300, 0x36F, 5) for _ in range(500)),
    "private": _block(0xE000, 0xF8FF, 2500),
    "control": _some("\x00\x01\x02\x07\x1b", 4000),
}
