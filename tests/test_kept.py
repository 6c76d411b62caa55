"""Loaded models are shared by the process: loaded once, kept while they are used, never in one another's way."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import numpy as np
import pytest

from any_llm import embedding
from any_llm.local.fastembed import adapter as fastembed
from any_llm.local.kept import kept
from any_llm.local.model2vec import adapter as model2vec
from by_hand import a_call
from library_models import onnx_folder, static_folder

NEW = count()


def key() -> tuple[str, int]:
    """One that no other test has."""
    return ("test", next(NEW))


class Asked:
    """A key that knows which threads have looked it up, and tells when there are so many."""

    def __init__(self, many: int) -> None:
        self._many, self._threads, self.all = many, set[int](), threading.Event()

    def __hash__(self) -> int:
        self._threads.add(threading.get_ident())
        if len(self._threads) == self._many:
            self.all.set()
        return 0


def test_who_comes_at_once_waits_for_the_first():
    loads, mine = [], Asked(8)

    def load() -> list[bool]:
        loads.append(mine.all.wait(10))
        return loads

    with ThreadPoolExecutor(8) as pool:
        found = [pool.submit(kept, mine, load) for _ in range(8)]
    assert all(each.result() is loads for each in found)
    assert loads == [True]


def test_one_model_loads_while_another_is_loading():
    done = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        waits = pool.submit(kept, 1, lambda: done.wait(10))
        kept(2, lambda: done.set() or "here")
        assert waits.result() is True


def test_a_loaded_model_is_given_while_another_is_loading():
    loaded, slow, go_on = key(), key(), threading.Event()
    model = kept(loaded, object)
    with ThreadPoolExecutor(1) as pool:
        waits = pool.submit(kept, slow, lambda: go_on.wait(10))
        assert kept(loaded, object) is model
        go_on.set()
        assert waits.result() is True


def test_a_load_that_fails_is_tried_again():
    mine, answers = key(), iter([ValueError("not yet"), "here"])

    def load() -> Any:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    with pytest.raises(ValueError, match="not yet"):
        kept(mine, load)
    assert (kept(mine, load), kept(mine, load)) == ("here", "here")


def test_the_ones_used_last_stay():
    keys = [key() for _ in range(5)]
    first = [kept(each, object) for each in keys[:4]]
    assert kept(keys[0], object) is first[0]
    kept(keys[4], object)
    assert kept(keys[0], object) is first[0]
    assert kept(keys[1], object) is not first[1]


def test_a_library_loads_a_model_once_for_all_clients_and_once_for_each_way_to_load_it(tmp_path, monkeypatch):
    static, onnx = static_folder(tmp_path / "static"), onnx_folder(tmp_path / "onnx")
    monkeypatch.chdir(tmp_path)

    def loaded(adapter: Any, provider: str, model: object, **client: Any) -> Any:
        return adapter._load(a_call(provider, str(model), client=client))

    assert loaded(model2vec, "model2vec", static) is loaded(model2vec, "model2vec", "static")
    assert loaded(model2vec, "model2vec", static) is not loaded(model2vec, "model2vec", static, max_length=3)
    assert loaded(fastembed, "fastembed", onnx) is loaded(fastembed, "fastembed", "./onnx/")
    assert loaded(fastembed, "fastembed", onnx) is not loaded(fastembed, "fastembed", onnx, threads=1)


def test_a_folder_that_changes_is_read_anew_once_it_was_dropped(tmp_path):
    vectors = []
    for pooling in ("mean", "cls", "mean"):
        folder = onnx_folder(tmp_path, pooling={"pooling_mode": pooling})
        vectors.append(embedding(str(folder), "a cab", provider="fastembed").to_numpy())
        for _ in range(4):
            kept(key(), object)
    assert np.array_equal(vectors[0], vectors[2])
    assert not np.allclose(vectors[0], vectors[1])
