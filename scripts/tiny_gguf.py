"""The tiny BERT of tests/data as llama.cpp reads it: writes tests/data/tiny_bert.gguf.

Run it after scripts/tiny_bert.py, in an environment of its own, with gguf:

    python scripts/tiny_gguf.py
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gguf
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parent.parent / "tests" / "data" / "tiny_bert"
BEGINS_A_WORD = "\N{LOWER ONE EIGHTH BLOCK}"
"""Stands before a token that begins a word; one that goes on lacks its ##."""
CONTROL, UNKNOWN, NORMAL = gguf.TokenType.CONTROL, gguf.TokenType.UNKNOWN, gguf.TokenType.NORMAL


def main() -> None:
    """Write sizes, vocabulary and weights under llama.cpp's names."""
    config = json.loads((FOLDER / "config.json").read_text(encoding="utf-8"))
    writer = gguf.GGUFWriter(FOLDER.with_suffix(".gguf"), "bert")
    writer.add_name("tiny-bert")
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_layer_norm_eps(config["layer_norm_eps"])
    writer.add_causal_attention(False)  # noqa: FBT003  # positional there
    writer.add_pooling_type(gguf.PoolingType.MEAN)
    _vocabulary(writer)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.BERT, config["num_hidden_layers"])
    for name, values in _weights():
        # The pooler on top is not used for embeddings.
        if (known := names.get_name(name, try_suffixes=(".weight", ".bias"))) is not None:
            writer.add_tensor(known, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _vocabulary(writer: Any) -> None:
    tokenizer = json.loads((FOLDER / "tokenizer.json").read_text(encoding="utf-8"))
    special = {token["content"]: token["id"] for token in tokenizer["added_tokens"]}
    tokens, types = [], []
    for token in tokenizer["model"]["vocab"]:
        types.append(UNKNOWN if token == "[UNK]" else CONTROL if token in special else NORMAL)  # noqa: S105
        goes_on = token.removeprefix("##")
        tokens.append(token if token in special else goes_on if goes_on != token else BEGINS_A_WORD + token)
    writer.add_tokenizer_model("bert")
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_type_count(2)
    writer.add_bos_token_id(special["[CLS]"])
    writer.add_sep_token_id(special["[SEP]"])
    writer.add_unk_token_id(special["[UNK]"])
    writer.add_pad_token_id(special["[PAD]"])
    writer.add_mask_token_id(special["[MASK]"])


def _weights() -> Iterator[tuple[str, np.ndarray[Any, Any]]]:
    """Each tensor of the safetensors file."""
    data = (FOLDER / "model.safetensors").read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    for name, entry in header.items():
        start, stop = entry["data_offsets"]
        values = np.frombuffer(data[8 + length + start : 8 + length + stop], np.float32)
        yield name, values.reshape(entry["shape"])


if __name__ == "__main__":
    main()
