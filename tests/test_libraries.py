"""fastembed and Model2Vec in this process: bit for bit what they give themselves, and nothing cut in silence."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest

from any_llm import AnyLLM, ContextLengthExceededError, UnsupportedParameterError, aembedding, embedding
from any_llm.exceptions import InvalidRequestError
from any_llm.providers.table import ROWS
from library_models import LISTED, LONG, onnx_folder, static_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore:.*a zero vector for a blank text:UserWarning")  # told once a model


def fastembed_itself(folder: Path, texts: list[str]) -> Any:
    from fastembed import TextEmbedding

    return np.stack([*TextEmbedding(LISTED, specific_model_path=str(folder)).embed(texts, batch_size=1)])


def model2vec_itself(folder: Path, texts: list[str]) -> Any:
    from model2vec import StaticModel

    return StaticModel.from_pretrained(folder).encode(texts)


class Library(NamedTuple):
    """A library, a model of it, and what it gives itself."""

    provider: str
    fill: Callable[..., Path]
    itself: Callable[[Path, list[str]], Any]
    texts: list[str]
    tokens: list[int]
    """Of each text."""
    full: str
    """As many tokens as the model reads."""
    long: str
    """One more."""


LIBRARIES = (
    Library(
        "fastembed", onnx_folder, fastembed_itself,
        ["cab", "", " ", "the cat sat on the mat", "a", "Bad cab, bad!", "a a a a a a a a a a a a"],
        [5, 2, 2, 11, 3, 13, 14],
        "a " * 18, "a " * 19,
    ),
    Library(
        "model2vec", static_folder, model2vec_itself,
        ["word1 word2", "", " ", "word3", "word1 unheard word1", "word4 word5 word6 word7 word8 word9"],
        [2, 0, 0, 1, 3, 6],
        "word1 " * 6, "word1 " * 7,
    ),
)  # fmt: skip
each = pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library.provider)


@pytest.fixture
def folder(library: Library, tmp_path: Path) -> Path:
    return library.fill(tmp_path / "model")


def test_every_library_is_held_against_itself():
    tested = {library.provider for library in LIBRARIES} | {"sentence_transformers"}  # test_sentence_transformers.py
    assert {name for name, row in ROWS.items() if row.kind == "in-process"} == tested | {"fake", "local"}


PROVEN = [pytest.param(one, marks=pytest.mark.proves(one.provider, "server", one.provider)) for one in LIBRARIES]


@pytest.mark.parametrize("library", PROVEN, ids=lambda library: library.provider)
def test_vectors_and_counts_are_the_librarys_own(library: Library, folder: Path):
    result = embedding(str(folder), library.texts, provider=library.provider)
    assert np.array_equal(result.to_numpy(), library.itself(folder, library.texts))
    assert (result.usage.prompt_tokens, result.usage.source) == (sum(library.tokens), "measured")
    assert (result.model, result.provider, result.input_type_applied) == (str(folder), library.provider, None)


@each
def test_each_text_is_counted_as_its_model_counts(library: Library, folder: Path):
    with AnyLLM.create(library.provider) as client:
        counts = [client.embedding(str(folder), text).usage.prompt_tokens for text in library.texts]
    assert counts == library.tokens


@each
def test_a_vector_depends_on_its_text_and_not_on_its_company(library: Library, folder: Path):
    together = embedding(str(folder), library.texts, provider=library.provider).to_numpy()
    for batch_size in (1, 2, 5):
        some = embedding(str(folder), library.texts, provider=library.provider, batch_size=batch_size).to_numpy()
        assert np.allclose(some, together, atol=2e-7)
    backwards = embedding(str(folder), library.texts[::-1], provider=library.provider).to_numpy()
    assert np.allclose(backwards[::-1], together, atol=2e-7)


@each
def test_threads_and_tasks_get_the_same(library: Library, folder: Path):
    expected = embedding(str(folder), library.texts, provider=library.provider).to_numpy()
    options = {"provider": library.provider, "batch_size": 1, "client_args": {"max_concurrency": 4}}

    async def tasks() -> list[Any]:
        return await asyncio.gather(*(aembedding(str(folder), library.texts, **options) for _ in range(4)))

    with ThreadPoolExecutor(4) as pool:
        threads = [pool.submit(embedding, str(folder), library.texts, **options) for _ in range(8)]
        made = [thread.result() for thread in threads] + asyncio.run(tasks())
    assert len(made) == 12
    for result in made:
        assert np.allclose(result.to_numpy(), expected, atol=2e-7)
        assert result.usage.prompt_tokens == sum(library.tokens)


@each
@pytest.mark.parametrize("policy", [None, "error"])
def test_an_over_long_text_is_named_and_not_shown(library: Library, folder: Path, policy: str | None):
    texts = [library.full, library.texts[0], library.long]
    with pytest.raises(ContextLengthExceededError, match="overflow='truncate'") as refused:
        embedding(str(folder), texts, provider=library.provider, overflow=policy, batch_size=2)
    assert (refused.value.index, refused.value.provider_name) == (2, library.provider)
    tokens = embedding(str(folder), library.full, provider=library.provider).usage.prompt_tokens
    assert f"Input 2 has {tokens + 1} tokens and " in str(refused.value)
    assert f" reads {tokens}:" in str(refused.value)
    assert library.long[:8] not in str(refused.value)


@each
def test_truncate_cuts_where_the_library_cuts(library: Library, folder: Path):
    texts = [library.long * 3, *library.texts, library.full]
    cut = embedding(str(folder), texts, provider=library.provider, overflow="truncate")
    assert np.array_equal(cut.to_numpy(), library.itself(folder, texts))
    full = embedding(str(folder), library.full, provider=library.provider)
    assert cut.usage.prompt_tokens == sum(library.tokens) + 2 * full.usage.prompt_tokens
    assert np.array_equal(cut.to_numpy()[0], full.to_numpy()[0])


def test_threads_that_cut_do_not_cut_for_others(tmp_path: Path):
    folder, texts = static_folder(tmp_path), ["word1 word2 word3 word4 word5 word6 word7 word8", "word9"]
    expected = model2vec_itself(folder, texts)
    with ThreadPoolExecutor(8) as pool:
        options = {"provider": "model2vec", "overflow": "truncate"}
        made = [pool.submit(embedding, str(folder), texts, **options) for _ in range(400)]
        assert all(np.array_equal(each.result().to_numpy(), expected) for each in made)


def test_a_folder_may_ask_for_lower_case(tmp_path: Path):
    changed = {"tokenizer": {"normalizer": None}, "sentence_bert_config": {"do_lower_case": True}}
    cased, plain = onnx_folder(tmp_path / "cased", **changed), onnx_folder(tmp_path / "plain")
    made = embedding(str(cased), ["CAB", "Cab"], provider="fastembed").to_numpy()
    assert np.array_equal(made, embedding(str(plain), ["cab", "cab"], provider="fastembed").to_numpy())


REFUSED = [
    ({"dimensions": 8}, "dimensions", "not known to keep its meaning when cut"),
    ({"dtype": "int8"}, "dtype", "gives float32"),
    ({"truncate": "END", "prompt": "x"}, "prompt, truncate", "no fields of its own"),
    ({"extra_query": {"trace": "1"}}, "trace", "no fields of its own"),
]


@pytest.mark.parametrize("provider", ["fastembed", "model2vec", "sentence_transformers"])
@pytest.mark.parametrize(("asked", "parameter", "reason"), REFUSED)
def test_what_cannot_be_done_is_refused_before_a_model_is_loaded(
    provider: str, *, asked: dict[str, Any], parameter: str, reason: str
):
    with pytest.raises(UnsupportedParameterError, match=reason) as refused:
        embedding("there/is-none", [], provider=provider, **asked)
    assert (refused.value.parameter_name, refused.value.provider_name) == (parameter, provider)


def test_unit_length_is_the_callers_choice_where_the_model_leaves_it(tmp_path: Path):
    folder = str(static_folder(tmp_path))
    plain = embedding(folder, ["word1 word2", ""], provider="model2vec", normalize=False).to_numpy()
    unit = embedding(folder, ["word1 word2", ""], provider="model2vec", normalize=True).to_numpy()
    assert np.array_equal(plain, model2vec_itself(tmp_path, ["word1 word2", ""]))
    assert np.linalg.norm(plain[0]) != pytest.approx(1, abs=0.01)
    assert np.allclose(unit[0], plain[0] / np.linalg.norm(plain[0]), atol=1e-7)
    assert not unit[1].any()


@pytest.mark.parametrize("value", [3, 7, 8])
def test_model2vec_may_be_told_how_much_to_read(tmp_path: Path, value: int):
    folder, options = str(static_folder(tmp_path)), {"provider": "model2vec", "client_args": {"max_length": value}}
    assert embedding(folder, "word1 " * value, **options).usage.prompt_tokens == value
    with pytest.raises(ContextLengthExceededError, match=rf"{value + 1} tokens .* reads {value}:"):
        embedding(folder, "word1 " * (value + 1), **options)


@pytest.mark.parametrize("batch_size", [1, 8])
def test_what_a_library_refuses_is_read_in_pieces(tmp_path: Path, batch_size: int):
    folder, options = str(static_folder(tmp_path)), {"provider": "model2vec", "client_args": {"max_length": 64}}
    text = " ".join(f"word{1 + number % 5}" for number in range(150))
    inputs = ["word1", text, "word2 word3"]
    result = embedding(folder, inputs, overflow="mean", batch_size=batch_size, normalize=False, **options)
    assert (result.truncated, result.overflow) == ((1,), "enforced")
    model = model2vec_itself(tmp_path, inputs)
    assert np.array_equal(result.to_numpy()[[0, 2]], model[[0, 2]])
    whole = embedding(folder, text, provider="model2vec", client_args={"max_length": 512}, normalize=False).to_numpy()[
        0
    ]
    assert np.allclose(result.to_numpy()[1], whole, atol=0.05)  # a static model is a mean of its tokens itself


def test_a_static_model_without_a_length_reads_everything(tmp_path: Path):
    folder = static_folder(tmp_path, max_length=None)
    texts = ["word1 word2 " * 4000, "word3"]
    result = embedding(str(folder), texts, provider="model2vec")
    assert result.usage.prompt_tokens == 8001
    assert np.array_equal(result.to_numpy(), model2vec_itself(folder, texts))


def test_few_long_tokens_are_not_cut_as_many_letters(tmp_path: Path):
    from model2vec import StaticModel

    folder, text = static_folder(tmp_path), f"{LONG} " * 5 + "word1"
    model = StaticModel.from_pretrained(folder)
    assert not np.array_equal(model.encode(text), model.encode(text, max_length=None))
    for policy in ("error", "truncate"):
        result = embedding(str(folder), text, provider="model2vec", overflow=policy)
        assert result.usage.prompt_tokens == 6
        assert np.array_equal(result.to_numpy()[0], model.encode(text, max_length=None))
    cut = embedding(str(folder), text * 3, provider="model2vec", overflow="truncate")
    assert (cut.usage.prompt_tokens, np.array_equal(cut.to_numpy()[0], model.encode(text * 3))) == (4, True)


def test_a_text_without_a_known_token_has_no_vector(tmp_path: Path):
    texts = ["word1", "", "never heard of"]
    with pytest.raises(InvalidRequestError, match=r"Input 2 has no token that .* knows") as refused:
        embedding(str(static_folder(tmp_path)), texts, provider="model2vec", batch_size=2)
    assert (refused.value.index, "heard" in str(refused.value)) == (2, False)


def test_static_models_run_in_fastembed_too(tmp_path: Path):
    from fastembed import TextEmbedding

    folder, name = static_folder(tmp_path), "minishlab/potion-base-8M"
    texts = ["word1 word2", "", "word3 unheard"]
    result = embedding(name, texts, provider="fastembed", client_args={"specific_model_path": str(folder)})
    assert np.array_equal(result.to_numpy(), [*TextEmbedding(name, specific_model_path=str(folder)).embed(texts)])
    assert result.usage.prompt_tokens == 4
