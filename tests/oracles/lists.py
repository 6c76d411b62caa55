"""Which SDK lists the models of which provider, and how is each told to?

Together's (3.1.1) lists what a project has trained, not what can be called.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from loopback import Answer
from oracles.shape import KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from loopback import Request

SHAPES: dict[str, Any] = json.loads((Path(__file__).parent.parent / "replies" / "models.json").read_text("utf-8"))
"""Replies of each provider's true shape, page by page; what a page names as the next is in the request for it."""

Seen = tuple[str, int | None, str | None]
"""id, created and owned_by as an SDK read them; None: it reads no such thing."""


class ListOracle(msgspec.Struct, frozen=True, kw_only=True):
    """An official SDK, and the same list asked for by us."""

    provider: str
    models: Callable[[str, ListOracle], list[Seen]]
    """Asks through the SDK: base URL, self."""
    base: str = ""
    client: Mapping[str, Any] = {}
    key_header: tuple[str, str] | None = None
    """The header in which we send the key, where it is another than the SDK's; and why."""

    def __str__(self) -> str:
        """Name the line of the table."""
        return f"{self.provider}{self.base}{''.join(map(str, self.client.values()))}"

    def answer(self, request: Request) -> Answer:
        """Reply with the page that is asked for."""
        pages = SHAPES[self.provider]["pages"]
        token = request.query.get("page_token") or request.query.get("pageToken")
        if token is None:
            return Answer(json=pages[0])
        before = next(
            at for at, page in enumerate(pages) if token in {page.get("next_page_token"), page.get("nextPageToken")}
        )
        return Answer(json=pages[before + 1])


def through_openai(url: str, oracle: ListOracle) -> list[Seen]:
    """openai.OpenAI: OpenAI itself, and the servers whose documentation uses it."""
    from openai import OpenAI

    with OpenAI(api_key=KEY, base_url=url, **oracle.client) as client:
        return [_openai_shaped(model) for model in client.models.list()]


def _openai_shaped(model: Any) -> Seen:
    return model.id, getattr(model, "created", None), getattr(model, "owned_by", None)


def through_azure(url: str, oracle: ListOracle) -> list[Seen]:
    """openai.AzureOpenAI."""
    from openai import AzureOpenAI

    with AzureOpenAI(azure_endpoint=url, api_key=KEY, **oracle.client) as client:
        return [(model.id, None, None) for model in client.models.list()]


def through_azure_v1(url: str, oracle: ListOracle) -> list[Seen]:
    """openai.OpenAI at {endpoint}/openai/v1/, as Microsoft documents the v1 API."""
    from openai import OpenAI

    with OpenAI(api_key=KEY, base_url=f"{url}/openai/v1/") as client:
        return [(model.id, None, None) for model in client.models.list()]


def through_cohere(url: str, oracle: ListOracle) -> list[Seen]:
    """cohere.ClientV2, asked for those that embed, page by page."""
    from cohere import ClientV2

    seen: list[Seen] = []
    options: dict[str, Any] = {}
    with ClientV2(api_key=KEY, base_url=url) as client:
        while True:
            page = client.models.list(endpoint="embed", **options)
            seen += [(model.name, None, None) for model in page.models]
            if not page.next_page_token:
                return seen
            options = {"page_token": page.next_page_token}


def through_gemini(url: str, oracle: ListOracle) -> list[Seen]:
    """google.genai.Client, which asks for page after page; those that embed are picked out here."""
    from google.genai import Client

    with Client(api_key=KEY, http_options={"base_url": url}) as client:
        embed = [model for model in client.models.list() if "embedContent" in model.supported_actions]
    return [(model.name.removeprefix("models/"), None, None) for model in embed]


def through_mistral(url: str, oracle: ListOracle) -> list[Seen]:
    """mistralai.client.Mistral."""
    from mistralai.client import Mistral

    with Mistral(api_key=KEY, server_url=url) as client:
        return [_openai_shaped(model) for model in client.models.list().data]


def through_ollama(url: str, oracle: ListOracle) -> list[Seen]:
    """ollama.Client."""
    from ollama import Client

    with Client(host=url, headers={"Authorization": f"Bearer {KEY}"}) as client:
        return [(model.model, int(model.modified_at.timestamp()), None) for model in client.list().models]


def through_openrouter(url: str, oracle: ListOracle) -> list[Seen]:
    """openrouter.OpenRouter, asked for the embedding models. Without its default offset and limit all come at once."""
    from openrouter import OpenRouter

    with OpenRouter(api_key=KEY, server_url=url) as client:
        return [
            (model.id, int(model.created), None)
            for model in client.embeddings.list_models(offset=None, limit=None).result.data
        ]


def through_perplexity(url: str, oracle: ListOracle) -> list[Seen]:
    """perplexity.Perplexity."""
    from perplexity import Perplexity

    with Perplexity(api_key=KEY, base_url=url) as client:
        return [_openai_shaped(model) for model in client.models.list().data]


def through_huggingface(url: str, oracle: ListOracle) -> list[Seen]:
    """huggingface_hub.InferenceClient, which asks a TEI server what it serves."""
    from huggingface_hub import InferenceClient

    with InferenceClient(provider="hf-inference", api_key=KEY) as client:
        return [(client.get_endpoint_info(model=url)["model_id"], None, None)]


LISTS: tuple[ListOracle, ...] = (
    ListOracle(provider="azureopenai", models=through_azure, client={"api_version": "2024-10-21"}),
    ListOracle(
        provider="azureopenai",
        models=through_azure_v1,
        key_header=("api-key", "as for embeddings: the v1 reference allows this and the SDK's bearer alike"),
    ),
    ListOracle(provider="cohere", models=through_cohere),
    ListOracle(provider="gemini", models=through_gemini),
    ListOracle(provider="infinity", models=through_openai),
    ListOracle(provider="llamacpp", models=through_openai, base="/v1"),
    ListOracle(provider="lmstudio", models=through_openai, base="/v1"),
    ListOracle(provider="mistral", models=through_mistral),
    ListOracle(provider="ollama", models=through_ollama),
    ListOracle(provider="openai", models=through_openai, base="/v1"),
    ListOracle(provider="openai", models=through_openai, base="/v1", client={"organization": "org-1", "project": "p"}),
    ListOracle(provider="openrouter", models=through_openrouter, base="/api/v1"),
    ListOracle(provider="perplexity", models=through_perplexity),
    ListOracle(provider="tei", models=through_huggingface),
    ListOracle(provider="vllm", models=through_openai, base="/v1"),
)
