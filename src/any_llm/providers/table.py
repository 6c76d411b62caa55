"""Every provider, sorted by name. To add one: docs/adding-a-provider.md."""

from __future__ import annotations

from any_llm.exceptions import InvalidModelError
from any_llm.providers.row import ROLES, Limits, Names, Row

_OPENAI_ALIASES = {"base_url": "api_base"}
_COHERE_ROLES = {
    "query": "search_query",
    "document": "search_document",
    "classification": "classification",
    "clustering": "clustering",
}
_NO_EMBEDDINGS = "its API has no embeddings endpoint."

# fmt: off
_TABLE = (
    Row(
        name="anthropic", title="Anthropic", kind="cloud", embedding=False, reason=_NO_EMBEDDINGS,
        source="https://docs.claude.com/en/docs/build-with-claude/embeddings", read="2026-11-22",
        key_env=("ANTHROPIC_API_KEY",),
    ),
    Row(
        name="azureopenai", title="Azure OpenAI", kind="cloud",
        source="https://learn.microsoft.com/en-us/azure/foundry/reference/rest/embeddings-create-embedding", read="2026-11-22",
        adapter="any_llm.providers.azureopenai", base_env=("AZURE_OPENAI_ENDPOINT",), key_env=("AZURE_OPENAI_API_KEY",),
        auth=("api-key", ""), base64=True, evidence="sdk",
        limits=Limits(items=2048, tokens=300_000, input_tokens=8192),
        names=Names(dimensions="dimensions", refuses_overflow=True),
        one_space=("text-embedding-",),
        token_options=("azure_ad_token", "azure_ad_token_provider"), token_env=("AZURE_OPENAI_AD_TOKEN",),
        client_options=("api_version", "azure_deployment"),
        client_aliases={"azure_endpoint": "api_base", "base_url": "api_base"},
    ),
    Row(
        name="cohere", title="Cohere", kind="cloud", source="https://docs.cohere.com/reference/embed", read="2026-11-22",
        adapter="any_llm.providers.cohere", api_base="https://api.cohere.com", path="/v2/embed",
        base_env=("COHERE_BASE_URL", "CO_API_URL"), key_env=("COHERE_API_KEY", "CO_API_KEY"), evidence="sdk",
        limits=Limits(items=96),
        names=Names(
            dimensions="output_dimension", input_type="input_type", roles=_COHERE_ROLES, default_role="search_document",
            overflow="truncate", policies={"error": "NONE", "truncate": "END"},
        ),
        client_headers={"client_name": "X-Client-Name"}, client_aliases=_OPENAI_ALIASES,
        instead={"request_options": "pass timeout= or extra_headers=, or max_retries in client_args."},
    ),
    Row(
        name="fake", title="Fake (for tests)", kind="in-process", source="src/any_llm/providers/fake.py", read="2026-11-22",
        adapter="any_llm.providers.fake", key_required=False, evidence="server",
        names=Names(
            dimensions="dimensions", input_type="input_type", roles={role: role for role in ROLES},
            overflow="overflow", policies={"error": "error", "truncate": "truncate", "mean": "mean"},
        ),
    ),
    Row(
        name="gemini", title="Google Gemini", kind="cloud", source="https://ai.google.dev/api/embeddings", read="2026-11-22",
        adapter="any_llm.providers.gemini", api_base="https://generativelanguage.googleapis.com",
        base_env=("GOOGLE_GEMINI_BASE_URL",), key_env=("GEMINI_API_KEY", "GOOGLE_API_KEY"), auth=("x-goog-api-key", ""),
        evidence="sdk", limits=Limits(items=100, bytes=4_000_000, input_tokens=2048),
        names=Names(
            dimensions="outputDimensionality", input_type="taskType",
            roles={
                "query": "RETRIEVAL_QUERY", "document": "RETRIEVAL_DOCUMENT", "classification": "CLASSIFICATION",
                "clustering": "CLUSTERING", "similarity": "SEMANTIC_SIMILARITY",
            },
        ),
        client_options=("api_version",), client_aliases=_OPENAI_ALIASES,
        instead={
            "config": "pass its fields by the API's names, taskType=... or outputDimensionality=..., or use input_type= and dimensions=.",
        },
    ),
    Row(
        name="groq", title="Groq", kind="cloud", embedding=False, reason=_NO_EMBEDDINGS,
        source="https://console.groq.com/docs/api-reference", read="2026-11-22", key_env=("GROQ_API_KEY",),
    ),
    Row(
        name="llamacpp", title="llama.cpp server", kind="server",
        source="https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md", read="2026-11-22",
        api_base="http://127.0.0.1:8080/v1", base_env=("LLAMACPP_API_BASE",), key_env=("LLAMACPP_API_KEY",),
        key_required=False, base64=True, names=Names(refuses_overflow=True), client_aliases=_OPENAI_ALIASES, evidence="sdk",
    ),
    Row(
        name="local", title="In this process", kind="in-process",
        source="https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2", read="2026-11-22",
        adapter="any_llm.local.adapter", key_required=False, extra="local", evidence="server",
        limits=Limits(items=512, input_tokens=256),
        names=Names(policies={"truncate": "truncate", "mean": "mean"}, refuses_overflow=True),
        one_space=("all-MiniLM-",),
    ),
    Row(
        name="mistral", title="Mistral AI", kind="cloud", source="https://docs.mistral.ai/api/endpoint/embeddings", read="2026-11-22",
        api_base="https://api.mistral.ai", path="/v1/embeddings", base_env=("MISTRAL_API_BASE",), key_env=("MISTRAL_API_KEY",),
        base64=True, evidence="sdk", limits=Limits(items=512, tokens=16_384, input_tokens=8192),
        names=Names(dimensions="output_dimension", refuses_overflow=True), one_space=("mistral-embed", "codestral-embed"),
        client_options=("timeout_ms",), client_aliases={"server_url": "api_base"},
        instead={"http_headers": "pass extra_headers=.", "retries": "pass max_retries in client_args."},
    ),
    Row(
        name="ollama", title="Ollama", kind="server",
        source="https://github.com/ollama/ollama/blob/main/docs/api.md#generate-embeddings", read="2026-11-22",
        adapter="any_llm.providers.ollama", api_base="http://127.0.0.1:11434", path="/api/embed",
        base_env=("OLLAMA_HOST",), key_env=("OLLAMA_API_KEY",), key_required=False, evidence="sdk", bare_host=True,
        names=Names(dimensions="dimensions", overflow="truncate", policies={"error": False, "truncate": True}),
        client_aliases={"host": "api_base", "headers": "default_headers"},
    ),
    Row(
        name="openai", title="OpenAI", kind="cloud",
        source="https://platform.openai.com/docs/api-reference/embeddings/create", read="2026-11-22",
        api_base="https://api.openai.com/v1", base_env=("OPENAI_BASE_URL",), key_env=("OPENAI_API_KEY",),
        base64=True, evidence="sdk", limits=Limits(items=2048, tokens=300_000, input_tokens=8192),
        names=Names(dimensions="dimensions", refuses_overflow=True), one_space=("text-embedding-",),
        client_headers={"organization": "OpenAI-Organization", "project": "OpenAI-Project"},
        client_env={"organization": "OPENAI_ORG_ID", "project": "OPENAI_PROJECT_ID"}, client_aliases=_OPENAI_ALIASES,
    ),
    Row(
        name="openrouter", title="OpenRouter", kind="gateway",
        source="https://openrouter.ai/docs/api_reference/embeddings", read="2026-11-22",
        api_base="https://openrouter.ai/api/v1", base_env=("OPENROUTER_API_BASE",), key_env=("OPENROUTER_API_KEY",),
        base64=True, evidence="sdk",
        names=Names(dimensions="dimensions", input_type="input_type", roles=_COHERE_ROLES),
        client_headers={
            "http_referer": "HTTP-Referer", "x_open_router_title": "X-OpenRouter-Title",
            "x_open_router_categories": "X-OpenRouter-Categories",
        },
        client_aliases={"base_url": "api_base", "server_url": "api_base"}, client_options=("timeout_ms",),
    ),
    Row(
        name="together", title="Together AI", kind="cloud", source="https://docs.together.ai/reference/embeddings", read="2026-11-22",
        api_base="https://api.together.ai", path="/v1/embeddings", base_env=("TOGETHER_API_BASE", "TOGETHER_BASE_URL"),
        key_env=("TOGETHER_API_KEY",), client_aliases=_OPENAI_ALIASES, evidence="sdk",
    ),
    Row(
        name="vllm", title="vLLM", kind="server",
        source="https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html", read="2026-11-22",
        api_base="http://localhost:8000/v1", base_env=("VLLM_API_BASE",), key_env=("VLLM_API_KEY",), key_required=False,
        base64=True, evidence="sdk",
        names=Names(
            dimensions="dimensions", overflow="truncate_prompt_tokens", policies={"truncate": -1}, refuses_overflow=True
        ),
        client_aliases=_OPENAI_ALIASES,
    ),
    Row(
        name="voyage", title="Voyage AI", kind="cloud", source="https://docs.voyageai.com/reference/embeddings-api", read="2026-11-22",
        api_base="https://api.voyageai.com/v1", base_env=("VOYAGE_API_BASE",), key_env=("VOYAGE_API_KEY",),
        key_bases={"al-": "https://ai.mongodb.com/v1"}, base64=True, evidence="sdk",
        limits=Limits(items=1000, tokens=120_000),
        names=Names(
            dimensions="output_dimension", input_type="input_type", roles={"query": "query", "document": "document"},
            overflow="truncation", policies={"error": False, "truncate": True},
        ),
        client_aliases=_OPENAI_ALIASES,
    ),
)
# fmt: on

ROWS: dict[str, Row] = {row.name: row for row in _TABLE}


def compatible(name: str) -> Row:
    """Describe a server of the caller's own that answers as OpenAI does."""
    if not name.strip():
        raise InvalidModelError("name must say what the endpoint is called.")
    return Row(
        name=name, title=name, kind="server", source="the caller", read="2026-11-22", key_required=False, base64=True,
        names=Names(dimensions="dimensions"), client_aliases=_OPENAI_ALIASES,
    )  # fmt: skip


def supported() -> list[str]:
    """Names of the providers that make embeddings."""
    return [row.name for row in ROWS.values() if row.embedding]
