"""What does a model want written before a text, so that a query and a document meet? By family, from its card.

Only what was read is here. A model that picks an adapter as well (jina-embeddings-v3) is not helped by a prefix alone.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from any_llm.providers.model_names import spellings

if TYPE_CHECKING:
    from collections.abc import Mapping


class Family(NamedTuple):
    """Models that want the same words. A role that is missing from `roles` is one they were not made for."""

    name: str
    pattern: str
    """Matches the whole of a name as `spellings` gives it, so that somebody's fine-tune is not taken for it."""
    roles: Mapping[str, str]
    """Our role -> what stands before the text; "" where the card wants nothing."""
    source: str
    read: str = "2026-11-22"


def family(model: str) -> Family | None:
    """Family of a model by any of its names. None: unknown, so nothing may be guessed."""
    return _family(spellings(model))


def prompt(model: str, role: str) -> str | None:
    """Text to put before each input, "" where none is needed.

    None: the model is unknown, or (when `family` knows it) it was not made for that role.
    """
    found = family(model)
    return None if found is None else found.roles.get(role)


@lru_cache(maxsize=256)
def _family(names: tuple[str, ...]) -> Family | None:
    return next((each for name in names for each in FAMILIES if re.fullmatch(each.pattern, name)), None)


_TASK = "Given a web search query, retrieve relevant passages that answer the query"
_SEARCH = "Represent this sentence for searching relevant passages: "
_ONE_SPACE = {"query": "", "document": ""}
_GOOGLE = {
    "query": "task: search result | query: ",
    "document": "title: none | text: ",
    "classification": "task: classification | query: ",
    "clustering": "task: clustering | query: ",
    "similarity": "task: sentence similarity | query: ",
}
_NOMIC = {
    "query": "search_query: ",
    "document": "search_document: ",
    "classification": "classification: ",
    "clustering": "clustering: ",
}
_HUB = "https://huggingface.co/"
_MTEB = "https://github.com/embeddings-benchmark/mteb/tree/a905523/mteb/models/model_implementations"
"""The benchmark's own wrappers; they follow the cards."""

# fmt: off
FAMILIES = (
    Family(
        "E5 instruct", r"multilingual-e5-large-instruct(?:-maas)?",
        {"query": f"Instruct: {_TASK}\nQuery: ", "document": ""}, _HUB + "intfloat/multilingual-e5-large-instruct",
    ),
    Family(
        "E5", r"(?:multilingual-)?e5-(?:small|base|large)(?:-v2)?",
        {
            "query": "query: ", "document": "passage: ",
            "classification": "query: ", "clustering": "query: ", "similarity": "query: ",
        },
        _HUB + "intfloat/e5-base-v2",
    ),
    Family("BGE-M3", r"bge-m3", _ONE_SPACE, "https://github.com/FlagOpen/FlagEmbedding/tree/master/research/BGE_M3"),
    Family(
        "BGE English", r"bge-(?:small|base|large)-en(?:-v1\.5)?",
        {"query": _SEARCH, "document": ""}, "https://github.com/FlagOpen/FlagEmbedding#model-list",
    ),
    Family(
        "BGE Chinese", r"bge-(?:small|base|large)-zh(?:-v1\.5)?",
        {"query": "为这个句子生成表示以用于检索相关文章：", "document": ""},  # noqa: RUF001  # its own colon
        "https://github.com/FlagOpen/FlagEmbedding#model-list",
    ),
    Family(
        "BGE Gemma 2", r"bge-multilingual-gemma2",
        {"query": f"<instruct>{_TASK}.\n<query>", "document": ""},
        "https://github.com/FlagOpen/FlagEmbedding/tree/master/examples/inference/embedder",
    ),
    Family("Nomic", r"nomic-embed-text(?:-v1(?:\.5)?)?", _NOMIC, _HUB + "nomic-ai/nomic-embed-text-v1.5"),
    Family(
        "Nomic v2", r"nomic-embed-text-v2-moe", {**_NOMIC, "similarity": "classification: "},
        _HUB + "nomic-ai/nomic-embed-text-v2-moe/blob/main/config_sentence_transformers.json",
    ),
    Family(
        "ModernBERT Embed", r"modernbert-embed-base", {"query": "search_query: ", "document": "search_document: "},
        _MTEB + "/nomic_models.py",
    ),
    Family(
        "Nomic code", r"nomic-embed-code|coderankembed",
        {"query": "Represent this query for searching relevant code: ", "document": ""},
        _HUB + "nomic-ai/CodeRankEmbed",
    ),
    Family(
        "mxbai", r"mxbai-embed-large(?:-v1)?",
        {"query": _SEARCH, "document": "", "classification": "", "clustering": "", "similarity": ""},
        _HUB + "mixedbread-ai/mxbai-embed-large-v1",
    ),
    Family("UAE", r"uae-large-v1", {"query": _SEARCH, "document": ""}, _MTEB + "/uae_models.py"),
    Family(
        "Arctic Embed", r"snowflake-arctic-embed(?:-(?:xs|s|m|m-long|m-v1\.5|l))?",
        {"query": _SEARCH, "document": ""}, "https://github.com/Snowflake-Labs/arctic-embed",
    ),
    Family(
        "Arctic Embed 2", r"snowflake-arctic-embed2|snowflake-arctic-embed-l-v2\.0(?:-8k)?",
        {"query": "query: ", "document": ""}, _HUB + "Snowflake/snowflake-arctic-embed-l-v2.0",
    ),
    Family("GTE", r"gte-(?:small|base|large)", _ONE_SPACE, _HUB + "thenlper/gte-small"),
    Family(
        "GTE v1.5 and later", r"gte-(?:base-en-v1\.5|multilingual-base|modernbert-base)", _ONE_SPACE,
        _MTEB + "/gte_models.py",
    ),
    Family(
        "GTE Qwen2", r"gte-qwen2-(?:1\.5b|7b)-instruct",
        {"query": f"Instruct: {_TASK}\nQuery: ", "document": ""}, _HUB + "Alibaba-NLP/gte-Qwen2-7B-instruct",
    ),
    Family(
        "Qwen3 Embedding", r"qwen3-embedding(?:-(?:0\.6|4|8)b)?",
        {"query": f"Instruct: {_TASK}\nQuery:", "document": ""},  # no blank after its colon
        "https://github.com/QwenLM/Qwen3-Embedding",
    ),
    Family(
        "EmbeddingGemma", r"embeddinggemma(?:-2)?(?:-\d+m)?", _GOOGLE,
        "https://ai.google.dev/gemma/docs/embeddinggemma/model_card",
    ),
    Family(
        "Gemini Embedding 2", r"gemini-embedding-2(?:-preview)?", _GOOGLE,
        "https://ai.google.dev/gemini-api/docs/embeddings#task-types-embeddings-2",
    ),
    Family(
        "Jina v2", r"jina-embeddings-v2-(?:small-en|base-(?:en|de|es|zh|code))", _ONE_SPACE,
        "https://github.com/qdrant/fastembed/tree/c48247f/fastembed/text",
    ),
    Family(
        "Jina v4 retrieval", r"jina-embeddings-v4-(?:vllm|text)-retrieval",
        {"query": "Query: ", "document": "Passage: "}, _HUB + "jinaai/jina-embeddings-v4-text-retrieval-GGUF",
    ),
    Family(
        "Jina v5 retrieval", r"jina-embeddings-v5-text-(?:small|nano)-retrieval",
        {"query": "Query: ", "document": "Document: "}, _HUB + "jinaai/jina-embeddings-v5-text-small-retrieval",
    ),
    Family(
        "Granite",
        r"granite-embedding(?:-(?:30m|278m|30m-english|125m-english|(?:107|278)m-multilingual|(?:small-)?english-r2"
        r"|(?:97|311)m-multilingual-r2))?",
        _ONE_SPACE, "https://github.com/ibm-granite/granite-embedding-models",
    ),
    Family(
        "Sentence Transformers",
        r"all-minilm(?:-l(?:6|12)-v2)?|all-mpnet-base-v2|multi-qa-(?:minilm-l6-cos|mpnet-base-dot)-v1"
        r"|paraphrase-multilingual(?:-(?:minilm-l12|mpnet-base)-v2)?|labse",
        _ONE_SPACE, _MTEB + "/sentence_transformers_models.py",
    ),
    Family("Perplexity", r"pplx-embed-v1-(?:0\.6|4)b", _ONE_SPACE, _MTEB + "/perplexity_models.py"),
    Family("M3E", r"m3e-(?:small|base|large)", _ONE_SPACE, _MTEB + "/moka_models.py"),
    Family(
        "text2vec", r"text2vec-base-(?:chinese(?:-paraphrase)?|multilingual)", _ONE_SPACE, _MTEB + "/text2vec_models.py"
    ),
    Family(
        "Potion", r"potion-(?:base-(?:2|4|8|32)m|retrieval-32m|multilingual-128m)", _ONE_SPACE,
        _MTEB + "/model2vec_models.py",
    ),
    Family(
        "OpenAI", r"text-embedding-(?:3-(?:small|large)|ada-002)(?:-v2)?", _ONE_SPACE,
        "https://platform.openai.com/docs/guides/embeddings",
    ),
    Family(
        "Mistral", r"mistral-embed(?:-2312)?|codestral-embed(?:-2505)?", _ONE_SPACE,
        "https://docs.mistral.ai/api/endpoint/embeddings",
    ),
    Family(
        "Titan", r"amazon\.titan-embed-text-v[12]", _ONE_SPACE,
        "https://docs.aws.amazon.com/bedrock/latest/userguide/titan-embedding-models.html",
    ),
)
# fmt: on
