"""A folder that cannot be run, or not as asked, says why: never a vector that may be wrong."""

from __future__ import annotations

import json

import pytest

from any_llm.exceptions import InvalidRequestError, ModelNotFoundError, ProviderError, UnsupportedParameterError
from local_call import TINY, part, tiny_folder

GRAPH = (TINY / "tokens.onnx").read_bytes()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"tokenizer": {"model": None}}, "tokenizer.json cannot be read"),
        ({"config": None}, "config.json is missing"),
        ({"config": {"model_type": "gemma3"}}, "'gemma3'.*Export it to ONNX"),
        ({"config": {"model_type": None}}, "model_type is None"),
        ({"config": {"hidden_act": "relu"}}, "'relu'"),
        ({"config": {"position_embedding_type": "relative_key"}}, "'relative_key'"),
        ({"config": {"num_attention_heads": 3}}, "multiple of num_attention_heads"),
        ({"config": {"num_attention_heads": 0}}, "num_attention_heads"),
        ({"config": {"num_hidden_layers": 3}}, r"encoder.layer.2.* is missing"),
        ({"config": {"vocab_size": 64}}, r"word_embeddings.weight is .*\(63, 16\)"),
        ({"config": {"intermediate_size": 25}}, "intermediate.dense.weight"),
        ({"config": {"hidden_size": "16"}}, "config.json cannot be read"),
        ({"config": [1]}, "config.json cannot be read"),
        ({"pooling": None}, '{"pooling_mode": "mean"}'),
        (
            {"pooling": {"pooling_mode": "lasttoken"}},
            "pooling lasttoken is not one of mean, cls, max",
        ),
        ({"pooling": {"pooling_mode": ["cls", "max"]}}, "pooling cls and max"),
        ({"pooling": {"pooling_mode": None}}, "pooling none"),
        (
            {"pooling": {"pooling_mode": None, "pooling_mode_weightedmean_tokens": True}},
            "weightedmean",
        ),
        ({"pooling": {"include_prompt": False}, "prompts": True}, "include_prompt"),
        ({"modules": [{"type": "sentence_transformers.models.Dense"}]}, "module Dense"),
        ({"sentence_bert_config": {"max_seq_length": 2}}, "2 tokens leave no room"),
    ],
    ids=str,
)
def test_a_folder_that_cannot_be_run_says_why(tmp_path, changed, said):
    with pytest.raises(InvalidRequestError, match=said):
        part(tiny_folder(tmp_path, **changed), ["text"])


@pytest.mark.parametrize("missing", ["tokenizer.json", "model.safetensors"])
def test_a_folder_without_a_model_says_what_makes_one(tmp_path, missing):
    (tiny_folder(tmp_path) / missing).unlink()
    with pytest.raises(ModelNotFoundError, match=r"tokenizer\.json beside model\.onnx"):
        part(tmp_path, ["text"])


@pytest.mark.parametrize(
    ("graph", "said"),
    [
        (b"", "onnxruntime cannot load the model"),
        (b"not a graph", "onnxruntime cannot load the model"),
        (GRAPH[:-900], "onnxruntime cannot load the model"),
        (
            GRAPH.replace(b"token_type_ids", b"position__ids_"),
            "position__ids_.* are known",
        ),
        (
            GRAPH.replace(b"last_hidden_state", b"next_hidden_state"),
            "gives next_hidden_state",
        ),
    ],
    ids=["empty", "text", "cut short", "another input", "another output"],
)
def test_a_graph_that_is_no_embedding_model_is_refused(tmp_path, graph, said):
    path = tiny_folder(tmp_path, "tokens.onnx", "model.onnx")
    (path / "model.onnx").write_bytes(graph)
    with pytest.raises(InvalidRequestError, match=said):
        part(path, ["text"])


@pytest.mark.parametrize(
    ("asked", "parameter", "said"),
    [
        ({"dimensions": 8}, "dimensions", "16 values"),
        ({"input_type": "query"}, "input_type", "defines no prompts"),
        ({"input_type": "clustering", "prompts": True}, "input_type", "knows document and query"),
    ],
    ids=str,
)
def test_what_a_folder_cannot_do_is_refused(tmp_path, asked, parameter, said):
    path = tiny_folder(tmp_path, prompts=asked.pop("prompts", False))
    with pytest.raises(UnsupportedParameterError, match=said) as refused:
        part(path, ["text"], **asked)
    assert refused.value.parameter_name == parameter


def test_a_tokenizer_without_special_tokens_has_nothing_to_say_of_no_text(tmp_path):
    path = tiny_folder(tmp_path, tokenizer={"post_processor": None})
    assert part(path, ["a"]).total_tokens == 1
    with pytest.raises(InvalidRequestError, match="Input 8 has no tokens") as refused:
        part(path, ["a", ""], first=7)
    assert refused.value.index == 8


def test_token_ids_beyond_the_weights_are_an_error_and_not_a_vector(tmp_path, capfd):
    tokenizer = json.loads((TINY / "tokenizer.json").read_text(encoding="utf-8"))
    path = tiny_folder(
        tmp_path, tokenizer={"model": {**tokenizer["model"], "vocab": {**tokenizer["model"]["vocab"], "zzz": 900}}}
    )
    with pytest.raises(ProviderError, match="could not run the model") as failed:
        part(path, ["zzz secret"])
    assert "secret" not in str(failed.value)
    assert capfd.readouterr().err == ""
