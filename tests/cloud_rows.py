"""The rows of the great clouds, and clients made from them: the table's own, or, until they stand there, these."""

# ruff: noqa: E501  # rows are data

from __future__ import annotations

from typing import Any

from any_llm.client import AnyLLM
from any_llm.providers.row import Limits, Names, Row
from any_llm.providers.table import ROWS

# fmt: off
_PENDING = (
    Row(
        name="azure", title="Azure AI Foundry", kind="cloud",
        source="https://learn.microsoft.com/en-us/rest/api/aifoundry/model-inference/get-embeddings/get-embeddings", read="2026-11-22",
        adapter="any_llm.providers.azure", base_env=("AZURE_AI_CHAT_ENDPOINT",), key_env=("AZURE_API_KEY",),
        auth=("api-key", ""), evidence="sdk",
        names=Names(dimensions="dimensions", input_type="input_type", roles={"query": "query", "document": "document"}),
        token_options=("credential",), client_options=("api_version",),
        client_aliases={"endpoint": "api_base"},
        instead={"model_extras": "pass its fields by name, or extra_body=."},
    ),
    Row(
        name="bedrock", title="Amazon Bedrock", kind="cloud",
        source="https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html", read="2026-11-22",
        adapter="any_llm.providers.bedrock", api_base="https://bedrock-runtime.{region_name}.amazonaws.com",
        variables={"region_name": "AWS_REGION"}, client_env={"region_name": "AWS_DEFAULT_REGION"},
        base_env=("AWS_ENDPOINT_URL_BEDROCK_RUNTIME",), key_env=("AWS_BEARER_TOKEN_BEDROCK",), key_required=False,
        extra="aws", evidence="sdk", limits=Limits(items=1, input_tokens=8192),
        names=Names(dimensions="dimensions", refuses_overflow=True), one_space=("amazon.titan-embed-",),
        client_options=(
            "aws_access_key_id", "aws_secret_access_key", "aws_session_token", "profile_name", "botocore_session",
            "base_model",
        ),
        client_aliases={"endpoint_url": "api_base"},
    ),
    Row(
        name="gigachat", title="GigaChat", kind="cloud",
        source="https://developers.sber.ru/docs/ru/gigachat/api/reference/rest/post-embeddings", read="2026-11-22",
        adapter="any_llm.providers.gigachat", api_base="https://api.giga.chat/v1", base_env=("GIGACHAT_BASE_URL",),
        key_env=("GIGACHAT_CREDENTIALS",), auth=("Authorization", "Basic "), evidence="sdk",
        token_options=("access_token",), token_env=("GIGACHAT_ACCESS_TOKEN",),
        client_options=("auth_url", "scope"), client_env={"auth_url": "GIGACHAT_AUTH_URL", "scope": "GIGACHAT_SCOPE"},
        client_aliases={"base_url": "api_base", "ca_bundle_file": "verify", "verify_ssl_certs": "verify"},
    ),
    Row(
        name="sagemaker", title="Amazon SageMaker", kind="cloud",
        source="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html", read="2026-11-22",
        adapter="any_llm.providers.sagemaker", api_base="https://runtime.sagemaker.{region_name}.amazonaws.com",
        variables={"region_name": "AWS_REGION"}, client_env={"region_name": "AWS_DEFAULT_REGION"},
        base_env=("SAGEMAKER_ENDPOINT_URL", "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME"), key_required=False,
        extra="aws", evidence="sdk", limits=Limits(items=32, bytes=5_000_000),
        client_options=(
            "aws_access_key_id", "aws_secret_access_key", "aws_session_token", "profile_name", "botocore_session",
            "input_field",
        ),
        client_aliases={"endpoint_url": "api_base"},
    ),
    Row(
        name="vertexai", title="Google Vertex AI", kind="cloud",
        source="https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api", read="2026-11-22",
        adapter="any_llm.providers.vertexai", api_base="https://aiplatform.googleapis.com",
        base_env=("VERTEXAI_API_BASE", "GOOGLE_VERTEX_BASE_URL"), key_env=("GOOGLE_VERTEX_API_KEY",), key_required=False,
        auth=("x-goog-api-key", ""), extra="gcp", evidence="sdk", limits=Limits(items=1, input_tokens=2048),
        names=Names(
            dimensions="outputDimensionality", input_type="task_type",
            roles={
                "query": "RETRIEVAL_QUERY", "document": "RETRIEVAL_DOCUMENT", "classification": "CLASSIFICATION",
                "clustering": "CLUSTERING", "similarity": "SEMANTIC_SIMILARITY",
            },
            overflow="autoTruncate", policies={"error": False, "truncate": True},
        ),
        client_options=("project", "location", "credentials", "api_version"),
        client_env={"project": "GOOGLE_CLOUD_PROJECT", "location": "GOOGLE_CLOUD_LOCATION"},
        client_aliases={"base_url": "api_base"},
        instead={
            "config": "pass its fields by the API's names, task_type=... or outputDimensionality=..., or use input_type= and dimensions=.",
            "parameters": "pass its fields by name, outputDimensionality=... or autoTruncate=....",
            "embedContentConfig": "pass its fields by name, taskType=... or outputDimensionality=....",
        },
    ),
    Row(
        name="watsonx", title="IBM watsonx.ai", kind="cloud",
        source="https://cloud.ibm.com/apidocs/watsonx-ai#text-embeddings", read="2026-11-22",
        adapter="any_llm.providers.watsonx", base_env=("WATSONX_URL",), key_env=("WATSONX_API_KEY",),
        auth=("Authorization", "apikey "), evidence="sdk", limits=Limits(items=1000),
        names=Names(refuses_overflow=True), token_options=("token",),
        client_options=("project_id", "space_id", "api_version", "auth_url"),
        client_env={"project_id": "WATSONX_PROJECT_ID"}, client_aliases={"url": "api_base"},
        instead={
            "params": "pass its fields in parameters={...}.",
            "truncate_input_tokens": 'pass parameters={"truncate_input_tokens": ...}.',
        },
    ),
)
# fmt: on
CLOUDS = {row.name: ROWS[row.name] if row.name in ROWS and ROWS[row.name].embedding else row for row in _PENDING}


def client_of(provider: str, api_key: Any = None, api_base: str | None = None, **client_args: Any) -> AnyLLM:
    """Make a client, as AnyLLM.create does."""
    kind = type("CloudProvider", (AnyLLM,), {"row": CLOUDS[provider]})
    return kind(api_key=api_key, api_base=api_base, **client_args)
