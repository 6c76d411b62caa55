"""POST {endpoint}/embeddings?api-version=...: Azure AI Foundry's model inference, with the key in two headers.

Source: https://learn.microsoft.com/rest/api/aifoundry/model-inference/get-embeddings/get-embeddings
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from any_llm.providers import openai
from any_llm.providers.entra import entra
from any_llm.providers.fields import address
from any_llm.wire import Send

if TYPE_CHECKING:
    from any_llm.providers.auth import Flow
    from any_llm.wire import Batch, Call

SCOPE = "https://ml.azure.com/.default"
"""As in azure-ai-inference; resources of Foundry take cognitiveservices.azure.com, by `credential_scopes`."""
VERSION = "2024-05-01-preview"
KNOWN = frozenset({"dimensions", "encoding_format", "input_type"})
"""Fields the API itself has; it refuses all others unless it is told to pass them on to the model."""


class AzureAdapter(openai.OpenAIAdapter):
    """OpenAI's shape; the address, the headers and what is done with a model's own fields differ."""

    def authorise(self, call: Call) -> Flow | None:
        """Fetch a token where no key was given."""
        return entra(call, SCOPE)

    def encode(self, call: Call, batch: Batch) -> Send:
        """Send the key twice, as the SDK does: serverless endpoints read a bearer's, Azure's own read `api-key`."""
        header, _ = call.row.auth
        given = {name.lower(): value for name, value in call.headers.items()}
        headers = {}
        if header == "api-key" and header in given and "authorization" not in given:
            headers["Authorization"] = f"Bearer {given[header]}"
        if call.extra.keys() - KNOWN and "extra-parameters" not in given:
            headers["extra-parameters"] = "pass-through"
        url = address(call, "/embeddings", {"api-version": call.client.get("api_version", VERSION)})
        return Send(url=url, body=openai.body(call, batch), headers=headers)


adapter = AzureAdapter()
