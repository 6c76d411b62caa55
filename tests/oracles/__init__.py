"""Which calls are held against which official SDK: the table of the wire contract."""

from __future__ import annotations

import msgspec

from oracles import calls, replies
from oracles.cases import FLOATS, ONE_CALL, POLICIES, ROLES, TEXTS, WIDTHS
from oracles.shape import Case, Oracle

__all__ = ["ORACLES", "Case", "Oracle"]

USUAL = ("list_of_one",)
OPENAI = Oracle(
    name="openai",
    provider="openai",
    sdk="openai",
    model="text-embedding-3-small",
    base="/v1",
    embed=calls.through_openai,
    answer=replies.openai_shaped("openai"),
    # It has no word for a role, and with this model none is needed: what is sent is the same.
    cases=(*TEXTS, *WIDTHS, *ROLES, FLOATS, Case("own field", "Hello", extra={"user": "someone"})),
    differences=USUAL,
)
AZURE = Oracle(
    name="azureopenai",
    provider="azureopenai",
    sdk="openai",
    model="our deployment/ü",
    embed=calls.through_azure_dated,
    answer=replies.openai_shaped("azureopenai"),
    cases=(*TEXTS, *WIDTHS),
    client={"api_version": "2024-10-21"},
    differences=USUAL,
)
GEMINI = Oracle(
    name="gemini",
    provider="gemini",
    sdk="google-genai",
    model="gemini-embedding-001",
    embed=calls.through_gemini,
    answer=replies.gemini,
    cases=(*TEXTS, *WIDTHS, *ROLES, Case("own field", "Hello", input_type="document", extra={"title": "A guide"})),
    differences=(),
)
COHERE = Oracle(
    name="cohere",
    provider="cohere",
    sdk="cohere",
    model="embed-v4.0",
    embed=calls.through_cohere,
    answer=replies.cohere,
    cases=(
        *TEXTS,
        *WIDTHS,
        *ROLES,
        *POLICIES,
        Case("clustering", "Hello", input_type="clustering"),
        Case("its own word", "Hello", input_type="search_query"),
        Case("own field", "Hello", extra={"truncate": "END"}),
    ),
    differences=("refuse_overflow_cohere",),
)

OLLAMA = Oracle(
    name="ollama",
    provider="ollama",
    sdk="ollama",
    model="nomic-embed-text:v1.5",
    keyed=False,
    embed=calls.through_ollama,
    answer=replies.ollama,
    cases=(
        *TEXTS,
        *WIDTHS,
        *POLICIES,
        Case("own field", "Hello", extra={"options": {"num_ctx": 512}, "keep_alive": "1m"}),
    ),
    differences=("list_of_one", "refuse_overflow_ollama"),
)
VOYAGE = Oracle(
    name="voyage",
    provider="voyage",
    sdk="voyageai",
    model="voyage-4",
    base="/v1",
    embed=calls.through_voyage,
    answer=replies.openai_shaped("voyage"),
    cases=(*TEXTS, *WIDTHS, *ROLES, *POLICIES, Case("own field", "Hello", extra={"truncation": True})),
    differences=("no_nulls", "refuse_overflow_voyage"),
)
MISTRAL = Oracle(
    name="mistral",
    provider="mistral",
    sdk="mistralai",
    model="codestral-embed",
    embed=calls.through_mistral,
    answer=replies.openai_shaped("mistral"),
    cases=(*TEXTS, *WIDTHS, *ROLES, FLOATS, Case("own field", "Hello", extra={"metadata": {"team": "search"}})),
    differences=("list_of_one", "base64"),
)
TOGETHER = Oracle(
    name="together",
    provider="together",
    sdk="together",
    model="BAAI/bge-base-en-v1.5",
    embed=calls.through_together,
    answer=replies.openai_shaped("together", base64_understood=False),
    cases=tuple(TEXTS),
    differences=USUAL,
)
OPENROUTER = Oracle(
    name="openrouter",
    provider="openrouter",
    sdk="openrouter",
    model="qwen/qwen3-embedding-8b",
    base="/api/v1",
    embed=calls.through_openrouter,
    answer=replies.openai_shaped("openrouter"),
    cases=(*TEXTS, *WIDTHS, *ROLES, FLOATS, Case("own field", "Hello", extra={"user": "someone"})),
    differences=("list_of_one", "base64"),
)

# `api_base` means what the SDK's own base URL means.
BASES = (
    (OPENAI, "", ()),
    (OPENAI, "/proxy/v1/", ()),
    (msgspec.structs.replace(AZURE, name="azureopenai dated"), "/", ()),
    (VOYAGE, "/proxy/v1", ()),
    (VOYAGE, "/v1/", ("one_slash",)),
    (COHERE, "/proxy/", ()),
    (COHERE, "/v1", ()),
    (MISTRAL, "/proxy/", ()),
    (MISTRAL, "/v1", ("version_once",)),
    (GEMINI, "/proxy", ()),
    (GEMINI, "/v1", ("version_once",)),
    (OLLAMA, "/proxy/", ()),
    (TOGETHER, "/proxy/", ()),
    (TOGETHER, "/v1", ("version_once",)),
    (OPENROUTER, "/", ()),
)

ORACLES: tuple[Oracle, ...] = (
    OPENAI,
    msgspec.structs.replace(
        OPENAI,
        name="openai, client options",
        client={
            "organization": "org-1",
            "project": "proj-1",
            "default_headers": {"X-Team": "search"},
            "default_query": {"trace": "a b&c"},
        },
        cases=(TEXTS[0], Case("for one call", "Hello", extra=ONE_CALL)),
    ),
    msgspec.structs.replace(
        AZURE,
        name="azureopenai v1",
        embed=calls.through_azure_v1,
        model="text-embedding-3-small",
        client={},
        differences=("list_of_one", "azure_v1_key_header"),
    ),
    msgspec.structs.replace(AZURE, name="azureopenai dated"),
    msgspec.structs.replace(
        AZURE,
        name="azureopenai dated, azure_deployment",
        client={"api_version": "2024-10-21", "azure_deployment": "elsewhere"},
        cases=tuple(TEXTS[:2]),
    ),
    msgspec.structs.replace(
        AZURE,
        name="azureopenai dated, Entra token",
        keyed=False,
        client={"api_version": "2024-10-21", "azure_ad_token": "entra"},
        cases=tuple(TEXTS[:2]),
    ),
    VOYAGE,
    COHERE,
    msgspec.structs.replace(
        COHERE, name="cohere, client options", client={"client_name": "search"}, cases=tuple(TEXTS[:1])
    ),
    MISTRAL,
    GEMINI,
    msgspec.structs.replace(
        GEMINI, name="gemini, models/", model="models/gemini-embedding-001", cases=tuple(TEXTS[:1])
    ),
    msgspec.structs.replace(
        GEMINI, name="gemini, without usage", answer=replies.gemini_without_usage, cases=tuple(TEXTS[:2])
    ),
    msgspec.structs.replace(GEMINI, name="gemini-embedding-2", model="gemini-embedding-2", cases=(*TEXTS, *WIDTHS)),
    OLLAMA,
    msgspec.structs.replace(
        OLLAMA, name="ollama, with a key", embed=calls.through_ollama_cloud, keyed=True, cases=tuple(TEXTS[:1])
    ),
    TOGETHER,
    OPENROUTER,
    msgspec.structs.replace(
        OPENAI,
        name="vllm",
        provider="vllm",
        model="intfloat/e5-small-v2",
        answer=replies.openai_shaped("vllm"),
        cases=(*TEXTS, *WIDTHS, Case("own field", "Hello", extra={"extra_body": {"truncate_prompt_tokens": 8}})),
    ),
    msgspec.structs.replace(
        OPENAI,
        name="llamacpp",
        provider="llamacpp",
        model="bge-small-en-v1.5",
        answer=replies.openai_shaped("llamacpp"),
        cases=tuple(TEXTS),
    ),
    *(
        msgspec.structs.replace(
            oracle,
            name=f"{oracle} at URL{base}",
            base=base,
            cases=tuple(TEXTS[:1]),
            differences=(*oracle.differences, *more),
        )
        for oracle, base, more in BASES
    ),
)
