"""Does each model get the words its card asks for, by every name people give it, and an unknown one nothing?"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from any_llm.providers.model_names import spellings
from any_llm.providers.prompts import FAMILIES, family, prompt
from any_llm.providers.row import ROLES

PAGE = (Path(__file__).parent.parent / "docs" / "models.md").read_text(encoding="utf-8")

# As the cards print them, query first; the code is not asked.
BGE = "Represent this sentence for searching relevant passages: "
INSTRUCT = "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery: "
GOOGLE = ("task: search result | query: ", "title: none | text: ")

ASYMMETRIC = [
    # Ollama
    ("nomic-embed-text", "search_query: ", "search_document: "),
    ("nomic-embed-text:v1.5", "search_query: ", "search_document: "),
    ("nomic-embed-text:137m-v1.5-fp16", "search_query: ", "search_document: "),
    ("nomic-embed-text-v2-moe:latest", "search_query: ", "search_document: "),
    ("mxbai-embed-large:335m-v1-fp16", BGE, ""),
    ("snowflake-arctic-embed:33m", BGE, ""),
    ("snowflake-arctic-embed2:568m", "query: ", ""),
    ("qwen3-embedding:0.6b", INSTRUCT.removesuffix(" "), ""),  # "Query:{query}" in its card
    ("embeddinggemma:300m", *GOOGLE),
    ("embeddinggemma-2:740m", *GOOGLE),
    ("jeffh/intfloat-multilingual-e5-large-instruct:q8_0", INSTRUCT, ""),
    ("hf.co/Qwen/Qwen3-Embedding-8B-GGUF:Q4_K_M", INSTRUCT.removesuffix(" "), ""),
    ("hf.co/nomic-ai/nomic-embed-text-v1.5-GGUF", "search_query: ", "search_document: "),
    # vLLM, TEI, Together, Hugging Face
    ("intfloat/e5-base-v2", "query: ", "passage: "),
    ("intfloat/e5-large", "query: ", "passage: "),
    ("intfloat/multilingual-e5-small", "query: ", "passage: "),
    ("intfloat/multilingual-e5-large-instruct", INSTRUCT, ""),
    ("BAAI/bge-base-en-v1.5", BGE, ""),
    ("BAAI/bge-small-en", BGE, ""),
    ("BAAI/bge-large-zh-v1.5", "为这个句子生成表示以用于检索相关文章：", ""),  # noqa: RUF001
    (
        "BAAI/bge-multilingual-gemma2",
        "<instruct>Given a web search query, retrieve relevant passages that answer the query.\n<query>",
        "",
    ),
    ("Snowflake/snowflake-arctic-embed-m-v1.5", BGE, ""),
    ("Snowflake/snowflake-arctic-embed-l-v2.0", "query: ", ""),
    ("mixedbread-ai/mxbai-embed-large-v1", BGE, ""),
    ("WhereIsAI/UAE-Large-V1", BGE, ""),
    ("Alibaba-NLP/gte-Qwen2-1.5B-instruct", INSTRUCT, ""),
    ("nomic-ai/modernbert-embed-base", "search_query: ", "search_document: "),
    ("nomic-ai/CodeRankEmbed", "Represent this query for searching relevant code: ", ""),
    ("jinaai/jina-embeddings-v5-text-small-retrieval", "Query: ", "Document: "),
    ("jinaai/jina-embeddings-v4-vllm-retrieval", "Query: ", "Passage: "),
    # clouds and gateways
    ("accounts/fireworks/models/qwen3-embedding-0p6b", INSTRUCT.removesuffix(" "), ""),
    ("@cf/baai/bge-small-en-v1.5", BGE, ""),
    ("multilingual-e5-large-instruct-maas", INSTRUCT, ""),
    ("models/gemini-embedding-2", *GOOGLE),
    ("google/gemini-embedding-2-preview", *GOOGLE),
    # LM Studio, llama.cpp, a folder
    ("text-embedding-nomic-embed-text-v1.5@q4_k_m", "search_query: ", "search_document: "),
    ("./models/bge-base-en-v1.5-q8_0.gguf", BGE, ""),
    ("/data/embeddinggemma-300m-qat-q4_0.gguf", *GOOGLE),
    ("C:\\models\\multilingual-e5-base\\", "query: ", "passage: "),
    ("hub/models--intfloat--e5-small-v2/snapshots/ffb93f3bd4047442299a41ebb6fa998a38507c52", "query: ", "passage: "),
]


@pytest.mark.parametrize(("model", "query", "document"), ASYMMETRIC)
def test_a_query_and_a_document_get_what_the_card_prints(model, query, document):
    assert (prompt(model, "query"), prompt(model, "document")) == (query, document)


ONE_SPACE = [
    *("bge-m3", "bge-m3:567m", "BAAI/bge-m3", "@cf/baai/bge-m3", "text-embedding-bge-m3", "Pro/BAAI/bge-m3"),
    *("all-minilm:33m", "sentence-transformers/all-MiniLM-L6-v2", "all-MiniLM-L12-v2", "all-mpnet-base-v2"),
    *("text-embedding-3-small", "openai/text-embedding-3-large", "text-embedding-ada-002", "mistral-embed"),
    *("thenlper/gte-large", "Alibaba-NLP/gte-modernbert-base", "jinaai/jina-embeddings-v2-base-de"),
    *("ibm-granite/granite-embedding-english-r2", "granite-embedding:278m", "amazon.titan-embed-text-v2:0"),
    "arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-embed-text-v2:0",
]


@pytest.mark.parametrize("model", ONE_SPACE)
@pytest.mark.parametrize("role", ["query", "document"])
def test_one_space_needs_nothing(model, role):
    assert prompt(model, role) == ""


@pytest.mark.parametrize(
    ("model", "role", "text"),
    [
        ("intfloat/e5-base-v2", "similarity", "query: "),  # "for tasks other than retrieval, simply use query:"
        ("intfloat/multilingual-e5-large", "clustering", "query: "),
        ("nomic-embed-text:v1.5", "classification", "classification: "),
        ("nomic-embed-text:v1.5", "clustering", "clustering: "),
        ("nomic-ai/nomic-embed-text-v2-moe", "similarity", "classification: "),  # "STS" in its configuration
        ("google/embeddinggemma-300m", "similarity", "task: sentence similarity | query: "),
        ("google/embeddinggemma-300m", "classification", "task: classification | query: "),
        ("gemini-embedding-2", "clustering", "task: clustering | query: "),
        ("mxbai-embed-large", "similarity", ""),  # "besides that you don't need any prompt"
    ],
)
def test_other_roles_get_what_the_card_prints(model, role, text):
    assert prompt(model, role) == text


@pytest.mark.parametrize(
    ("model", "role"),
    [("nomic-embed-text", "similarity"), ("text-embedding-3-small", "clustering"), ("bge-m3", "classification")],
)
def test_a_role_the_card_does_not_know_is_told_from_an_unknown_model(model, role):
    found = family(model)
    assert found is not None
    assert role not in found.roles
    assert prompt(model, role) is None


@pytest.mark.parametrize(
    "model",
    [
        *("", "gpt-4", "my-model", "jina-embeddings-v3", "jinaai/jina-embeddings-v4", "voyage-4-nano"),
        *("me/bge-base-en-v1.5-finetuned-on-law", "upskyy/bge-m3-korean", "bge-reranker-v2-m3", "e5-omni", "e5"),
        *("multilingual-e5-large-instruct-ft", "nomic-embed-vision-v1.5", "qwen3-reranker:0.6b", "qwen3:8b"),
        *("intfloat/e5-mistral-7b-instruct", "BAAI/bge-en-icl", "Snowflake/snowflake-arctic-embed-m-v2.0"),
    ],
)
@pytest.mark.parametrize("role", ["query", "document"])
def test_an_unknown_model_gets_no_guess(model, role):
    assert family(model) is None
    assert prompt(model, role) is None


@given(st.text())
@example("bge-m3 ")
@example("BGE-M3:")
@example("a/:@")
def test_whatever_is_asked_the_answer_is_none_unless_a_whole_name_is_known(model):
    known = [each for each in FAMILIES for name in spellings(model) if re.fullmatch(each.pattern, name)]
    assert family(model) == (known[0] if known else None)
    assert family(f"not-{model.rpartition('/')[2]}-at-all") is None


@pytest.mark.parametrize("each", FAMILIES, ids=lambda each: each.name)
def test_a_family_says_where_its_words_were_read(each):
    assert each.source.startswith("https://")
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", each.read)
    assert {"query", "document"} <= each.roles.keys() <= {*ROLES}
    assert each.roles["query"] != each.roles["document"] or not any(each.roles.values())
    assert f"[{each.name}]({each.source})" in PAGE


@pytest.mark.parametrize("each", [each for each in FAMILIES if any(each.roles.values())], ids=lambda each: each.name)
def test_the_page_shows_the_words(each):
    line = next(line for line in PAGE.splitlines() if line.startswith(f"| [{each.name}]"))
    shown = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[2:4]]
    written = [
        f"`{text}`".replace("\n", "\\n").replace("|", "\\|") if text else "(nothing)"
        for text in (each.roles["query"], each.roles["document"])
    ]
    assert shown == written
    assert all(role in line.rpartition("|")[0].rpartition("|")[2] for role in each.roles.keys() - {"query", "document"})


def test_a_name_belongs_to_one_family():
    names = {name for model, *_ in ASYMMETRIC for name in spellings(model)} | {*ONE_SPACE}
    doubled = {name for name in names if sum(bool(re.fullmatch(each.pattern, name)) for each in FAMILIES) > 1}
    assert doubled == set()
