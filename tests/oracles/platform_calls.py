"""How each platform's official SDK is told to embed, and what it reads. Each is imported when it is first called."""

from __future__ import annotations

import json
from typing import Any

from oracles.calls import given, through_openai
from oracles.shape import KEY, Case, Oracle, Read


def through_cloudflare(url: str, oracle: Oracle, case: Case) -> Read:
    """cloudflare.Cloudflare. Fields its types do not know go through extra_body."""
    from cloudflare import Cloudflare

    own = dict(case.extra)
    if case.overflow == "truncate":
        own["truncate_inputs"] = True
    texts = {"text": case.inputs}
    if "qwen3" in oracle.model and case.input_type:
        texts, own = {}, {{"query": "queries", "document": "documents"}[case.input_type]: case.inputs}
    with Cloudflare(api_token=KEY, base_url=url) as client:
        reply: Any = client.ai.run(oracle.model, account_id="account-1", **texts, **given(extra_body=own or None))
    return Read(reply["data"], None)


def through_replicate(url: str, oracle: Oracle, case: Case) -> Read:
    """replicate.Client: a prediction of a model, or of a version of it, waited for."""
    from replicate import Client

    client = Client(api_token=KEY, base_url=url)
    client.poll_interval = 0.001
    name, _, version = oracle.model.partition(":")
    create = client.predictions.create if version else client.models.predictions.create
    place = {"texts": case.texts, "sentences": json.dumps(case.texts, ensure_ascii=False, separators=(",", ":"))}
    fields = {field: place.get(field, value) for field, value in case.extra["input"].items()}
    prediction = create(**({"version": version} if version else {"model": name}), input=fields, wait=True)
    prediction.wait()
    client._client.close()
    read = [item["embedding"] if isinstance(item, dict) else item for item in prediction.output]
    return Read(read, None)


def through_dashscope(url: str, oracle: Oracle, case: Case) -> Read:
    """dashscope.TextEmbedding, at its own address."""
    from dashscope import TextEmbedding

    reply = TextEmbedding.call(
        model=oracle.model,
        input=case.inputs,
        api_key=KEY,
        base_address=url.replace("/compatible-mode/v1", "/api/v1"),
        **given(text_type=case.input_type, dimension=case.dimensions),
        **oracle.client,
        **case.extra,
    )
    return Read([item["embedding"] for item in reply.output["embeddings"]], reply.usage["total_tokens"])


def through_zai(url: str, oracle: Oracle, case: Case) -> Read:
    """zai.ZhipuAiClient."""
    from zai import ZhipuAiClient

    client = ZhipuAiClient(api_key=KEY, base_url=url)
    reply = client.embeddings.create(
        model=oracle.model, input=case.inputs, **given(dimensions=case.dimensions), **case.extra
    )
    client.close()
    return Read([item.embedding for item in reply.data], reply.usage.total_tokens)


def through_ark(url: str, oracle: Oracle, case: Case) -> Read:
    """volcenginesdkarkruntime.Ark."""
    from volcenginesdkarkruntime import Ark

    client = Ark(api_key=KEY, base_url=url)
    reply = client.embeddings.create(
        model=oracle.model, input=case.inputs, **given(dimensions=case.dimensions), **case.extra
    )
    client.close()
    return Read([item.embedding for item in reply.data], reply.usage.total_tokens)


def through_databricks(url: str, oracle: Oracle, case: Case) -> Read:
    """databricks.sdk.WorkspaceClient, whose host is the workspace alone."""
    from databricks.sdk import WorkspaceClient

    client = WorkspaceClient(host=url.removesuffix("/serving-endpoints"), token=KEY)
    reply = client.serving_endpoints.query(name=oracle.model, input=case.inputs, **case.extra)
    client.api_client._api_client._session.close()
    return Read([item.embedding for item in reply.data], reply.usage.total_tokens)


def through_snowflake(url: str, oracle: Oracle, case: Case) -> Read:
    """snowflake.core's client of Cortex Embed, on a connection that has its token already."""
    from snowflake.core._common import TokenType
    from snowflake.core._generated.api_client import StoredProcApiClient
    from snowflake.core._rest_connection import RESTConnection, RESTRoot
    from snowflake.core.cortex.embed_service._generated.api import CortexEmbedApi
    from snowflake.core.cortex.embed_service._generated.models import EmbedRequest

    host, _, port = url.removeprefix("http://").partition(":")
    token = TokenType.EXTERNAL_SESSION_WITH_PAT
    root = RESTRoot(RESTConnection(host, int(port), token, KEY, "session-1", "http"))
    api = CortexEmbedApi(root=root, resource_class=None, sproc_client=StoredProcApiClient(root=root))
    reply = api.embed(EmbedRequest(model=oracle.model, text=case.texts, **case.extra))
    return Read([item.embedding[0] for item in reply.data], reply.usage.total_tokens)


def through_yandex(url: str, oracle: Oracle, case: Case) -> Read:
    """yandex_ai_studio_sdk.AIStudio's HTTP client. It takes one text a call; the role is another model."""
    from yandex_ai_studio_sdk import AIStudio
    from yandex_ai_studio_sdk.auth import APIKeyAuth

    studio = AIStudio(folder_id="folder-1", auth=APIKeyAuth(KEY), service_map={"http_completions": url})
    ending = {"query": "-query", "document": "-doc"}.get(case.input_type or "", "")
    model = studio.chat.text_embeddings(oracle.model + ending).configure(
        **given(dimensions=case.dimensions, extra_query=dict(case.extra) or None)
    )
    replies = [model.run(text) for text in case.texts]
    return Read([list(reply.embedding) for reply in replies], sum(reply.usage.total_tokens for reply in replies))


def through_openai_with_a_role(url: str, oracle: Oracle, case: Case) -> Read:
    """openai.OpenAI, as Upstage documents it: the role is the ending of the model's name."""
    from msgspec.structs import replace

    ending = {"query": "-query", "document": "-passage"}.get(case.input_type or "", "")
    return through_openai(url, replace(oracle, model=oracle.model + ending), case)
