"""Rows that wait for their place in the table; this file goes when they stand there."""

from __future__ import annotations

from any_llm.providers.row import Limits, Names, Row
from any_llm.providers.table import ROWS as TABLE

_OPENAI_ALIASES = {"base_url": "api_base"}
_WIDTH = Names(dimensions="dimensions")

# fmt: off
# ruff: noqa: E501
_TABLE = (
    Row(
        name="huggingface", title="Hugging Face Inference", kind="cloud",
        source="https://huggingface.co/docs/inference-providers/tasks/feature-extraction", read="2026-11-22",
        adapter="any_llm.providers.huggingface", api_base="https://router.huggingface.co/hf-inference",
        base_env=("HUGGINGFACE_API_BASE",), key_env=("HF_TOKEN",), evidence="sdk", limits=Limits(items=32),
        names=Names(
            input_type="prompt_name", roles={"query": "query", "document": "document"},
            overflow="truncate", policies={"error": False, "truncate": True},
        ),
        token_options=("token",), client_headers={"bill_to": "X-HF-Bill-To"},
        client_aliases={"base_url": "api_base", "headers": "default_headers"},
    ),
    Row(
        name="infinity", title="Infinity", kind="server", source="https://michaelfeil.eu/infinity/", read="2026-11-22",
        api_base="http://localhost:7997", base_env=("INFINITY_API_BASE",), key_env=("INFINITY_API_KEY",), key_required=False,
        limits=Limits(items=2048), base64=True, evidence="sdk", names=_WIDTH, client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="isaacus", title="Isaacus", kind="cloud",
        source="https://docs.isaacus.com/api-reference/embeddings/embedding", read="2026-11-22",
        adapter="any_llm.providers.isaacus", api_base="https://api.isaacus.com/v1", base_env=("ISAACUS_BASE_URL",),
        key_env=("ISAACUS_API_KEY",), evidence="sdk", limits=Limits(items=128),
        names=Names(
            dimensions="dimensions", input_type="task",
            roles={"query": "retrieval/query", "document": "retrieval/document"},
            overflow="overflow_strategy", policies={"error": None, "truncate": "drop_end"},  # null is its word for refusing
        ),
        client_aliases=_OPENAI_ALIASES,
    ),
    Row(
        name="jina", title="Jina AI", kind="cloud", source="https://github.com/tryAGI/Jina/blob/2a3f424/src/libs/Jina/openapi.json", read="2026-11-22",
        adapter="any_llm.providers.jina", api_base="https://api.jina.ai/v1", base_env=("JINA_AI_API_BASE",),
        key_env=("JINA_API_KEY", "JINA_AI_API_KEY"), base64=True,
        limits=Limits(items=512),  # newer models; older ones take 2,048
        names=Names(  # of jina-embeddings-v5; its adapter knows the other models
            dimensions="dimensions", input_type="task",
            roles={
                "query": "retrieval.query", "document": "retrieval.passage", "classification": "classification",
                "clustering": "clustering", "similarity": "text-matching",
            },
            overflow="truncate", policies={"truncate": True}, refuses_overflow=True,
        ),
        client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="lmstudio", title="LM Studio", kind="server",
        source="https://lmstudio.ai/docs/developer/openai-compat", read="2026-11-22",
        adapter="any_llm.providers.lmstudio", api_base="http://localhost:1234/v1", path="/v1/embeddings", bare_host=True,
        base_env=("LM_STUDIO_API_BASE",), key_env=("LM_STUDIO_API_KEY", "LM_API_TOKEN"), key_required=False, evidence="sdk",
        client_aliases={"base_url": "api_base", "api_host": "api_base"}, lists_models=True,
    ),
    Row(
        name="mixedbread", title="Mixedbread", kind="cloud",
        source="https://www.mixedbread.com/api-reference/endpoints/embeddings/create-embeddings", read="2026-11-22",
        api_base="https://api.mixedbread.com", path="/v1/embeddings", base_env=("MIXEDBREAD_BASE_URL",),
        key_env=("MXBAI_API_KEY", "MIXEDBREAD_API_KEY"), limits=Limits(items=256), base64=True, evidence="sdk",
        names=_WIDTH, client_aliases=_OPENAI_ALIASES,
    ),
    Row(
        name="nomic", title="Nomic Atlas", kind="cloud",
        source="https://docs.nomic.ai/atlas/models/text-embedding", read="2026-11-22",
        adapter="any_llm.providers.nomic", api_base="https://api-atlas.nomic.ai", path="/v1/embedding/text",
        base_env=("ATLAS_API_PATH",), key_env=("NOMIC_API_KEY", "ATLAS_API_KEY"), evidence="sdk",
        limits=Limits(items=400, input_tokens=8192),
        names=Names(
            dimensions="dimensionality", input_type="task_type",
            roles={
                "query": "search_query", "document": "search_document", "classification": "classification",
                "clustering": "clustering",
            },
            default_role="search_document", overflow="long_text_mode", policies={"truncate": "truncate", "mean": "mean"},
        ),
        client_aliases=_OPENAI_ALIASES,
        instead={"inference_mode": "it runs at Nomic; to run a model here use provider='local'."},
    ),
    Row(
        name="perplexity", title="Perplexity", kind="cloud",
        source="https://docs.perplexity.ai/api-reference/embeddings-post", read="2026-11-22",
        adapter="any_llm.providers.perplexity", api_base="https://api.perplexity.ai", path="/v1/embeddings",
        base_env=("PERPLEXITY_BASE_URL",), key_env=("PERPLEXITY_API_KEY", "PPLX_API_KEY"), evidence="sdk",
        limits=Limits(items=512, tokens=120_000, input_tokens=32_768), names=_WIDTH,
        one_space=("pplx-embed-",), client_aliases=_OPENAI_ALIASES,
    ),
    Row(
        name="tei", title="Text Embeddings Inference", kind="server",
        source="https://huggingface.co/docs/text-embeddings-inference/quick_tour", read="2026-11-22",
        adapter="any_llm.providers.tei", api_base="http://localhost:3000", path="/embed", base_env=("TEI_API_BASE",),
        key_env=("TEI_API_KEY",), key_required=False, evidence="sdk", limits=Limits(items=32, bytes=1_900_000),
        names=Names(
            dimensions="dimensions", input_type="prompt_name", roles={"query": "query", "document": "document"},
            overflow="truncate", policies={"error": False, "truncate": True},
        ),
        client_aliases=_OPENAI_ALIASES,
    ),
)
# fmt: on
ROWS = {**TABLE, **{row.name: row for row in _TABLE}}
