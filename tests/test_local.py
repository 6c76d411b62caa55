"""all-MiniLM-L6-v2 in this process: what it gives, option by option."""

from __future__ import annotations

import numpy as np
import pytest

from any_llm.exceptions import ContextLengthExceededError, ModelNotFoundError, UnsupportedParameterError
from any_llm.local.load import load
from local_call import MODEL, part, vectors

LIMIT = 256
SPECIAL = 2


def words(count: int) -> str:
    """So many tokens, the special ones not counted."""
    return " ".join(("rain", "snow", "wind", "fog")[i % 4] for i in range(count))


@pytest.mark.parametrize(
    ("texts", "tokens"),
    [
        (["Hello, world!"], 4 + SPECIAL),
        (["Hello, world!", "rain"], 4 + 1 + 2 * SPECIAL),
        ([""], SPECIAL),
        ([" \n\t "], SPECIAL),
        (["naïve café 日本 🙂"], 5 + SPECIAL),
        (["hail " * (LIMIT - SPECIAL)], LIMIT),
        ([], 0),
    ],
)
def test_it_counts_every_token_and_gives_unit_vectors(texts, tokens):
    made = part(MODEL, texts)
    assert (made.prompt_tokens, made.total_tokens, made.estimated) == (tokens, tokens, False)
    assert made.model == f"{MODEL}@8199be6f699a"
    assert made.indexes is None
    assert made.vectors.to_numpy().shape == (len(texts), 384)
    assert np.allclose(np.linalg.norm(made.vectors.to_numpy(), axis=1), 1, atol=1e-6)


@pytest.mark.parametrize(
    "accepted",
    [
        {"dimensions": 384},
        {"input_type": "query"},
        {"input_type": "document"},
        {"normalize": True},
        {"normalize": False},
        {"overflow": "error"},
        {"overflow": "truncate"},
        {"overflow": "mean"},
    ],
    ids=str,
)
@pytest.mark.parametrize("model", [MODEL, f"sentence-transformers/{MODEL}"])
def test_what_the_model_does_anyway_changes_no_bit(model, accepted):
    assert part(model, ["one", "two words"], **accepted) == part(MODEL, ["one", "two words"])


@pytest.mark.parametrize(
    ("asked", "parameter", "reason"),
    [
        ({"dimensions": 383}, "dimensions", "384 values and is not a Matryoshka model"),
        ({"dimensions": 768}, "dimensions", "cannot be cut"),
        ({"input_type": "clustering"}, "input_type", "document and query"),
        ({"input_type": ""}, "input_type", "document and query"),
        ({"overflow": "skip"}, "overflow", "'error', 'truncate' or 'mean'"),
        ({"extra": {"truncate": "END", "prompt": "x"}}, "prompt, truncate", "no fields of its own"),
        ({"query": {"trace": "1"}}, "trace", "no fields of its own"),
    ],
    ids=str,
)
def test_what_it_cannot_do_is_refused_before_it_runs(asked, parameter, reason):
    with pytest.raises(UnsupportedParameterError, match=reason) as refused:
        part(MODEL, [], **asked)
    assert refused.value.parameter_name == parameter


@pytest.mark.parametrize("name", ["all-MiniLM-L12-v2", "no/such/folder", "", "\0", "x" * 5000])
def test_an_unknown_model_is_told_which_there_are(name):
    with pytest.raises(ModelNotFoundError, match=rf"'{MODEL}'.* tokenizer.json beside model.onnx"):
        part(name, ["text"])


def test_an_over_long_input_is_named_and_not_shown():
    with pytest.raises(ContextLengthExceededError) as refused:
        part(MODEL, ["short", words(600)], first=40, overflow=None)
    assert refused.value.index == 41
    message = str(refused.value)
    for said in ("Input 41 has 602 tokens", "reads 256", "shorten it", "overflow='truncate'", "overflow='mean'"):
        assert said in message
    assert "rain" not in message


@pytest.mark.parametrize(
    ("count", "windows"),
    [(LIMIT - SPECIAL, 1), (LIMIT - SPECIAL + 1, 2), (2 * (LIMIT - SPECIAL), 2), (600, 3)],
)
def test_truncate_reads_the_beginning_and_mean_reads_all(count, windows):
    text, room = words(count), LIMIT - SPECIAL
    cut = part(MODEL, ["short", text], overflow="truncate")
    assert cut.vectors.row(1) == part(MODEL, ["short", words(room)]).vectors.row(1)
    assert cut.total_tokens == LIMIT + 1 + SPECIAL
    whole = part(MODEL, ["short", text], overflow="mean")
    assert whole.total_tokens == count + windows * SPECIAL + 1 + SPECIAL
    pieces = [" ".join(text.split()[start : start + room]) for start in range(0, count, room)]
    expected = np.array([len(piece.split()) for piece in pieces], np.float32) @ vectors(MODEL, pieces)
    expected /= np.linalg.norm(expected)
    assert expected @ whole.vectors.to_numpy()[1] > 0.999999
    assert np.linalg.norm(whole.vectors.to_numpy()[1]) == pytest.approx(1, abs=1e-6)
    assert whole.vectors.row(0) == cut.vectors.row(0)


def test_a_vector_depends_on_its_text_and_not_on_its_company():
    texts = [words(length) for length in (1, 250, 3, 90, 17, 0, 41, 200, 5, 5, 130)] + ["Ünïcödé", "x = {1: [2]}"] * 20
    together = vectors(MODEL, texts)
    alone = np.concatenate([vectors(MODEL, [text]) for text in texts])
    assert (together * alone).sum(axis=1).min() > 0.99999
    assert np.array_equal(vectors(MODEL, texts), together)
    backwards = vectors(MODEL, texts[::-1])[::-1]
    assert (together * backwards).sum(axis=1).min() > 0.99999


def test_it_tells_meanings_apart():
    cat, kitten, market = vectors(MODEL, ["A cat sits on the mat.", "A kitten rests on a rug.", "Shares fell today."])
    assert cat @ kitten > 0.5
    assert cat @ market < 0.2


def test_the_model_stays_loaded():
    assert load(None) is load(None)
