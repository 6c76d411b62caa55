"""Is docs/migrating.md whole and true? Each row has a test, each test a row; here, those of installing and of names."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import any_llm
from any_llm import AnyLLM, EmbeddingsNotSupportedError, LLMProvider, Row
from interface_calls import SPOKEN, at

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "migrating.md"
PACKAGE = Path(any_llm.__path__[0])


def rows_of_the_page():
    """Each row's last cell, under the file its section names."""
    rows: dict[str, list[str]] = {}
    file = ""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if found := re.search(r"\(\.\./tests/(test_migrating\w*\.py)\)", line):
            file = found[1]
        if line.startswith("|") and (named := re.search(r"\| `(test_\w+)` \|$", line)):
            rows.setdefault(file, []).append(named[1])
    return rows


def stories_in(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [name for name in found if name.startswith("test_") and not name.startswith("test_the_page_")]


def test_the_page_has_a_row_for_each_test_and_a_test_for_each_row():
    assert rows_of_the_page() == {path.name: stories_in(path) for path in sorted(TESTS.glob("test_migrating*.py"))}


def test_the_page_leaves_no_row_without_a_test():
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    rows = [line for line in lines if not line.startswith("| any-llm 1.40 ")]
    assert [line for line in rows if not line.endswith("` |")] == []
    assert len(rows) == sum(map(len, rows_of_the_page().values()))
    assert {line.count(" | ") for line in rows} == {3}


def run(script, *arguments, path=PACKAGE.parent):
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(path)!r})\n{script}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_both_in_one_environment_are_an_import_error(tmp_path):
    shutil.copytree(PACKAGE, tmp_path / "any_llm", ignore=shutil.ignore_patterns("__pycache__", "data"))
    (tmp_path / "any_llm" / "any_llm.py").touch()
    ended = run("from any_llm import embedding", path=tmp_path)
    assert ended.returncode == 1
    assert "pip uninstall any-llm-sdk omniembed" in ended.stderr


def test_no_provider_sdk_is_needed(loopback):
    calls = [at(loopback(spoken.answer), provider) for provider, spoken in SPOKEN.items()]
    ended = run(
        "for name in 'openai cohere google mistralai ollama together voyageai httpx pydantic'.split():\n"
        "    sys.modules[name] = None\n"
        f"import any_llm; print(*(any_llm.embedding(**call).provider for call in {calls!r}))"
    )
    assert (ended.stdout.split(), ended.stderr) == (list(SPOKEN), "")


def test_importing_loads_names_only():
    ended = run(
        "import any_llm; any_llm.embedding, any_llm.AnyLLM\n"
        "print(sorted({'openai', 'pydantic', 'httpx', 'urllib3', 'aiohttp', 'numpy'} & sys.modules.keys()))"
    )
    assert (ended.stdout, ended.stderr) == ("[]\n", "")


def test_the_distribution_has_another_name():
    assert packages_distributions().get("any_llm", ["omniembed"]) == ["omniembed"]
    assert not any_llm.__version__.startswith("1.40")


@pytest.mark.parametrize("name", ["completion", "acompletion", "rerank", "create_batch", "BatchNotCompleteError"])
def test_only_embeddings_are_here(name):
    with pytest.raises(AttributeError, match=rf"(?s){name}.*embeddings only.*any-llm-sdk"):
        getattr(any_llm, name)


def test_supported_providers_are_those_with_embeddings():
    assert "openai" in AnyLLM.get_supported_providers()
    assert {"anthropic", "groq"} & set(AnyLLM.get_supported_providers()) == set()
    assert {one.name for one in AnyLLM.get_all_provider_metadata()} >= {"openai", "anthropic", "groq"}


ANY_LLM = (
    "anthropic atlascloud azure azureanthropic azureopenai bedrock cascadia cerebras cohere dashscope "
    "databricks deepinfra deepseek edenai fireworks gemini github gmi groq huggingface inception kenari liner "
    "llama llamacpp llamafile lmstudio meta minimax mistral moonshot mzai nebius neosantara ollama openai "
    "openrouter otari perplexity portkey qiniu requesty sagemaker sambanova telnyx together typesafe vertexai "
    "vertexaianthropic vllm voyage watsonx xai zai"
)


@pytest.mark.parametrize("name", ANY_LLM.split())
def test_every_name_is_known_and_some_have_no_embeddings_here(name):
    assert LLMProvider.from_string(name) == name
    if not AnyLLM.get_provider_metadata(name).embedding:
        with pytest.raises(EmbeddingsNotSupportedError, match="makes no embeddings"):
            AnyLLM.create(name, "key")


def test_metadata_names_every_variable_of_the_key():
    assert AnyLLM.get_provider_metadata("cohere").env_key == "COHERE_API_KEY/CO_API_KEY"
    assert AnyLLM.get_provider_metadata("gemini").env_key == "GEMINI_API_KEY/GOOGLE_API_KEY"
    assert AnyLLM.get_provider_metadata("openai").env_key == "OPENAI_API_KEY"


def test_metadata_claims_only_embeddings_and_lists():
    every = AnyLLM.get_all_provider_metadata()
    assert {one.tier for one in every} == {"community"}
    fields = ("completion", "streaming", "responses", "messages", "rerank", "files")
    assert {getattr(one, field) for one in every for field in fields} == {False}
    assert AnyLLM.get_provider_metadata("openai").embedding is True
    assert AnyLLM.get_provider_metadata("openai").list_models is True
    assert [proof.kind for proof in AnyLLM.get_provider_metadata("openai").evidence] == ["docs", "sdk"]


def test_a_provider_of_your_own_is_a_row(loopback):
    server = loopback(SPOKEN["openai"].answer)
    row = Row(
        name="ours", title="Ours", kind="server", source="our wiki", read="2026-11-22", api_base=server.url,
        key_required=False,
    )  # fmt: skip
    assert any_llm.register_provider(row) == LLMProvider("ours")
    assert any_llm.embedding("ours:m", "Hello").provider == "ours"


def test_a_client_has_a_public_embedding():
    client = AnyLLM.create("fake")
    assert client.embedding("m", "Hello").provider == "fake"
    assert not hasattr(client, "_embedding")
    assert not hasattr(client, "client")


def test_some_methods_of_the_class_are_not_here():
    gone = ["resolve_provider_key", "get_provider_enum", "get_registry_provider_names", "acompletion"]
    flags = ["PROVIDER_NAME", "ENV_API_KEY_NAME", "SUPPORTS_EMBEDDING", "SUPPORTS_COMPLETION", "MISSING_PACKAGES_ERROR"]
    assert [name for name in gone + flags if hasattr(AnyLLM.get_provider_class("openai"), name)] == []


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("any_llm.providers.openai", "OpenaiProvider"),
        ("any_llm.any_llm", "AnyLLM"),
        ("any_llm.utils.exception_handler", "convert_exception"),
        ("any_llm.constants", "ProviderTier"),
        ("any_llm.types.completion", "ChatCompletion"),
    ],
)
def test_deeper_imports_are_not_here(module, name):
    with pytest.raises(ImportError):
        exec(f"from {module} import {name}")  # noqa: S102  # the statement users write


def test_two_methods_take_other_keywords():
    assert AnyLLM.get_provider_class(provider="openai") is AnyLLM.get_provider_class("openai")
    with pytest.raises(TypeError, match="provider_key"):
        AnyLLM.get_provider_class(provider_key="openai")
    with pytest.raises(TypeError, match="stacklevel"):
        AnyLLM.split_model_provider("openai:m", stacklevel=2)
