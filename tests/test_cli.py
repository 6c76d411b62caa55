"""What does each command line lead to? Exit code, standard output, one line of error."""

from __future__ import annotations

import json

import pytest

import any_llm
from cli_command import omniembed

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
        (["providers"], "", ["NAME", "OPENAI_API_KEY", "not needed", "docs, sdk\n", "none\n"]),
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


def test_providers_says_whether_a_key_is_set_and_never_shows_it(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    monkeypatch.delenv("MISTRAL_API_KEY", raising=False)
    ran = omniembed("providers", "--json")
    rows = {row["name"]: row for row in json.loads(ran.stdout)}
    assert (rows["openai"]["key_variables"], rows["openai"]["key_set"]) == (["OPENAI_API_KEY"], True)
    assert rows["mistral"]["key_set"] is False
    docs, sdk = rows["mistral"]["evidence"]
    assert (docs["kind"], sdk["kind"], sdk["by"], rows["anthropic"]["evidence"]) == ("docs", "sdk", "mistralai", [])
    assert [rows[name]["key_required"] for name in ("openai", "vllm", "local")] == [True, False, False]
    assert rows["local"]["key_variables"] == []
    assert (rows["openai"]["embedding"], rows["anthropic"]["embedding"]) == (True, False)
    assert sorted(row["name"] for row in rows.values() if row["embedding"]) == any_llm.AnyLLM.get_supported_providers()
    assert b"secret" not in ran.stdout + omniembed("providers").stdout
