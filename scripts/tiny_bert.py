"""A BERT of 20 kB with random weights, and what sentence-transformers makes of it: writes tests/data/tiny_bert.

Run it in an environment of its own, with torch, sentence-transformers, transformers and onnx:

    python scripts/tiny_bert.py
"""

from __future__ import annotations

import json
import shutil
import string
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing
from transformers import BertConfig, BertModel, BertTokenizerFast

FOLDER = Path(__file__).parent.parent / "tests" / "data" / "tiny_bert"
LONGEST = 20
TEXTS = ("a", "cab", "Bad cab, bad!", "the cat sat on the mat", "", "x " * 30)
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def main() -> None:
    """Write the folder as sentence-transformers saves it, graphs that torch exports, and expected.json."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    with TemporaryDirectory() as folder:
        transformer = _transformer(Path(folder))
    width = transformer.get_embedding_dimension()
    expected: dict[str, Any] = {"texts": TEXTS}
    for mode in ("cls", "max", "mean"):
        model = SentenceTransformer(modules=[transformer, Pooling(width, mode)], device="cpu")
        expected[mode] = model.encode(list(TEXTS)).tolist()
    prompts = {"query": "the cat: ", "document": ""}
    model = SentenceTransformer(
        modules=[transformer, Pooling(width, "mean"), Normalize()], device="cpu", prompts=prompts
    )
    expected["normalized"] = model.encode(list(TEXTS)).tolist()
    expected["query"] = model.encode_query(list(TEXTS)).tolist()
    model.save(str(FOLDER), create_model_card=False)
    _export(transformer.auto_model, pooled=False)
    _export(transformer.auto_model, pooled=True)
    (FOLDER / "expected.json").write_text(json.dumps(expected), encoding="utf-8")


def _transformer(folder: Path) -> Transformer:
    letters = [*string.ascii_lowercase, *(f"##{letter}" for letter in string.ascii_lowercase)]
    vocabulary = [*SPECIAL, *letters, ",", "!", ":", "the", "cat", "mat"]
    tokenizer = Tokenizer(WordPiece({word: i for i, word in enumerate(vocabulary)}, unk_token="[UNK]"))  # noqa: S106
    tokenizer.normalizer = BertNormalizer()
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.post_processor = TemplateProcessing(
        "[CLS] $A [SEP]", "[CLS] $A [SEP] $B [SEP]", [("[CLS]", 2), ("[SEP]", 3)]
    )
    BertTokenizerFast(tokenizer_object=tokenizer, model_max_length=LONGEST).save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=24,
        max_position_embeddings=32,
    )
    model = BertModel(config)
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.5)
    model.save_pretrained(folder)
    return Transformer(str(folder), max_seq_length=LONGEST)


class _Graph(torch.nn.Module):
    def __init__(self, bert: BertModel, *, pooled: bool) -> None:
        super().__init__()
        self.bert, self.pooled = bert, pooled

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, types: torch.Tensor | None = None) -> torch.Tensor:
        hidden = self.bert(input_ids=ids, attention_mask=mask, token_type_ids=types).last_hidden_state
        weights = mask.unsqueeze(-1).to(hidden.dtype)
        return (hidden * weights).sum(1) / weights.sum(1) if self.pooled else hidden


def _export(bert: BertModel, *, pooled: bool) -> None:
    """Write tokens.onnx, which takes token_type_ids, or pooled.onnx, which does not."""
    inputs = ["input_ids", "attention_mask", *([] if pooled else ["token_type_ids"])]
    output = "sentence_embedding" if pooled else "last_hidden_state"
    free = {name: {0: "n", 1: "tokens"} for name in inputs}
    free[output] = {0: "n"} if pooled else {0: "n", 1: "tokens"}
    ones = torch.ones(2, 5, dtype=torch.long)
    bert.config._attn_implementation = "eager"  # noqa: SLF001  # what the exporter can follow
    torch.onnx.export(
        _Graph(bert, pooled=pooled).eval(),
        (ones, ones) if pooled else (ones, ones, ones * 0),
        str(FOLDER / ("pooled.onnx" if pooled else "tokens.onnx")),
        input_names=inputs,
        output_names=[output],
        dynamic_axes=free,
        opset_version=17,
        dynamo=False,
    )


if __name__ == "__main__":
    main()
