"""How the great clouds' own SDKs are told to embed, and what they read. Each is imported when it is first called."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from oracles.calls import given
from oracles.cloud_replies import COUNT
from oracles.shape import Read
from tls import AUTHORITY

if TYPE_CHECKING:
    from collections.abc import Callable

    from oracles.shape import Case

REGION = "eu-central-1"
AWS = {"region_name": REGION, "aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "not/the+secret"}


# Vertex AI

GOOGLE_ROLES = {"document": "RETRIEVAL_DOCUMENT", "query": "RETRIEVAL_QUERY"}


def through_vertex(url: str, key: str, model: str, case: Case) -> Read:
    """google.genai.Client in express mode."""
    return _through_genai(url, model, case, api_key=key)


def through_vertex_adc(url: str, key: str, model: str, case: Case) -> Read:
    """google.genai.Client with Google's credentials."""
    own = {"project": "p-1", "location": "europe-west4", "credentials": google_credentials(key)}
    return _through_genai(url, model, case, **own)


def google_credentials(token: str) -> Any:
    """Credentials that have their token already."""
    from google.oauth2.credentials import Credentials

    return Credentials(token=token)


def _through_genai(url: str, model: str, case: Case, **options: Any) -> Read:
    from google.genai import Client
    from google.genai.types import Content, Part

    config = given(
        output_dimensionality=case.dimensions,
        task_type=GOOGLE_ROLES.get(case.input_type or "", case.input_type),
        auto_truncate={"error": False, "truncate": True}.get(case.overflow or ""),
        **case.extra,
    )
    with Client(vertexai=True, http_options={"base_url": url}, **options) as client:
        contents = [Content(parts=[Part(text=text)]) for text in case.texts]
        reply = client.models.embed_content(model=model, contents=contents, config=config or None)
    counts = [item.statistics.token_count for item in reply.embeddings]
    return Read([item.values for item in reply.embeddings], int(sum(counts)))


# Amazon: the SDK takes a body ready made; these are the ones that Amazon documents for each family.


def through_bedrock(bodies: Callable[[Case], list[dict[str, Any]]], **options: Any) -> Callable[..., Read]:
    """boto3.client("bedrock-runtime").invoke_model, once for each body."""

    def through(url: str, key: str, model: str, case: Case) -> Read:
        import boto3

        client = boto3.client("bedrock-runtime", endpoint_url=url, **{**AWS, **options})
        vectors, counts = [], []
        for body in bodies(case):
            reply = client.invoke_model(modelId=model, body=json.dumps(body), **JSON)
            read = json.loads(reply["body"].read())
            found = read["embeddings"] if "embeddings" in read else [read["embedding"]]
            found = found[case.dtype or "float"] if isinstance(found, dict) else found
            vectors += [each["embedding"] if isinstance(each, dict) else each for each in found]
            counts.append(read.get("inputTextTokenCount") or int(reply["ResponseMetadata"]["HTTPHeaders"][COUNT]))
        client.close()
        return Read(vectors, sum(counts))

    return through


def through_bedrock_bearer(url: str, key: str, model: str, case: Case) -> Read:
    """The same with a bearer key, which boto3 reads from the environment and sends to a TLS host alone."""
    with pytest.MonkeyPatch.context() as environment, AUTHORITY.cert_pem.tempfile() as authority:
        environment.setenv("AWS_BEARER_TOKEN_BEDROCK", key)
        return through_bedrock(titan, verify=authority)(url, key, model, case)


JSON = {"contentType": "application/json", "accept": "application/json"}
COHERE_ROLES = {None: "search_document", "document": "search_document", "query": "search_query"}
NOVA_ROLES = {None: "GENERIC_INDEX", "document": "GENERIC_INDEX", "query": "GENERIC_RETRIEVAL"}


def titan(case: Case) -> list[dict[str, Any]]:
    """https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html."""
    return [{"inputText": text, **given(dimensions=case.dimensions), **case.extra} for text in case.texts]


def bedrock_cohere(case: Case) -> list[dict[str, Any]]:
    """https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed.html."""
    options = given(output_dimension=case.dimensions, truncate={"truncate": "END"}.get(case.overflow or ""))
    role = COHERE_ROLES.get(case.input_type, case.input_type)
    kinds = {"embedding_types": [case.dtype]} if case.dtype else {}
    return [{"texts": case.texts, "input_type": role, **options, **kinds, **case.extra}]


def nova(case: Case) -> list[dict[str, Any]]:
    """https://docs.aws.amazon.com/nova/latest/userguide/embeddings-schema.html. A truncationMode is demanded."""
    role = NOVA_ROLES.get(case.input_type, case.input_type)
    options = {"embeddingPurpose": role, **given(embeddingDimension=case.dimensions), **case.extra}
    mode = {None: "NONE", "error": "NONE", "truncate": "END"}[case.overflow]
    head = {"schemaVersion": "nova-multimodal-embed-v1", "taskType": "SINGLE_EMBEDDING"}
    return [
        {**head, "singleEmbeddingParams": {**options, "text": {"truncationMode": mode, "value": text}}}
        for text in case.texts
    ]


def through_sagemaker(url: str, key: str, model: str, case: Case) -> Read:
    """boto3.client("sagemaker-runtime").invoke_endpoint, with the body Hugging Face's containers document."""
    import boto3

    client = boto3.client("sagemaker-runtime", endpoint_url=url, **AWS)
    body = json.dumps({"inputs": case.texts, **case.extra})
    reply = client.invoke_endpoint(
        EndpointName=model, Body=body, ContentType="application/json", Accept="application/json"
    )
    vectors = json.loads(reply["Body"].read())
    client.close()
    return Read(vectors, None)


# Azure, IBM, Sber


def through_azure(url: str, key: str, model: str, case: Case) -> Read:
    """azure.ai.inference.EmbeddingsClient."""
    from azure.ai.inference import EmbeddingsClient
    from azure.core.credentials import AzureKeyCredential

    options = given(
        dimensions=case.dimensions,
        input_type=case.input_type,
        encoding_format=case.dtype,
        model_extras=case.extra or None,
    )
    with EmbeddingsClient(endpoint=url, credential=AzureKeyCredential(key)) as client:
        reply = client.embed(input=case.texts, model=model, **options)
    return Read([item.embedding for item in reply.data], reply.usage.total_tokens)


class EntraCredential:
    """What azure-identity's credentials are: it gives a token for scopes."""

    def __init__(self, token: str) -> None:
        """Give this one."""
        self._token = token

    def get_token(self, *scopes: str, **_: Any) -> Any:
        """Give it, for an hour."""
        from azure.core.credentials import AccessToken

        assert len(scopes) == 1
        return AccessToken(self._token, int(time.time()) + 3600)


def through_azure_entra(url: str, key: str, model: str, case: Case) -> Read:
    """azure.ai.inference.EmbeddingsClient with a credential, whose token it sends to a TLS host alone."""
    from azure.ai.inference import EmbeddingsClient

    with AUTHORITY.cert_pem.tempfile() as authority:
        client = EmbeddingsClient(endpoint=url, credential=EntraCredential(key), connection_verify=authority)
        with client:
            reply = client.embed(input=case.texts, model=model)
    return Read([item.embedding for item in reply.data], reply.usage.total_tokens)


def through_azureopenai_entra(url: str, key: str, model: str, case: Case) -> Read:
    """openai.AzureOpenAI, as azure-identity's page on it says: with what gives a bearer's token."""
    from azure.identity import get_bearer_token_provider
    from openai import AzureOpenAI

    provider = get_bearer_token_provider(EntraCredential(key), "https://cognitiveservices.azure.com/.default")
    with AzureOpenAI(azure_endpoint=url, azure_ad_token_provider=provider, api_version="2024-10-21") as client:
        reply = client.embeddings.create(model=model, input=case.inputs)
    return Read([item.embedding for item in reply.data], reply.usage.total_tokens)


def through_watsonx(url: str, key: str, model: str, case: Case) -> Read:
    """ibm_watsonx_ai's Embeddings. It demands IBM's own addresses, so its HTTP client is led here below them."""
    import httpx
    from ibm_watsonx_ai import APIClient, Credentials
    from ibm_watsonx_ai.foundation_models import Embeddings

    class Here(httpx.HTTPTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            at = httpx.URL(url)
            request.url = request.url.copy_with(scheme=at.scheme, host=at.host, port=at.port)
            return super().handle_request(request)

    with httpx.Client(transport=Here()) as http:
        client = APIClient(Credentials(url="https://us-south.ml.cloud.ibm.com", api_key=key), httpx_client=http)
        service = Embeddings(model_id=model, api_client=client, project_id="p-1")
        reply = service.generate(case.texts, params=case.extra.get("parameters"))
    return Read([item["embedding"] for item in reply["results"]], reply["input_token_count"])


def through_gigachat(url: str, key: str, model: str, case: Case) -> Read:
    """gigachat.GigaChat."""
    from gigachat import GigaChat

    with GigaChat(credentials=key, base_url=f"{url}/v1", auth_url=f"{url}/oauth", verify_ssl_certs=False) as client:
        reply = client.embeddings(case.texts, model=model)
    return Read([item.embedding for item in reply.data], sum(item.usage.prompt_tokens for item in reply.data))
