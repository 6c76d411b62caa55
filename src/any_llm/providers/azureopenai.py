"""Azure OpenAI: the OpenAI shape at an Azure address, with the key in `api-key`.

Without one, or with "v1": POST {endpoint}/openai/v1/embeddings, `model` is the deployment's name.
With a dated api_version: POST {endpoint}/openai/deployments/{deployment}/embeddings?api-version=...
Source: https://learn.microsoft.com/azure/foundry/openai/api-version-lifecycle
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from any_llm.providers import openai
from any_llm.providers.entra import entra
from any_llm.providers.fields import address
from any_llm.wire import Send

if TYPE_CHECKING:
    from any_llm.providers.auth import Flow
    from any_llm.wire import Batch, Call

SCOPE = "https://cognitiveservices.azure.com/.default"


class AzureOpenAIAdapter(openai.OpenAIAdapter):
    """The address differs, and who asks may be known to Entra."""

    def authorise(self, call: Call) -> Flow | None:
        """Fetch a token where no key was given."""
        return entra(call, SCOPE)

    def encode(self, call: Call, batch: Batch) -> Send:
        """Write the address for the API version in use."""
        deployment = quote(call.client.get("azure_deployment") or call.model, safe="")
        return Send(
            url=_url(call, f"/deployments/{deployment}/embeddings", "/embeddings"), body=openai.body(call, batch)
        )

    def models(self, call: Call, after: str | None) -> Send:
        """Ask for the models the resource may deploy: not the deployments, whose names embedding() takes."""
        return Send(method="GET", url=_url(call, "/models", "/models"))


def _url(call: Call, dated: str, undated: str) -> str:
    """Join the endpoint and one of two paths: that of a dated version, or that of v1."""
    endpoint = call.base.rstrip("/").removesuffix("/v1").removesuffix("/openai")
    at_endpoint = msgspec.structs.replace(call, base=endpoint)
    version = call.client.get("api_version")
    if version is None or version == "v1":
        return address(at_endpoint, f"/openai/v1{undated}")
    if not version[:4].isdigit():  # "preview", "latest": words of the v1 address
        return address(at_endpoint, f"/openai/v1{undated}", {"api-version": version})
    return address(at_endpoint, f"/openai{dated}", {"api-version": version})


adapter = AzureOpenAIAdapter()
