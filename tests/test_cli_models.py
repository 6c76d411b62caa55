"""Does `omniembed models` show what is known, and mark what is not?"""

from __future__ import annotations

import json

import pytest

import any_llm
from any_llm.cli.models import as_table
from any_llm.models import ModelInfo, known_models
from cli_command import omniembed
from loopback import Answer


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ([], ["PROVIDER ", "\nopenai ", "\n(any) ", "\nvoyage ", "qwen3-embedding-0.6b ", "32..1024"]),
        (["--provider", "openai"], ["text-embedding-3-small ", "1..1536", " 0.02 "]),
        (["--provider", "OpenAI"], ["text-embedding-3-small "]),
        (["--provider", "vllm"], ["PROVIDER"]),
        (["--help"], ["--provider NAME", "Any other model works too"]),
    ],
)
def test_what_a_person_sees(options, shown):
    ran = omniembed("models", *options)
    assert (ran.code, ran.stderr) == (0, "")
    assert [words for words in shown if words not in ran.stdout.decode()] == []


@pytest.mark.parametrize(
    ("info", "line"),
    [
        (
            ModelInfo("p", "m", 8, range(2, 9), max_input_tokens=512, usd_per_million_tokens=0.1),
            "p         m      8      2..8    512     0.1  -",
        ),
        (ModelInfo("p", "m"), "p         m      -      -       -       -    -"),
        (
            ModelInfo("", "m", 8, (2, 8), usd_per_million_tokens=2.0, estimated=("dimensions", "allowed_dimensions")),
            "(any)     m      ~8     ~2,8    -       2.0  -",
        ),
        (ModelInfo("p", "m", deprecated=True), "p         m      -      -       -       -    yes"),
        (
            ModelInfo("p", "m", deprecated="2027-01-02", replaced_by="n"),
            "p         m      -      -       -       -    2027-01-02, then n",
        ),
    ],
)
def test_a_line_of_the_table(info, line):
    assert as_table([info]).splitlines() == ["PROVIDER  MODEL  WIDTH  WIDTHS  TOKENS  USD  ENDS", line]


def test_json_holds_every_field_of_every_model():
    rows = json.loads(omniembed("models", "--json").stdout)
    spoken = {"", *any_llm.AnyLLM.get_supported_providers()}
    assert rows == [info.model_dump() for info in known_models() if info.provider in spoken]
    assert {row["provider"] for row in rows} <= spoken
    assert list(rows[0]) == list(ModelInfo._fields)


def test_json_of_a_provider_without_any_is_an_empty_list():
    assert json.loads(omniembed("models", "--provider", "vllm", "--json").stdout) == []


def test_an_unknown_provider_is_an_error():
    ran = omniembed("models", "--provider", "opena")
    assert (ran.code, ran.stdout) == (1, b"")
    assert "Did you mean openai" in ran.stderr


LISTED = {"data": [{"id": "openai/text-embedding-3-small"}, {"id": "a-model-of-tomorrow"}, {"id": "BAAI/bge-m3:567m"}]}


@pytest.fixture
def at(loopback):
    """A server that lists models, and the options that ask it."""
    server = loopback(lambda _: Answer(json=LISTED))
    return ["--live", "--provider", "openai", "--api-base", server.url]


def test_the_provider_is_asked_and_what_is_known_stands_beside_each(at, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    ran = omniembed("models", *at)
    assert (ran.code, ran.stderr) == (0, "")
    assert ran.stdout.decode().splitlines() == [
        "PROVIDER  MODEL                          WIDTH  WIDTHS   TOKENS  USD   ENDS",
        "openai    openai/text-embedding-3-small  1536   1..1536  8192    0.02  -",
        "openai    a-model-of-tomorrow            -      -        -       -     -",
        "openai    BAAI/bge-m3:567m               1024   -        8192    -     -",
    ]


def test_a_program_reads_what_was_listed(at, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    rows = json.loads(omniembed("models", *at, "--json").stdout)
    assert [(row["provider"], row["model"]) for row in rows] == [("openai", one["id"]) for one in LISTED["data"]]
    assert rows[1] == ModelInfo("openai", "a-model-of-tomorrow").model_dump()


def test_the_models_in_this_process_are_listed_live():
    ran = omniembed("models", "--live", "--provider", "local")
    assert (ran.code, ran.stderr) == (0, "")
    assert "all-MiniLM-L6-v2" in ran.stdout.decode()


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--live"], 2, "add --provider NAME"),
        (["--api-base", "http://127.0.0.1:9"], 2, "nobody is asked without --live"),
        (["--live", "--provider", "voyage"], 1, "VOYAGE_API_KEY"),
        (["--live", "--provider", "fake"], 1, "[fake] It is not known to list its models."),
        (["--live", "--provider", "opena"], 1, "Did you mean openai"),
        (["--live", "--provider", "vllm", "--api-base", "http://127.0.0.1:9"], 1, "Connection refused"),
    ],
)
def test_who_cannot_be_asked(options, code, words):
    ran = omniembed("models", *options)
    assert (ran.code, ran.stdout) == (code, b"")
    assert words in ran.stderr
    assert ran.stderr.count("\n") == 1
