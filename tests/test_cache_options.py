"""Is what a cache gives what was paid for, bit for bit, whatever was asked for? By a client, a server and a file."""

from __future__ import annotations

import base64
import random
import tempfile
from array import array
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from any_llm import AnyLLM, AnyLLMError
from any_llm.types.vectors import CODES
from loopback import Answer, Loopback

WIDTH = 256
LONG = "word " * 40_000
"""More than voyage-4 reads: it is refused, cut, or read in pieces."""
TEXTS = st.lists(st.sampled_from(["one", "two", "é", "a longer text of some words", LONG]), min_size=1, max_size=5)
OPTIONS = st.fixed_dictionaries(
    {
        "dimensions": st.sampled_from([None, 256, 512]),
        "input_type": st.sampled_from([None, "query", "document"]),
        "overflow": st.sampled_from(["truncate", "mean", "error"]),
        "normalize": st.sampled_from([None, True, False]),
        "batch_size": st.sampled_from([None, 1, 2]),
        "dedupe": st.sampled_from([None, True, False]),
        "on_error": st.sampled_from([None, "collect"]),
    }
)
SAID = ("input_type_applied", "dimensions_by", "truncated", "overflow", "identity", "missing", "model", "provider")


def voyage(request):
    """Vectors of the kind and width asked for, that depend on all that was asked; long ones are refused."""
    body = request.json
    if any(len(text) > 120_000 for text in body["input"]) and not body.get("truncation"):
        return Answer(400, json={"detail": "The request has an input of 40000 tokens, longer than 32000 tokens."})
    kind = body.get("output_dtype", "float")
    width = body.get("output_dimension", WIDTH) // (8 if kind in {"binary", "ubinary"} else 1)
    code = "f" if kind == "float" else CODES[kind]
    data = []
    for index, text in enumerate(body["input"]):
        chance = random.Random(repr((text, kind, width, body.get("input_type"))))  # noqa: S311
        row = [chance.randrange(256) - (128 if code in "bf" else 0) for _ in range(width)]
        numbers = [number / 7 for number in row] if code == "f" else row
        packed = base64.b64encode(array(code, numbers).tobytes()).decode()
        data.append({"index": index, "embedding": packed if body.get("encoding_format") == "base64" else numbers})
    return Answer(json={"data": data, "model": body["model"], "usage": {"total_tokens": len(data)}})


@pytest.fixture(scope="module")
def server():
    with Loopback(voyage) as started:
        yield started


def asked(client, texts, options):
    """What a call comes to: a result, or its error's name."""
    try:
        return client.embedding("voyage-4", texts, **options)
    except AnyLLMError as error:
        return type(error).__name__


@pytest.mark.parametrize("dtype", [None, "float32", "int8", "uint8", "binary", "ubinary"])
@given(texts=TEXTS, options=OPTIONS)
@settings(max_examples=15, deadline=None)
def test_a_hit_is_the_miss_over_every_option_there_is(server, dtype, texts, options):
    options = {name: value for name, value in {**options, "dtype": dtype}.items() if value is not None}
    if dtype not in {None, "float32"}:  # neither lengths nor means are for these
        options = {**options, "overflow": "truncate", "normalize": False}
    with tempfile.TemporaryDirectory() as folder:
        given_ = {"api_key": "sk", "api_base": server.url, "max_retries": 0}
        with AnyLLM.create("voyage", cache=Path(folder) / "v", **given_) as client:
            paid = asked(client, texts, options)
            count = len(server.requests)
            found = asked(client, texts, options)
        if isinstance(paid, str):
            assert found == paid
            return
        assert found.vectors == paid.vectors
        assert found.data == paid.data
        assert [getattr(found, name) for name in SAID] == [getattr(paid, name) for name in SAID]
        refused = {text for text in texts if text == LONG and options["overflow"] == "error"}
        if not refused:
            assert (len(server.requests), found.requests.sent, found.usage.total_tokens) == (count, 0, 0)
        with AnyLLM.create("voyage", **given_) as plain:
            assert asked(plain, texts, options).vectors == paid.vectors
