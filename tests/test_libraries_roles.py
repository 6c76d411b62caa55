"""How a role reaches a model that a library runs here: by its files, by its card, or with a warning not at all."""

from __future__ import annotations

import asyncio
import json
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from any_llm import UnsupportedParameterError, aembedding, embedding
from library_models import onnx_folder, static_folder
from local_call import TINY, part, tiny_folder
from task_graph import WIDTH, task_graph

if TYPE_CHECKING:
    from pathlib import Path

BGE = "Represent this sentence for searching relevant passages: "
TEXTS = ["a cab", "the mat"]
VOCABULARY = 64


def ours(folder: Path, role: str | None, texts: list[str] = TEXTS, **client: Any) -> Any:
    """(vectors, how the role was applied) of a folder in fastembed."""
    result = embedding(
        str(folder), texts, provider="fastembed", input_type=role, overflow="truncate", client_args=client
    )
    return result.to_numpy(), result.input_type_applied


WRITTEN = [
    # the words of the card, by the folder's name
    ("bge-small-en-v1.5", "query", "prefix", BGE),
    ("bge-small-en-v1.5", "document", "not needed", ""),
    ("e5-base-v2", "query", "prefix", "query: "),
    ("e5-base-v2", "document", "prefix", "passage: "),
    ("multilingual-e5-small-onnx", "similarity", "prefix", "query: "),
    ("all-MiniLM-L6-v2", "query", "not needed", ""),
    # nothing asked
    ("e5-base-v2", None, None, ""),
]


@pytest.mark.parametrize(("name", "role", "applied", "words"), WRITTEN)
def test_a_known_name_has_the_words_of_its_card(tmp_path, name, *, role, applied, words):
    vectors, how = ours(onnx_folder(tmp_path / name), role)
    expected, _ = ours(onnx_folder(tmp_path / "ours"), None, [words + text for text in TEXTS])
    assert how == applied
    assert np.array_equal(vectors, expected)


PROMPTS = {"query": "find: ", "document": ""}


@pytest.mark.parametrize(("role", "applied"), [("query", "prefix"), ("document", "not needed"), (None, None)])
def test_the_words_of_its_files_are_put_once_whatever_its_name(tmp_path, role, applied):
    folder = onnx_folder(tmp_path / "e5-base-v2", config_sentence_transformers={"prompts": PROMPTS})
    vectors, how = ours(folder, role)
    expected, _ = ours(onnx_folder(tmp_path / "ours"), None, [PROMPTS.get(role, "") + text for text in TEXTS])
    assert how == applied
    assert np.array_equal(vectors, expected)


def test_the_words_count_as_tokens(tmp_path):
    folder = str(onnx_folder(tmp_path / "e5-base-v2"))
    plain = embedding(folder, TEXTS, provider="fastembed").usage.prompt_tokens
    asked = embedding(folder, TEXTS, provider="fastembed", input_type="query").usage.prompt_tokens
    assert asked == plain + len(TEXTS) * len("query:")


async def in_a_task(model: str, **options: Any) -> Any:
    return await aembedding(model, TEXTS, **options)


@pytest.mark.parametrize(
    "embed", [lambda *a, **k: embedding(a[0], TEXTS, **k), lambda *a, **k: asyncio.run(in_a_task(*a, **k))]
)
def test_an_unknown_folder_is_warned_of_once_where_it_was_called(tmp_path, embed):
    folder = onnx_folder(tmp_path)
    plain, _ = ours(folder, None)
    with warnings.catch_warnings(record=True, action="always") as caught:
        made = [embed(str(folder), provider="fastembed", input_type=role) for role in ("query", "document")]
    ((message, filename),) = [(str(each.message), each.filename) for each in caught]
    assert "is not known here, so 'query' is not sent" in message
    assert filename == __file__
    assert [each.input_type_applied for each in made] == ["unknown"] * 2
    assert all(np.array_equal(each.to_numpy(), plain) for each in made)


@pytest.mark.parametrize("role", ["clustering", "passage"])
def test_a_role_nobody_knows_of_is_refused(tmp_path, role):
    with pytest.raises(UnsupportedParameterError, match="write it in the text") as refused:
        ours(onnx_folder(tmp_path), role)
    assert refused.value.parameter_name == f"input_type={role!r}"


JINA = [
    (None, None, 1),
    ("query", "field", 0),
    ("document", "field", 1),
    ("clustering", "field", 2),
    ("classification", "field", 3),
    ("similarity", "field", 4),
    ("text-matching", "field", 4),
]
"""Its own numbers of tasks: huggingface.co/jinaai/jina-embeddings-v3; fastembed's is that of a passage."""


@pytest.fixture
def jina(tmp_path):
    """Options for a folder that stands for jina-embeddings-v3."""
    folder = tiny_folder(tmp_path, "tokens.onnx", "onnx/model.onnx")
    (folder / "onnx/model.onnx").write_bytes(task_graph(VOCABULARY))
    return {"provider": "fastembed", "client_args": {"specific_model_path": str(folder)}}


@pytest.mark.parametrize(("role", "applied", "task"), JINA)
def test_a_model_with_tasks_is_told_the_task(jina, role, applied, task):
    from tokenizers import Tokenizer

    result = embedding("jinaai/jina-embeddings-v3", TEXTS, input_type=role, **jina)
    tokenizer = Tokenizer.from_file(str(TINY / "tokenizer.json"))
    tokenizer.no_padding()
    rows = [np.mean(tokenizer.encode(text).ids) + np.arange(WIDTH) + task for text in TEXTS]
    expected = np.array([row / np.linalg.norm(row) for row in rows])
    assert np.allclose(result.to_numpy(), expected, atol=1e-6)
    assert result.input_type_applied == applied


def test_a_model_with_tasks_has_no_others(jina):
    with pytest.raises(
        UnsupportedParameterError, match="knows query, document, classification, clustering, similarity"
    ):
        embedding("jinaai/jina-embeddings-v3", TEXTS, input_type="poetry", **jina)


@pytest.mark.parametrize("name", ["static", "e5-base-v2"])
def test_static_vectors_have_one_space_whatever_their_name(tmp_path, name):
    folder = str(static_folder(tmp_path / name))
    plain = embedding(folder, "word1", provider="model2vec").to_numpy()
    for role in ("query", "document"):
        result = embedding(folder, "word1", provider="model2vec", input_type=role)
        assert result.input_type_applied == "not needed"
        assert np.array_equal(result.to_numpy(), plain)
    with pytest.raises(UnsupportedParameterError, match="It knows query, document"):
        embedding(folder, "word1", provider="model2vec", input_type="clustering")


@pytest.mark.parametrize(("role", "applied"), [("query", "prefix"), ("document", "not needed"), (None, None)])
def test_a_folder_run_by_ourselves_says_so_too(tmp_path, role, applied):
    folder = tiny_folder(tmp_path, prompts=True)
    assert json.loads((folder / "config_sentence_transformers.json").read_text())["prompts"]["query"]
    assert part(folder, TEXTS, input_type=role).applied == applied
    assert embedding(str(folder), TEXTS, provider="local", input_type=role).input_type_applied == applied
