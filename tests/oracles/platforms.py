"""Which calls are held against which platform's official SDK, and how the server answers both."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from loopback import Answer, Request
from oracles import platform_calls as calls
from oracles.cases import FLOATS, ROLES, TEXTS, WIDTHS
from oracles.replies import EXAMPLES, WIDTH, pack, tokens, vector
from oracles.shape import Case, Oracle

if TYPE_CHECKING:
    from collections.abc import Callable

NOT_HELD = {
    "minimax": "No Python SDK of MiniMax with an embeddings call was found.",
    "qianfan": "Baidu's SDK (qianfan 0.4.12.3) can be pointed at a server of one's own, but embeds through the older "
    "v1 API alone: another host and path, the model in the path, an access token in the query. Of what we send to v2, "
    "as its page documents it, only `input` is there to compare.",
}
"""The platforms without an oracle, and why."""


def example(provider: str) -> Any:
    """Read the reply kept for this platform; replies/README.md says where its shape was read."""
    return json.loads((EXAMPLES / "platforms.json").read_text(encoding="utf-8"))[provider]


def cloudflare(request: Request) -> Answer:
    """POST .../ai/run/{model}."""
    (texts,) = (value for name, value in request.json.items() if name in {"text", "queries", "documents"})
    reply = example("cloudflare")
    reply["result"]["data"] = [vector(text, WIDTH) for text in listed(texts)]
    reply["result"]["shape"] = [len(listed(texts)), WIDTH]
    return Answer(json=reply)


def replicate(request: Request) -> Answer:
    """POST .../predictions, which is done at once."""
    reply = example("replicate")
    reply["input"] = given = request.json["input"]
    texts = given["texts"] if "texts" in given else json.loads(given["sentences"])
    vectors = [vector(text, WIDTH) for text in texts]
    reply["output"] = vectors if "texts" in given else [{"embedding": numbers} for numbers in vectors]
    return Answer(201, json=reply)


def dashscope(request: Request) -> Answer:
    """POST .../text-embedding/text-embedding."""
    texts, reply = request.json["input"]["texts"], example("dashscope")
    width = request.json["parameters"].get("dimension", WIDTH)
    reply["output"]["embeddings"] = [{"text_index": i, "embedding": vector(t, width)} for i, t in enumerate(texts)]
    reply["usage"]["total_tokens"] = tokens(texts)
    return Answer(json=reply)


def snowflake(request: Request) -> Answer:
    """POST /api/v2/cortex/inference:embed."""
    texts, reply = request.json["text"], example("snowflake")
    item = reply["data"][0]
    reply["data"] = [{**item, "embedding": [vector(text, WIDTH)], "index": i} for i, text in enumerate(texts)]
    reply["usage"]["total_tokens"] = tokens(texts)
    return Answer(json=reply)


def openai_shaped(provider: str) -> Callable[[Request], Answer]:
    """POST .../embeddings, or .../invocations, as OpenAI defined it."""

    def answer(request: Request) -> Answer:
        if request.method == "GET":  # the Databricks SDK asks a host how to log in; this one has nothing to say
            return Answer(404, json={})
        body, reply = request.json, example(provider)
        texts, packed = listed(body["input"]), body.get("encoding_format") == "base64"
        reply["model"], item = body.get("model", reply["model"]), reply["data"][0]
        vectors = [vector(text, body.get("dimensions") or WIDTH) for text in texts]
        reply["data"] = [{**item, "index": i, "embedding": pack(v) if packed else v} for i, v in enumerate(vectors)]
        reply["usage"]["prompt_tokens"] = reply["usage"]["total_tokens"] = tokens(texts)
        return Answer(json=reply)

    return answer


def listed(texts: Any) -> list[str]:
    """One text may stand alone."""
    return [texts] if isinstance(texts, str) else texts


CLOUDFLARE = Oracle(
    name="cloudflare",
    provider="cloudflare",
    sdk="cloudflare",
    model="@cf/baai/bge-m3",
    embed=calls.through_cloudflare,
    answer=cloudflare,
    cases=(
        *TEXTS,
        Case("overflow is cut", ["Hello", "Goodbye"], overflow="truncate"),
        Case("overflow is an error", ["Hello", "Goodbye"], overflow="error"),
        Case("own field", ["Hello", "Goodbye"], extra={"pooling": "cls"}),
    ),
    differences=("list_of_one", "slashes_stay"),
    client={"account_id": "account-1"},
)
PLACED = {"input": {"texts": "$texts", "normalize_embeddings": True}}
REPLICATE = Oracle(
    name="replicate",
    provider="replicate",
    sdk="replicate",
    model="somebody/e5-large",
    embed=calls.through_replicate,
    answer=replicate,
    cases=tuple(replace(case, extra=PLACED) for case in TEXTS),
    differences=("held_for_less",),
)
DASHSCOPE = Oracle(
    name="dashscope",
    provider="dashscope",
    sdk="dashscope",
    model="text-embedding-v4",
    base="/api/v1",
    embed=calls.through_dashscope,
    answer=dashscope,
    cases=(*TEXTS, *WIDTHS, *ROLES, Case("own field", "Hello", input_type="query", extra={"instruct": "Find it"})),
    differences=("charset_left_out",),
)
YANDEX = Oracle(
    name="yandex",
    provider="yandex",
    sdk="yandex-ai-studio-sdk",
    model="text-search-doc",
    base="/v1",
    embed=calls.through_yandex,
    answer=openai_shaped("yandex"),
    cases=(*TEXTS, *WIDTHS, Case("own field", "Hello", extra={"user": "someone"})),
    differences=(),
    client={"folder_id": "folder-1"},
)
PLATFORMS: tuple[Oracle, ...] = (
    CLOUDFLARE,
    replace(
        CLOUDFLARE,
        name="cloudflare qwen3",
        model="@cf/qwen/qwen3-embedding-0.6b",
        cases=(*TEXTS[:1], *(case for case in ROLES if case.dimensions is None)),
    ),
    REPLICATE,
    replace(
        REPLICATE,
        name="replicate, a version, texts as JSON",
        model="somebody/mpnet:a1b2c3",
        cases=tuple(replace(case, extra={"input": {"sentences": "$texts_json"}}) for case in TEXTS),
    ),
    DASHSCOPE,
    replace(DASHSCOPE, name="dashscope, any-llm's base", base="/compatible-mode/v1", cases=tuple(TEXTS[:1])),
    replace(DASHSCOPE, name="dashscope, a workspace", client={"workspace": "ws-1"}, cases=tuple(TEXTS[:1])),
    Oracle(
        name="zhipu",
        provider="zhipu",
        sdk="zai-sdk",
        model="embedding-3",
        base="/api/paas/v4",
        embed=calls.through_zai,
        answer=openai_shaped("zhipu"),
        cases=(*TEXTS, *WIDTHS, Case("own field", "Hello", extra={"user": "someone", "request_id": "r-1"})),
        differences=("list_of_one", "charset_left_out"),
    ),
    Oracle(
        name="volcengine",
        provider="volcengine",
        sdk="volcengine-ark-runtime",
        model="ep-20261122-abcde",
        base="/api/v3",
        embed=calls.through_ark,
        answer=openai_shaped("volcengine"),
        cases=(*TEXTS, *WIDTHS, FLOATS, Case("own field", "Hello", extra={"user": "someone"})),
        differences=("list_of_one", "no_nulls", "base64"),
    ),
    *(
        Oracle(
            name=f"databricks at URL{base}",
            provider="databricks",
            sdk="databricks-sdk",
            model="databricks-gte-large-en",
            base=base,
            embed=calls.through_databricks,
            answer=openai_shaped("databricks"),
            cases=(*TEXTS, Case("own field", "Hello", extra={"usage_context": {"team": "search"}})),
            differences=("list_of_one",),
        )
        for base in ("", "/serving-endpoints")
    ),
    Oracle(
        name="snowflake",
        provider="snowflake",
        sdk="snowflake.core",
        model="snowflake-arctic-embed-l-v2.0",
        embed=calls.through_snowflake,
        answer=snowflake,
        cases=(*TEXTS, Case("own field", "Hello", extra={"provisioned_throughput_id": "pt-1"})),
        differences=("no_session", "no_nulls"),
        client={"token_type": "PROGRAMMATIC_ACCESS_TOKEN"},
    ),
    YANDEX,
    replace(YANDEX, name="yandex, a model for each role", model="text-embeddings-v2", cases=tuple(ROLES)),
    Oracle(
        name="upstage",
        provider="upstage",
        sdk="openai",
        model="solar-embedding-2",
        base="/v1",
        embed=calls.through_openai_with_a_role,
        answer=openai_shaped("upstage"),
        cases=tuple(case for case in (*ROLES, *TEXTS) if case.dimensions is None),
        differences=("list_of_one",),
    ),
)
