"""Is the matrix that of the cosines?"""

from __future__ import annotations

import json

import numpy as np
import pytest

import any_llm
from any_llm.cli.similarity import cosines, rounded
from cli_command import omniembed
from loopback import Answer, Loopback, Request

FAKE = ("--model", "fake:any")


def test_similarity_gives_the_cosines_of_the_library():
    texts = ["a cat", "a kitten", "the stock market"]
    vectors = any_llm.embedding("any", texts, provider="fake", normalize=True).to_numpy()
    ran = omniembed("similarity", *FAKE, "--format", "json", *texts)
    found = json.loads(ran.stdout)
    assert (found["provider"], found["model"]) == ("fake", "any")
    assert found["similarity"] == [pytest.approx(row, abs=1e-6) for row in (vectors @ vectors.T).tolist()]


def test_a_cosine_is_rounded_and_never_beyond_one():
    vectors = np.random.default_rng(0).normal(size=(200, 384)).astype(np.float32)
    found = cosines(np.concatenate([vectors, -vectors]))
    assert (max(map(max, found)), min(map(min, found))) == (1, -1)
    assert [rounded(value).strip() for value in (0.005001, -0.004, None)] == ["0.01", "0.00", "-"]


@pytest.mark.filterwarnings("ignore:.*a zero vector for a blank text:UserWarning")
def test_a_text_without_direction_is_like_none(monkeypatch):
    def blank_is_zero(request: Request) -> Answer:
        data = [
            {"index": n, "embedding": [1.0 * bool(text.strip()), 0.0]} for n, text in enumerate(request.json["input"])
        ]
        return Answer(json={"data": data, "model": "x", "usage": {"prompt_tokens": 1, "total_tokens": 1}})

    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    with Loopback(blank_is_zero) as server:
        command = ("similarity", "-m", "openai:x", "--api-base", server.url, "--format")
        matrix = json.loads(omniembed(*command, "json", stdin=b"a\n \n").stdout)["similarity"]
        last = omniembed(*command, "text", stdin=b"a\n \n").stdout.decode().splitlines()[-1]
    assert (matrix, last.split()) == ([[1.0, None], [None, None]], ["2", "-", "-"])
