"""Which names may mean the same model? Hosts, folders, tags and file formats each write it their own way."""

from __future__ import annotations

import re

_SNAPSHOT = re.compile(r"models--[^/]*--([^/]+)/snapshots(?:/|$)")
"""The hub's own cache: the last folder there is a hash."""
_REGION = re.compile(r"^(?:us|us-gov|eu|apac|global|jp|au|ca)\.(?=[a-z0-9]+\.)")
"""AWS: us.cohere.embed-v4:0 is cohere.embed-v4:0 through an inference profile."""
_FORMAT = re.compile(r"[-_.](?:gguf|onnx|mlx|awq|gptq|qat|q|quantized|i?q\d\w*|u?int8|\d+bit|fp?\d\d|bf16|fp8)$")
"""What says how the weights are stored, not which they are."""
_SIZE = re.compile(r"-(\d+)[p-](\d+)b$")
"""Fireworks writes 0.6b as 0p6b, Databricks as 0-6b."""
_BEFORE = (
    *("text-embedding-", "databricks-", "intfloat-", "baai-", "sentence-transformers-", "nomic-ai-", "mixedbread-ai-"),
    "jinaai-",
)
"""LM Studio and Venice put "text-embedding-" before every name, Databricks itself; others put the maker's."""


def spellings(model: str) -> tuple[str, ...]:
    """Names to look a model up by, the one that says most first: lower case, without path, maker or file format.

    `qwen3-embedding:0.6b` gives qwen3-embedding-0.6b and qwen3-embedding; `hf.co/BAAI/bge-m3-GGUF:Q4_K_M` bge-m3.
    """
    path = model.strip().lower().replace("\\", "/").rstrip("/")
    cached = _SNAPSHOT.search(path)
    last = _REGION.sub("", cached[1] if cached else path.rpartition("/")[2])
    name, _, tag = last.replace("@", ":").partition(":")
    found: dict[str, None] = {}
    for written in (f"{name}-{tag}", name) if tag else (name,):
        plain = _plain(written)
        found[plain] = None
        for before in _BEFORE:
            if plain.startswith(before):
                found[plain.removeprefix(before)] = None
    return tuple(name for name in found if name)


def _plain(name: str) -> str:
    while (shorter := _FORMAT.sub("", name)) != name:
        name = shorter
    return _SIZE.sub(r"-\1.\2b", name)
