"""What does each command line lead to? Exit code, standard output, one line of error."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

import any_llm
from any_llm.cli.similarity import cosines, rounded
from cli_command import omniembed
from loopback import Answer, Loopback, Request

FAKE = ("--model", "fake:any")


@pytest.mark.parametrize(
    ("arguments", "stdin", "shown"),
    [
        (
            ["embed", *FAKE, "Hello, world!"],
            "",
            ["fake:any  1 text  64 wide  about 2 tokens (estimated)", "Hello, world!"],
        ),
        (["embed", *FAKE, "--dimensions", "3", "a"], "", ["3 wide"]),
        (["embed", *FAKE], "one\ntwo\n", ["2 texts", "one ", "two "]),
        (["embed", *FAKE, "-f", "-"], "one\ntwo", ["2 texts"]),
        (["embed", *FAKE, "-f", "-"], "", ["0 texts"]),  # named, and empty: an empty list
        (["embed", *FAKE, "argument"], "not read\n", ["1 text ", "argument"]),
        (["embed", *FAKE, "--", "-5 degrees"], "", ["-5 degrees"]),
        (["embed", *FAKE], "a\n\nb\n", ["3 texts"]),  # a blank line is a text
        (["embed", *FAKE], "".join(f"text {n}\n" for n in range(25)), ["25 texts", "text 19 ", "and 5 more"]),
        (["embed", *FAKE, "\x1b[31mred\x07"], "", ["\n [31mred "]),  # nothing a terminal would obey
        (["embed", *FAKE, "x" * 90], "", ["x" * 31 + "… "]),
        (["similarity", *FAKE, "same", "same"], "", ["1.00   1.00"]),
        (["similarity", *FAKE], "same\nsame\n", ["1.00   1.00"]),
        (["--version"], "", ["omniembed"]),
        (["--help"], "", ["Usage: omniembed", "providers"]),
        (["embed", "--help"], "", ["--deadline SECONDS", "Blank lines count"]),
        (["providers"], "", ["NAME", "OPENAI_API_KEY", "not needed"]),
    ],
)
def test_what_a_person_sees(arguments, stdin, shown):
    ran = omniembed(*arguments, stdin=stdin.encode())
    assert (ran.code, ran.stderr) == (0, "")
    assert [words for words in shown if words not in ran.stdout.decode()] == []


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["nonsense"], 2, "No such command 'nonsense'."),
        (["embed", "--nonsense", "a"], 2, "No such option: --nonsense"),
        (["embed", *FAKE, "--dimensions", "wide", "a"], 2, "--dimensions"),
        (["embed", *FAKE, "--overflow", "cut", "a"], 2, "'error', 'truncate', 'mean'"),
        (["embed", *FAKE], 2, "no texts: none are given, and standard input is empty"),
        (["embed", *FAKE, "a", "-f", "texts.txt"], 2, "give texts or --file, not both"),
        (["embed", *FAKE, "a", "-o", "vectors.bin"], 2, "pass --format"),
        (["embed", *FAKE, "a", "--header", "secret"], 2, "--header wants NAME=VALUE."),
        (["embed", *FAKE, "a", "--query", "=v"], 2, "--query wants NAME=VALUE."),
        (["embed", *FAKE, "a", "--body", "[1]"], 2, "--body wants a JSON object."),
        (["embed", *FAKE, "a", "--client", 'organization="org'], 2, "--client organization wants JSON"),
        (["embed", *FAKE, "a", "--client", "api_key=sk-1"], 2, "process lists"),
        (["embed", *FAKE, "-f", "absent.txt"], 1, "cannot read absent.txt: No such file or directory."),
        (["embed", "-m", "fakee:any", "a"], 1, "Did you mean fake"),
        (["embed", "-m", "any", "a"], 1, "any"),
        (["embed", "-m", "anthropic:any", "a"], 1, "makes no embeddings"),
        (
            ["embed", "-m", "openai:text-embedding-3-small", "a"],
            1,
            "[openai] no API key: set the environment variable OPENAI_API_KEY.",
        ),
        (["embed", *FAKE, "--dimensions", "0", "a"], 1, "dimensions"),
        (["embed", *FAKE, "--body", '{"unknown": 1}', "a"], 1, "unknown"),
        (["embed", *FAKE, "--client", "http_client=1", "a"], 1, "http_client"),
        (["embed", *FAKE, "whole", "half \udcff"], 1, "surrogate"),
        (["similarity", *FAKE], 2, "no texts"),
        (["similarity", *FAKE, "a", "--format", "csv"], 2, "--format"),
    ],
)
def test_every_error_is_one_line_on_stderr(arguments, code, told, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    ran = omniembed(*arguments)
    assert (ran.code, ran.stdout) == (code, b"")
    assert ran.stderr.startswith("omniembed: ")
    assert ran.stderr.count("\n") == 1
    assert told in ran.stderr
    assert "secret" not in ran.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "terminals", "told"),
    [
        (["embed", *FAKE], ["stdin"], "no texts: give them as arguments"),  # does not wait for a person to type
        (["embed", *FAKE, "a", "--format", "npy"], ["stdout"], "npy is binary"),
    ],
)
def test_what_a_terminal_is_spared(arguments, terminals, told):
    ran = omniembed(*arguments, terminals=terminals)
    assert (ran.code, ran.stdout) == (2, b"")
    assert told in ran.stderr


def test_no_command_is_answered_with_the_help():
    ran = omniembed()
    assert (ran.code, ran.stdout, ran.stderr) == (2, omniembed("--help").stdout, "")


@pytest.mark.parametrize("where", [["--debug", "embed"], ["embed", "--debug"]], ids=" ".join)
def test_debug_shows_the_traceback_and_then_the_line(where):
    ran = omniembed(*where, "-m", "fakee:any", "a")
    assert ran.stderr.startswith("Traceback")
    assert ran.stderr.splitlines()[-1].startswith("omniembed: 'fakee' is not a supported provider.")


def test_debug_after_the_double_dash_is_a_text():
    ran = omniembed("embed", "-m", "fakee:any", "--", "--debug")
    assert (ran.code, ran.stderr.count("\n")) == (1, 1)


def _openai(request: Request) -> Answer:
    data = [{"object": "embedding", "index": n, "embedding": [3.0, 4.0]} for n, _ in enumerate(request.json["input"])]
    usage = {"prompt_tokens": 5, "total_tokens": 5}
    return Answer(json={"object": "list", "data": data, "model": "text-embedding-3-small", "usage": usage})


OPENAI = ("embed", "-m", "openai:text-embedding-3-small", "a", "b")
VOYAGE = ("-m", "voyage:voyage-3.5")  # given after another model, it is the one that counts


@pytest.mark.parametrize(
    ("options", "bodies", "headers", "query"),
    [
        (["--dimensions", "2"], [{"input": ["a", "b"], "dimensions": 2}], {}, {}),
        (["--batch-size", "1"], [{"input": ["a"]}, {"input": ["b"]}], {}, {}),
        (["--body", '{"user": "u"}'], [{"input": ["a", "b"], "user": "u"}], {}, {}),
        (["--header", "X-One=1", "--header", "X-Two=a=b"], [{}], {"x-one": "1", "x-two": "a=b"}, {}),
        (["--query", "version=1"], [{}], {}, {"version": "1"}),
        (["--client", "organization=org-1"], [{}], {"openai-organization": "org-1"}, {}),
        (["--client", 'default_headers={"X-One": "1"}'], [{}], {"x-one": "1"}, {}),
        ([*VOYAGE, "--input-type", "query"], [{"input_type": "query"}], {}, {}),
        ([*VOYAGE, "--overflow", "truncate"], [{"truncation": True}], {}, {}),
        ([*VOYAGE, "--overflow", "error"], [{"truncation": False}], {}, {}),
    ],
)
def test_every_option_reaches_the_provider(options, bodies, headers, query, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.setenv("VOYAGE_API_KEY", "sk-test")
    with Loopback(_openai) as server:
        ran = omniembed(*OPENAI, "--api-base", server.url, *options)
        sent = sorted(server.requests, key=lambda request: request.json["input"])
    assert (ran.code, ran.stderr) == (0, "")
    assert len(sent) == len(bodies)
    for request, body in zip(sent, bodies, strict=True):
        assert body.items() <= request.json.items()
        assert {"authorization": "Bearer sk-test", **headers}.items() <= request.headers.items()
        assert request.query == query


@pytest.mark.parametrize(("options", "length"), [(["--normalize"], 1), (["--no-normalize"], 5), ([], 5)])
def test_normalize_is_asked_for_or_not(options, length, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    with Loopback(_openai) as server:
        ran = omniembed(*OPENAI, "--api-base", server.url, *options, "--format", "jsonl")
    vector = json.loads(ran.stdout.splitlines()[0])["embedding"]
    assert math.hypot(*vector) == pytest.approx(length, rel=1e-6)


def test_an_error_names_the_line_of_the_file_and_stays_on_one(monkeypatch, tmp_path):
    def refuse(request: Request) -> Answer:
        if "far too long" not in request.json["input"]:
            return _openai(request)
        message = "maximum context length is 8192 tokens\n\x1b[2J however you requested 9000"
        return Answer(400, json={"error": {"message": message, "code": "context_length_exceeded", "param": "input"}})

    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    texts = tmp_path / "texts.txt"
    texts.write_text("short\nshort\nfar too long\n")
    with Loopback(refuse) as server:
        ran = omniembed("embed", "-m", "openai:x", "--api-base", server.url, "--batch-size", "1", "-f", str(texts))
    assert ran.code == 1
    assert ran.stderr.endswith(f"That is line 3 of {texts}.\n")
    assert ran.stderr.count("\n") == 1
    assert "\x1b" not in ran.stderr
    assert "far too long" not in ran.stderr


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


def test_a_text_without_direction_is_like_none(monkeypatch):
    def blank_is_zero(request: Request) -> Answer:
        data = [{"index": n, "embedding": [1.0 * bool(text), 0.0]} for n, text in enumerate(request.json["input"])]
        return Answer(json={"data": data, "model": "x", "usage": {"prompt_tokens": 1, "total_tokens": 1}})

    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    with Loopback(blank_is_zero) as server:
        command = ("similarity", "-m", "openai:x", "--api-base", server.url, "--format")
        matrix = json.loads(omniembed(*command, "json", stdin=b"a\n\n").stdout)["similarity"]
        last = omniembed(*command, "text", stdin=b"a\n\n").stdout.decode().splitlines()[-1]
    assert (matrix, last.split()) == ([[1.0, None], [None, None]], ["2", "-", "-"])


def test_providers_says_whether_a_key_is_set_and_never_shows_it(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    monkeypatch.delenv("MISTRAL_API_KEY", raising=False)
    ran = omniembed("providers", "--json")
    rows = {row["name"]: row for row in json.loads(ran.stdout)}
    assert (rows["openai"]["key_variables"], rows["openai"]["key_set"]) == (["OPENAI_API_KEY"], True)
    assert rows["mistral"]["key_set"] is False
    assert rows["local"]["key_variables"] == []
    assert (rows["openai"]["embedding"], rows["anthropic"]["embedding"]) == (True, False)
    assert sorted(row["name"] for row in rows.values() if row["embedding"]) == any_llm.AnyLLM.get_supported_providers()
    assert b"secret" not in ran.stdout + omniembed("providers").stdout
