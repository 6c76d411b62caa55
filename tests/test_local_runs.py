"""How texts are grouped and padded for one run of the graph."""

from __future__ import annotations

import numpy as np
import pytest

from any_llm.local.embed import TOKENS_A_RUN, runs
from any_llm.local.forward import forward, to_unit_length
from any_llm.local.model import Recipe
from any_llm.local.protobuf import message, number, text
from any_llm.local.session import open_onnx


@pytest.mark.parametrize(
    ("lengths", "sizes"),
    [
        ([], []),
        ([3], [1]),
        ([1, 256, 2], [2, 1]),
        ([256, 256, 256], [2, 1]),
        ([TOKENS_A_RUN + 1, TOKENS_A_RUN + 1], [1, 1]),
        ([TOKENS_A_RUN // 2, 1, 1, 1], [2, 2]),
        ([4] * 300, [128, 128, 44]),
        (list(range(1, 101)), [5, 5, 5, 6, 6, 7, 7, 8, 10, 12, 17, 12]),
    ],
)
def test_a_run_holds_texts_of_like_length_and_no_more_than_the_cache(lengths, sizes):
    made = list(runs([(place, [0] * length) for place, length in enumerate(lengths)]))
    assert [len(run) for run in made] == sizes
    assert sorted(place for run in made for place, _ in run) == list(range(len(lengths)))
    for run in made:
        assert len(run) == 1 or len(run) * max(len(window) for _, window in run) <= TOKENS_A_RUN


def echo(element):
    """Write a graph whose sentence_embedding is its input_ids, of that ONNX type."""

    def value(name, kind):
        shape = message(1, text(2, "n")) + message(1, text(2, "tokens"))
        return text(1, name) + message(2, message(1, number(1, kind) + message(2, shape)))

    to_float = text(1, "to") + number(3, 1) + number(20, 2)
    node = text(1, "input_ids") + text(2, "sentence_embedding") + text(4, "Cast") + message(5, to_float)
    graph = message(1, node) + text(2, "g") + message(11, value("input_ids", element))
    graph += message(12, value("sentence_embedding", 1))
    return number(1, 8) + message(7, graph) + message(8, text(1, "") + number(2, 17))


@pytest.mark.parametrize("element", [6, 7], ids=["int32", "int64"])
def test_shorter_texts_are_filled_up_with_the_padding_token(element):
    recipe = Recipe(pooling=None, normalized=False, limit=None, pad=7)
    made = forward(open_onnx(echo(element)), recipe, [[1, 2, 3], [4], []])
    assert made.tolist() == [[1, 2, 3], [4, 7, 7], [7, 7, 7]]


def test_unit_length_leaves_zeros_alone():
    assert to_unit_length(np.array([[3, 4], [0, 0]], np.float32)).tolist() == [
        [pytest.approx(0.6), pytest.approx(0.8)],
        [0, 0],
    ]
