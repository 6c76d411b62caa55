"""How each official SDK is told to embed, and what it reads. Each is imported when it is first called."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from oracles.shape import KEY, Case, Oracle, Read


def given(**options: Any) -> dict[str, Any]:
    """Keep what was asked for: an SDK may send a None as a null."""
    return {name: value for name, value in options.items() if value is not None}


def through_openai(url: str, oracle: Oracle, case: Case) -> Read:
    """openai.OpenAI: OpenAI itself, and the servers whose documentation uses it."""
    from openai import OpenAI

    with OpenAI(api_key=KEY, base_url=url, **oracle.client) as client:
        reply = client.embeddings.create(
            model=oracle.model, input=case.inputs, **given(dimensions=case.dimensions), **case.extra
        )
    return Read([item.embedding for item in reply.data], reply.usage.total_tokens)


def through_azure_v1(url: str, oracle: Oracle, case: Case) -> Read:
    """openai.OpenAI at {endpoint}/openai/v1/, as Microsoft documents the v1 API."""
    return through_openai(f"{url}/openai/v1/", oracle, case)


def through_azure_dated(url: str, oracle: Oracle, case: Case) -> Read:
    """openai.AzureOpenAI, for the APIs named by a date."""
    from openai import AzureOpenAI

    credential = {"api_key": KEY} if oracle.keyed else {}
    with AzureOpenAI(azure_endpoint=url, **credential, **oracle.client) as client:
        reply = client.embeddings.create(
            model=oracle.model, input=case.inputs, **given(dimensions=case.dimensions), **case.extra
        )
    return Read([item.embedding for item in reply.data], reply.usage.total_tokens)


def through_voyage(url: str, oracle: Oracle, case: Case) -> Read:
    """voyageai.Client."""
    import voyageai

    # Left to itself it keeps a session a thread, and closes none of them.
    voyageai.requestssession = requests_session()
    try:
        reply = voyageai.Client(api_key=KEY, base_url=url, **oracle.client).embed(
            case.texts,
            model=oracle.model,
            input_type=case.input_type,
            output_dimension=case.dimensions,
            **given(truncation={"error": False, "truncate": True}.get(case.overflow or "")),
            **case.extra,
        )
    finally:
        requests_session().close()
    return Read(reply.embeddings, reply.total_tokens)


@cache
def requests_session() -> Any:
    """Give voyageai a session that we may close; it opens again when used."""
    import requests

    return requests.Session()


def through_cohere(url: str, oracle: Oracle, case: Case) -> Read:
    """cohere.ClientV2, told what it demands: a role (any-llm's default) and a type."""
    from cohere import ClientV2

    roles = {None: "search_document", "document": "search_document", "query": "search_query"}
    with ClientV2(api_key=KEY, base_url=url, **oracle.client) as client:
        reply = client.embed(
            model=oracle.model,
            texts=case.texts,
            input_type=roles.get(case.input_type, case.input_type),
            embedding_types=["float"],
            **given(
                output_dimension=case.dimensions, truncate={"error": "NONE", "truncate": "END"}.get(case.overflow or "")
            ),
            **case.extra,
        )
    return Read(reply.embeddings.float_, int(reply.meta.billed_units.input_tokens))


def through_mistral(url: str, oracle: Oracle, case: Case) -> Read:
    """mistralai.client.Mistral."""
    from mistralai.client import Mistral

    with Mistral(api_key=KEY, server_url=url, **oracle.client) as client:
        reply = client.embeddings.create(
            model=oracle.model, inputs=case.inputs, **given(output_dimension=case.dimensions), **case.extra
        )
    return Read([item.embedding for item in reply.data], reply.usage.total_tokens)


def through_gemini(url: str, oracle: Oracle, case: Case) -> Read:
    """google.genai.Client. One Content a text: some models fuse bare strings into one vector."""
    from google.genai import Client
    from google.genai.types import Content, Part

    roles = {"document": "RETRIEVAL_DOCUMENT", "query": "RETRIEVAL_QUERY"}
    config = given(
        output_dimensionality=case.dimensions, task_type=roles.get(case.input_type or "", case.input_type), **case.extra
    )
    with Client(api_key=KEY, http_options={"base_url": url, **oracle.client}) as client:
        reply = client.models.embed_content(
            model=oracle.model,
            contents=[Content(parts=[Part(text=text)]) for text in case.texts],
            config=config or None,
        )
    usage = reply.usage_metadata
    return Read([item.values for item in reply.embeddings], usage.total_token_count if usage else None)


def through_ollama(url: str, oracle: Oracle, case: Case) -> Read:
    """ollama.Client."""
    from ollama import Client

    with Client(host=url, **oracle.client) as client:
        reply = client.embed(
            model=oracle.model,
            input=case.inputs,
            dimensions=case.dimensions,
            truncate={"error": False, "truncate": True}.get(case.overflow or ""),
            **case.extra,
        )
    return Read([list(item) for item in reply.embeddings], reply.prompt_eval_count)


def through_ollama_cloud(url: str, oracle: Oracle, case: Case) -> Read:
    """ollama.Client with a key, which it takes as a header (or from the environment)."""
    headers = {"Authorization": f"Bearer {KEY}"}
    return through_ollama(url, msgspec.structs.replace(oracle, client={**oracle.client, "headers": headers}), case)


def through_together(url: str, oracle: Oracle, case: Case) -> Read:
    """together.Together. It has no field for a width, and reads no count of tokens."""
    from together import Together

    with Together(api_key=KEY, base_url=url, **oracle.client) as client:
        reply = client.embeddings.create(model=oracle.model, input=case.inputs, **case.extra)
    return Read([item.embedding for item in reply.data], None)


def through_openrouter(url: str, oracle: Oracle, case: Case) -> Read:
    """openrouter.OpenRouter."""
    from openrouter import OpenRouter

    roles = {"document": "search_document", "query": "search_query"}
    role = roles.get(case.input_type or "", case.input_type)
    with OpenRouter(api_key=KEY, server_url=url, **oracle.client) as client:
        reply = client.embeddings.generate(
            model=oracle.model,
            input=case.inputs,
            **given(dimensions=case.dimensions, input_type=role),
            **case.extra,
        )
    return Read([item.embedding for item in reply.data], int(reply.usage.total_tokens))
