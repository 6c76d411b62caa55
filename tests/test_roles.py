"""Does a role reach each model on each host: by a field, by the words of its card, or not at all and not in silence?"""

from __future__ import annotations

import asyncio
import warnings
from typing import Any

import pytest

import any_llm
from any_llm.exceptions import AnyLLMError, UnsupportedParameterError
from any_llm.flow.plan import Plan
from any_llm.flow.tokens import estimate, size
from any_llm.providers.jina import adapter as jina
from any_llm.providers.roles import Role, role
from any_llm.providers.row import Limits
from any_llm.providers.table import ROWS
from by_hand import a_call
from interface_calls import BOTH, KEY, SPOKEN, at, fields_of, texts_of
from loopback import Answer
from oracles import replies

BGE = "Represent this sentence for searching relevant passages: "
HELLO = "Hello"


def answer_of(provider: str) -> Any:
    """How this provider answers; one without a line of its own speaks OpenAI's shape."""
    return SPOKEN[provider].answer if provider in SPOKEN else replies.openai_shaped("vllm")


def arguments(server: Any, provider: str, model: str) -> dict[str, Any]:
    """Arguments of a call for this model to this server."""
    base = SPOKEN[provider].base if provider in SPOKEN else ""
    return {"model": model, "inputs": HELLO, "provider": provider, "api_key": KEY, "api_base": server.url + base}


REACHED = [
    # a field of the provider's, whatever the model
    ("cohere", "embed-v4.0", "query", "field", HELLO),
    ("cohere", "embed-v4.0", "search_query", "field", HELLO),
    ("voyage", "voyage-4", "document", "field", HELLO),
    ("openrouter", "qwen/qwen3-embedding-8b", "query", "field", HELLO),
    ("gemini", "gemini-embedding-001", "clustering", "field", HELLO),
    # the words of the model's card, by the name it has on its host
    ("together", "intfloat/multilingual-e5-large-instruct", "document", "not needed", HELLO),
    ("together", "BAAI/bge-base-en-v1.5", "query", "prefix", BGE + HELLO),
    ("together", "BAAI/bge-base-en-v1.5", "document", "not needed", HELLO),
    ("vllm", "intfloat/e5-small-v2", "query", "prefix", "query: Hello"),
    ("vllm", "intfloat/e5-small-v2", "document", "prefix", "passage: Hello"),
    ("vllm", "intfloat/e5-small-v2", "similarity", "prefix", "query: Hello"),
    ("ollama", "nomic-embed-text:v1.5", "query", "prefix", "search_query: Hello"),
    ("ollama", "nomic-embed-text:v1.5", "clustering", "prefix", "clustering: Hello"),
    ("ollama", "embeddinggemma:300m", "document", "prefix", "title: none | text: Hello"),
    ("llamacpp", "./models/bge-base-en-v1.5-q8_0.gguf", "query", "prefix", BGE + HELLO),
    ("lmstudio", "text-embedding-nomic-embed-text-v1.5@q4_k_m", "query", "prefix", "search_query: Hello"),
    ("openai", "text-embedding-nomic-embed-text-v1.5", "query", "prefix", "search_query: Hello"),  # a base of one's own
    ("gemini", "gemini-embedding-2", "query", "prefix", "task: search result | query: Hello"),
    ("gemini", "models/gemini-embedding-2-preview", "document", "prefix", "title: none | text: Hello"),
    # one space
    ("vllm", "BAAI/bge-m3", "query", "not needed", HELLO),
    ("openai", "text-embedding-3-small", "query", "not needed", HELLO),
    ("openai", "text-embedding-9-of-tomorrow", "document", "not needed", HELLO),
    ("azureopenai", "text-embedding-3-large", "document", "not needed", HELLO),
    ("mistral", "mistral-embed", "query", "not needed", HELLO),
    # nothing was asked
    ("vllm", "intfloat/e5-small-v2", None, None, HELLO),
    ("gemini", "gemini-embedding-2", None, None, HELLO),
    ("cohere", "embed-v4.0", None, None, HELLO),
]


@BOTH
@pytest.mark.parametrize(("provider", "model", "asked", "applied", "sent"), REACHED)
def test_a_role_reaches_the_model(embed, provider, *, model, asked, applied, sent, loopback):
    server = loopback(answer_of(provider))
    result = embed(**arguments(server, provider, model), input_type=asked)
    (request,) = server.requests
    field = ROWS[provider].names.input_type
    assert (result.input_type_applied, texts_of(request)) == (applied, [sent])
    told = field in fields_of(request)
    assert told == (applied == "field" or (asked is None and ROWS[provider].names.default_role is not None))


RAISES = [
    ("together", "BAAI/bge-base-en-v1.5", "clustering", "It knows query, document"),
    ("openai", "text-embedding-3-small", "clustering", "It knows query, document"),
    ("gemini", "gemini-embedding-2", "RETRIEVAL_QUERY", "It knows query, document, classification"),
    ("vllm", "intfloat/e5-small-v2", "passage", "It knows query, document"),
    ("vllm", "our-model", "clustering", "write it in the text"),
    ("voyage", "voyage-4", "classification", "It knows query, document"),
    ("local", "all-MiniLM-L6-v2", "clustering", "It knows query, document"),
]


@BOTH
@pytest.mark.parametrize(("provider", "model", "asked", "hint"), RAISES)
def test_a_role_that_a_model_was_not_made_for_is_an_error(embed, provider, model, asked, hint):
    with pytest.raises(UnsupportedParameterError, match=hint) as error:
        embed(model, HELLO, provider=provider, api_key=KEY, api_base="http://host.invalid", input_type=asked)
    assert error.value.parameter_name == f"input_type={asked!r}"


@BOTH
@pytest.mark.parametrize("provider", ["vllm", "azureopenai", "gemini"])
def test_an_unknown_model_gets_no_guess_and_one_warning(embed, provider, loopback, request):
    model = f"gemini-embedding-2-{request.node.name}".replace("[", "-").replace("]", "")
    server = loopback(answer_of(provider))
    call = {**arguments(server, provider, model), "inputs": "Our secret"}
    with pytest.warns(UserWarning, match="is not known here") as caught:
        results = [embed(**call, input_type=asked) for asked in ("query", "document", "query")]
    (warning,) = caught
    assert "secret" not in str(warning.message)
    assert [result.input_type_applied for result in results] == ["unknown"] * 3
    assert [texts_of(each) for each in server.requests] == [["Our secret"]] * 3
    assert all("taskType" not in fields_of(each) for each in server.requests)


async def asked_of_a_client(model: str) -> Any:
    async with any_llm.AnyLLM.create("vllm", None, "http://host.invalid") as client:
        return await client.aembedding(model, [], input_type="query")


@pytest.mark.parametrize(
    "ask",
    [
        lambda model: any_llm.embedding(model, [], provider="vllm", input_type="query"),
        lambda model: asyncio.run(asked_of_a_client(model)),
    ],
    ids=["embedding", "client.aembedding"],
)
def test_the_warning_points_at_the_caller(ask, request):
    with pytest.warns(UserWarning, match="is not known here") as caught:
        ask(request.node.name)
    assert [warning.filename for warning in caught] == [__file__]


def test_another_provider_or_model_is_warned_of_too():
    asked = [("vllm", "one"), ("sglang", "one"), ("vllm", "two"), ("vllm", "one")]
    with warnings.catch_warnings(record=True, action="always") as caught:
        for provider, model in asked:
            any_llm.embedding(model, [], provider=provider, api_key=KEY, input_type="document")
    assert [str(warning.message).split()[0] for warning in caught] == ["vllm", "sglang", "vllm"]


def test_a_call_that_is_refused_warns_of_nothing():
    with pytest.raises(UnsupportedParameterError, match="dimensions"):  # a warning would be the error here
        any_llm.embedding("three", [], provider="together", api_key=KEY, input_type="query", dimensions=8)


JINA = [
    ("jina-embeddings-v3", "clustering", Role("field", word="separation")),
    ("jina-embeddings-v2-base-de", "query", Role("not needed")),
    ("jina-clip-v2", "document", Role("not needed")),
    ("jina-clip-v2", "query", Role("field", word="retrieval.query")),
]


@pytest.mark.parametrize(("model", "asked", "expected"), JINA)
def test_a_row_may_be_another_for_each_model(model, asked, expected):
    assert role(jina.for_model(a_call("jina", model)).row, model, asked) == expected


@pytest.mark.parametrize(("model", "applied"), [("all-MiniLM-L6-v2", "not needed"), ("/some/folder", "field")])
def test_a_model_in_this_process_reads_its_own_prompts(model, applied):
    assert any_llm.embedding(model, [], provider="local", input_type="query").input_type_applied == applied


LIMITS = [
    (Limits(), [4]),
    (Limits(items=3), [3, 1]),
    (Limits(bytes=2 * 8), [2, 2]),
    (Limits(bytes=2 * 8 - 1), [1, 1, 1, 1]),
    (Limits(tokens=2 * 5), [2, 2]),
    (Limits(tokens=2 * 5 - 1), [1, 1, 1, 1]),
]


@pytest.mark.parametrize(("limits", "sizes"), LIMITS)
def test_the_words_before_a_text_count(limits, sizes):
    batches = list(iter(Plan(["a", "b", "c", "d"], lambda: limits, prefix="文文:").take, None))
    assert [len(batch) for batch in batches] == sizes
    assert [text for batch in batches for text in batch.texts] == ["文文:a", "文文:b", "文文:c", "文文:d"]
    assert [batch.tokens for batch in batches] == [sum(estimate(size(text)) for text in b.texts) for b in batches]


@BOTH
def test_each_batch_has_the_words_and_the_inputs_stay_the_callers(embed, loopback):
    server = loopback(answer_of("vllm"))
    texts = ["a", "", "c"]
    result = embed(**{**at(server, "vllm"), "inputs": texts}, input_type="query", batch_size=2)
    assert sorted(map(texts_of, server.requests)) == [["query: a", "query: "], ["query: c"]]
    assert (texts, len(result.data)) == (["a", "", "c"], 3)


@BOTH
@pytest.mark.parametrize("echo", ["'{}'", "'query: {}'", '["query: {}"]'])
@pytest.mark.parametrize("text", ["My cat", "My cat is called Hieronymus"])
def test_neither_the_text_nor_the_text_with_its_words_is_shown(embed, text, echo, loopback):
    server = loopback(lambda _: Answer(400, json={"error": {"message": f"bad input {echo.format(text)}"}}))
    with pytest.raises(AnyLLMError) as error:
        embed(**{**at(server, "vllm"), "inputs": text}, input_type="query")
    assert text not in str(error.value)
