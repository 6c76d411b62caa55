"""A folder named in place of a model is run as sentence-transformers runs it: a tiny BERT that it saved."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest

from any_llm.exceptions import ContextLengthExceededError
from any_llm.local.folder import read_recipe
from local_call import TINY, part, tiny_folder, vectors

EXPECTED = json.loads((TINY / "expected.json").read_text(encoding="utf-8"))
TEXTS = EXPECTED["texts"]
UNNORMALIZED = [
    {"type": "sentence_transformers.models.Transformer", "path": ""},
    {"type": "sentence_transformers.models.Pooling", "path": "1_Pooling"},
]
TRAINED_WITH = {"direction": "Right", "max_length": 9, "strategy": "LongestFirst", "stride": 0}
OLD_SWITCHES = {"cls": "pooling_mode_cls_token", "max": "pooling_mode_max_tokens", "mean": "pooling_mode_mean_tokens"}


@pytest.mark.parametrize(
    ("weights", "place"),
    [
        ("model.safetensors", "model.safetensors"),
        ("tokens.onnx", "model.onnx"),
        ("tokens.onnx", "onnx/model.onnx"),
        ("tokens.onnx", "model_quantized.onnx"),
        ("pooled.onnx", "onnx/model_quantized.onnx"),
    ],
)
def test_each_kind_of_weights_gives_what_sentence_transformers_gives(tmp_path, weights, place):
    path = tiny_folder(tmp_path, weights, place)
    made = part(path, TEXTS, overflow="truncate")
    assert np.allclose(made.vectors.to_numpy(), EXPECTED["normalized"], atol=2e-6)
    digest = hashlib.sha256((TINY / weights).read_bytes()).hexdigest()
    assert made.model == f"{path.name}@{digest[:12]}"
    assert part(path, ["a", "a a"]).total_tokens == 3 + 4


@pytest.mark.parametrize("mode", ["cls", "max", "mean"])
@pytest.mark.parametrize("old", [False, True], ids=["new file", "old file"])
@pytest.mark.parametrize("weights", ["model.safetensors", "tokens.onnx"])
def test_pooling_is_the_folders_own(tmp_path, weights, old, mode):
    said = {"pooling_mode": None, **{switch: key == mode for key, switch in OLD_SWITCHES.items()}}
    path = tiny_folder(
        tmp_path,
        weights,
        "model" + weights[weights.index(".") :],
        pooling=said if old else {"pooling_mode": mode},
        modules=[
            {"type": "sentence_transformers.models.Transformer"},
            {"type": "sentence_transformers.models.Pooling", "path": "1_Pooling"},
        ],
    )
    assert np.allclose(vectors(path, TEXTS, overflow="truncate"), EXPECTED[mode], atol=1e-5)
    unit = vectors(path, TEXTS, overflow="truncate", normalize=True)
    assert np.allclose(np.linalg.norm(unit, axis=1), 1, atol=1e-6)
    assert np.allclose(unit * np.linalg.norm(EXPECTED[mode], axis=1)[:, None], EXPECTED[mode], atol=1e-5)


def test_a_role_puts_the_folders_prompt_before_the_text(tmp_path):
    path = tiny_folder(tmp_path, prompts=True)
    assert np.allclose(vectors(path, TEXTS, overflow="truncate", input_type="query"), EXPECTED["query"], atol=2e-6)
    plain = vectors(path, TEXTS, overflow="truncate")
    assert np.array_equal(vectors(path, TEXTS, overflow="truncate", input_type="document"), plain)
    assert np.allclose(plain, EXPECTED["normalized"], atol=2e-6)


def test_a_default_prompt_is_put_before_every_text(tmp_path):
    path = tiny_folder(tmp_path, prompts=True, config_sentence_transformers={"default_prompt_name": "query"})
    assert np.allclose(vectors(path, TEXTS, overflow="truncate"), EXPECTED["query"], atol=2e-6)


@pytest.mark.parametrize(
    ("changed", "limit"),
    [
        ({}, 20),
        ({"sentence_bert_config": {"max_seq_length": 7}}, 7),
        ({"sentence_bert_config": {"max_seq_length": 500}}, 32),
        ({"sentence_bert_config": {"max_seq_length": None}}, 20),
        ({"tokenizer_config": {"model_max_length": 10**30}}, 32),
        ({"tokenizer_config": None}, 32),
        ({"tokenizer_config": None, "config": {"max_position_embeddings": 32}}, 32),
    ],
    ids=str,
)
def test_as_much_is_read_as_the_folder_says(tmp_path, changed, limit):
    path = tiny_folder(tmp_path, **changed)
    assert part(path, ["a " * (limit - 2)]).total_tokens == limit
    with pytest.raises(ContextLengthExceededError, match=rf"{limit + 1} tokens .* reads {limit}:"):
        part(path, ["a " * (limit - 1)])


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"config": {"model_type": "roberta", "pad_token_id": 1}, "tokenizer_config": None}, {"limit": 30}),
        ({"config": {"model_type": "roberta", "pad_token_id": 1}}, {"limit": 20}),
        ({"config": {"max_position_embeddings": None}, "tokenizer_config": None}, {"limit": None}),
        ({"tokenizer": {"padding": {"pad_id": 7}}, "config": {"pad_token_id": 1}}, {"pad": 7}),
        ({"tokenizer": {"padding": None}, "config": {"pad_token_id": 1}}, {"pad": 1}),
        ({"tokenizer": {"padding": None}, "config": {"pad_token_id": None}}, {"pad": 0}),
        ({"modules": None}, {"normalized": False, "pooling": "mean"}),
        ({"sentence_bert_config": {"do_lower_case": True}}, {"lowercase": True}),
    ],
    ids=str,
)
def test_the_folder_says_how_it_is_run(tmp_path, changed, expected):
    recipe = read_recipe(tiny_folder(tmp_path, **changed))
    assert {name: getattr(recipe, name) for name in expected} == expected


def test_without_a_length_all_is_read_whatever_the_tokenizer_was_trained_with(tmp_path):
    changed = {"config": {"max_position_embeddings": None}, "tokenizer_config": None}
    path = tiny_folder(tmp_path, "tokens.onnx", "model.onnx", tokenizer={"truncation": TRAINED_WITH}, **changed)
    assert part(path, ["a " * 25]).total_tokens == 27


def test_a_folder_may_ask_for_lower_case(tmp_path):
    cased = tiny_folder(tmp_path, tokenizer={"normalizer": None}, sentence_bert_config={"do_lower_case": True})
    assert np.allclose(vectors(cased, ["CAB", "Cab"]), vectors(TINY, ["cab", "cab"]), atol=1e-6)


def test_a_model_without_unit_length_keeps_the_mean_of_its_windows(tmp_path):
    path = tiny_folder(tmp_path, modules=UNNORMALIZED)
    text = "cab " * 8  # three tokens each: 18 of them fill a window
    first, second = vectors(path, ["cab " * 6, "cab " * 2])
    mean = (first * 18 + second * 6) / 24
    assert np.allclose(vectors(path, [text], overflow="mean")[0], mean, atol=1e-6)
    assert np.allclose(
        vectors(path, [text], overflow="mean", normalize=True)[0], mean / np.linalg.norm(mean), atol=1e-6
    )


def test_weights_that_onnx_keeps_beside_its_graph_are_part_of_the_revision(tmp_path):
    path = tiny_folder(tmp_path, "tokens.onnx", "model.onnx")
    (path / "model.onnx_data").write_bytes(b"more")
    digest = hashlib.sha256((TINY / "tokens.onnx").read_bytes() + b"more").hexdigest()
    assert part(path, ["text"]).model == f"{path.name}@{digest[:12]}"
