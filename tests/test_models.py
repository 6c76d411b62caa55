"""Are the facts about models whole and sourced, and found by the names people write?"""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import any_llm
from any_llm.models import ModelInfo, known_models, model_info

DATA = Path(any_llm.__path__[0]) / "providers"
FACTS = json.loads((DATA / "models.json").read_text(encoding="utf-8"))
OFFERS = [(provider, model, entry) for provider, models in FACTS["offers"].items() for model, entry in models.items()]
FIELDS = {*ModelInfo._fields} - {"provider", "model", "read"}
DAY = re.compile(r"20\d\d-(0[1-9]|1[0-2])-([0-2]\d|3[01])")


@pytest.mark.parametrize(
    ("provider", "model", "facts"),
    [
        # as the provider writes it
        ("openai", "text-embedding-3-small", {"dimensions": 1536, "usd_per_million_tokens": 0.02, "matryoshka": True}),
        ("cohere", "embed-v4.0", {"dimensions": 1536, "allowed_dimensions": (256, 512, 1024, 1536)}),
        ("voyage", "voyage-4-lite", {"dimensions": 1024, "max_input_tokens": 32_000, "unit_length": True}),
        ("gemini", "gemini-embedding-001", {"dimensions": 3072, "allowed_dimensions": range(128, 3073)}),
        ("gemini", "gemini-embedding-2", {"modalities": ("text", "image", "audio", "video")}),
        ("perplexity", "pplx-embed-v1-0.6b", {"unit_length": False}),
        # as people do
        ("gemini", "models/gemini-embedding-001", {"model": "gemini-embedding-001", "usd_per_million_tokens": 0.15}),
        ("OpenAI", "Text-Embedding-3-Large", {"model": "text-embedding-3-large", "provider": "openai"}),
        ("deepinfra", "bge-m3", {"model": "BAAI/bge-m3", "usd_per_million_tokens": 0.01}),
        ("cloudflare", "@cf/baai/bge-m3", {"usd_per_million_tokens": 0.012, "dimensions": 1024}),
        ("fireworks", "qwen3-embedding-0p6b", {"dimensions": 1024, "max_input_tokens": 32_768}),
        ("bedrock", "us.cohere.embed-v4:0", {"usd_per_million_tokens": 0.12, "dimensions": 1536}),
        ("bedrock", "apac.amazon.titan-embed-text-v2:0", {"allowed_dimensions": (256, 512, 1024)}),
        ("bedrock", "arn:aws:bedrock:eu-west-1::foundation-model/amazon.titan-embed-text-v1", {"dimensions": 1536}),
        # the same model elsewhere: its facts, no price
        ("ollama", "bge-m3:567m", {"dimensions": 1024, "usd_per_million_tokens": None, "model": "bge-m3:567m"}),
        ("ollama", "qwen3-embedding:0.6b", {"dimensions": 1024, "allowed_dimensions": range(32, 1025)}),
        ("ollama", "qwen3-embedding:8b-q4_K_M", {"dimensions": 4096}),
        ("ollama", "nomic-embed-text:v1.5", {"matryoshka": True}),
        ("ollama", "nomic-embed-text", {"dimensions": 768, "matryoshka": None}),  # v1 or v1.5: nobody says
        ("ollama", "hf.co/Qwen/Qwen3-Embedding-4B-GGUF:Q4_K_M", {"dimensions": 2560}),
        ("vllm", "intfloat/multilingual-e5-large", {"dimensions": 1024, "max_input_tokens": 512}),
        ("tei", "/data/all-MiniLM-L6-v2", {"dimensions": 384, "unit_length": True}),
        ("local", "all-MiniLM-L6-v2", {"dimensions": 384, "max_input_tokens": 256}),
        ("lmstudio", "text-embedding-nomic-embed-text-v1.5@q4_k_m", {"allowed_dimensions": range(64, 769)}),
        ("litellm_proxy", "openai/text-embedding-3-small", {"dimensions": 1536, "usd_per_million_tokens": None}),
        # what a host takes away
        ("siliconflow", "Qwen/Qwen3-Embedding-0.6B", {"max_input_tokens": 8192, "dimensions": 1024}),
        ("nebius", "intfloat/e5-mistral-7b-instruct", {"estimated": ("max_input_tokens",)}),
        ("stackit", "intfloat/e5-mistral-7b-instruct", {"max_input_tokens": 4096, "estimated": ()}),  # it says so
        # what sources state differently
        ("azureopenai", "text-embedding-3-small", {"estimated": ("usd_per_million_tokens",)}),
        # what comes to its end
        ("gemini", "text-embedding-004", {"deprecated": "2026-01-14", "replaced_by": "gemini-embedding-001"}),
        ("openai", "text-embedding-ada-002", {"deprecated": False, "matryoshka": False}),
    ],
)
def test_a_model_is_found_by_what_people_write(provider, model, facts):
    info = model_info(provider, model)
    assert info is not None
    assert {name: getattr(info, name) for name in facts} == facts


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        *(("openai", "gpt-4"), ("nobody", "nothing"), ("openai", ""), ("openai", "names"), ("", "")),
        ("ollama", "embedding-3"),  # Zhipu's; anybody may call his so
        ("ollama", "qwen3-embedding"),  # of which size?
        ("vllm", "me/bge-m3-finetuned"),
        ("azureopenai", "my-deployment"),
    ],
)
def test_an_unknown_model_has_no_facts(provider, model):
    assert model_info(provider, model) is None


@given(st.text(), st.text())
def test_no_name_is_an_error(provider, model):
    info = model_info(provider, model)
    assert info is None or info.source


def test_a_dump_is_json():
    info = model_info("gemini", "gemini-embedding-001")
    assert info is not None
    dumped = info.model_dump()
    assert json.loads(json.dumps(dumped)) == dumped
    assert list(dumped) == list(ModelInfo._fields)
    assert (dumped["allowed_dimensions"], dumped["modalities"]) == ({"min": 128, "max": 3072}, ["text"])
    assert ModelInfo("a", "b", allowed_dimensions=(1, 2)).model_dump()["allowed_dimensions"] == [1, 2]
    assert ModelInfo("a", "b").model_dump()["allowed_dimensions"] is None


def test_every_offer_is_listed_once_then_every_model():
    found = [(info.provider, info.model) for info in known_models()]
    assert len(found) == len({*found}) == len(OFFERS) + len(FACTS["models"])
    assert [provider for provider, _ in found[-len(FACTS["models"]) :]] == [""] * len(FACTS["models"])
    assert [info.model for info in known_models("upstage")] == sorted(FACTS["offers"]["upstage"])
    assert known_models("nobody") == []


ENTRIES = [(f"any:{name}", entry) for name, entry in FACTS["models"].items()]
ENTRIES += [(f"{provider}:{model}", entry) for provider, model, entry in OFFERS]


@pytest.mark.parametrize(("name", "entry"), ENTRIES, ids=[name for name, _ in ENTRIES])
def test_an_entry_is_whole(name, entry):
    assert entry["source"]
    assert entry.keys() <= FIELDS | {"is", "names"}
    assert {*entry.get("estimated", ())} <= FIELDS
    assert entry.get("is", "bge-m3") in FACTS["models"]
    for field in ("dimensions", "max_input_tokens", "usd_per_million_tokens"):
        assert entry.get(field, 1) > 0
    assert ("usd_per_million_tokens" in entry) == ("price_source" in entry) == ("price_date" in entry)
    assert DAY.fullmatch(entry.get("price_date", FACTS["read"]))
    assert entry.get("deprecated") in {None, True} or DAY.fullmatch(entry["deprecated"])
    assert "deprecated" in entry or "replaced_by" not in entry


@pytest.mark.parametrize("info", known_models(), ids=lambda info: f"{info.provider}:{info.model}")
def test_what_is_answered_holds_together(info):
    assert {*info.estimated} <= {name for name in FIELDS if getattr(info, name) is not None}
    assert {*info.modalities} <= {"text", "image", "audio", "video"}
    assert info.dimensions or not info.matryoshka
    if info.allowed_dimensions is not None:
        assert info.dimensions in info.allowed_dimensions
        assert [*info.allowed_dimensions] == sorted({*info.allowed_dimensions})
        # A cut is from the front of the full width: nothing wider can come of it.
        assert not info.matryoshka or max(info.allowed_dimensions) == info.dimensions
    if info.matryoshka:
        assert info.allowed_dimensions
        assert info.source.startswith("https://"), "a width is cut on a cited word only"
    assert info == model_info(info.provider, info.model)


def test_a_successor_is_known_too():
    for info in known_models():
        assert info.replaced_by is None or model_info(info.provider, info.replaced_by), info


def test_the_licences_of_the_collections_stand_beside_the_data():
    notice = (DATA / "NOTICE").read_text(encoding="utf-8")
    named = {entry[key] for _, entry in ENTRIES for key in ("source", "price_source") if key in entry}
    collections = (
        "litellm",
        "genai-prices",
        "models.dev",
        "catsu",
        "ragflow",
        "dify-official-plugins",
        "@ai-sdk/gateway",
    )
    for collection in collections:
        assert any(source.startswith(collection) for source in named)
        assert f"  {collection} " in notice
    assert "Copyright (c) 2023 Berri AI" in notice
    assert "WITHOUT WARRANTY OF ANY KIND" in notice


def test_facts_cost_nothing_until_asked_for_and_little_then():
    program = (
        "import sys, time, any_llm.models as models\n"
        "assert 'json' not in sys.modules and 'msgspec' not in sys.modules\n"
        "start = time.process_time(); models.model_info('openai', 'text-embedding-3-small')\n"
        "print(time.process_time() - start)"
    )
    ran = [
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True) for _ in range(5)
    ]
    assert statistics.median(float(each.stdout) for each in ran) < 0.010
