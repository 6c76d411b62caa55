"""Which calls are held against the great clouds' own SDKs, and in what we mean to differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from oracles import cloud_replies, clouds, replies
from oracles.cases import KINDS, POLICIES, ROLES, TEXTS, WIDTHS
from oracles.shape import Case, Read

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from loopback import Answer, Request


class Sent(msgspec.Struct):
    """A request, without what says who sent it."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


def refused_by_predict(sent: Sent) -> None:
    """Over-long input is an error here, where Vertex's default cuts it in silence."""
    sent.body.setdefault("parameters", {}).setdefault("autoTruncate", False)


def the_stable_api(sent: Sent) -> None:
    """v1 has both methods; the SDK's default is v1beta1."""
    sent.path = sent.path.replace("/v1beta1/", "/v1/")


def one_text_as_a_list(sent: Sent) -> None:
    """One text is sent as a list of one: a batch has one shape, and the reply is the same."""
    if isinstance(sent.body["input"], str):
        sent.body["input"] = [sent.body["input"]]


def no_login_of_a_program(sent: Sent) -> None:
    """IAM's own documentation exchanges a key without the SDK's fixed login ("bx:bx")."""
    if "grant_type" in sent.body:
        del sent.headers["authorization"]


def a_day_of_the_api(sent: Sent) -> None:
    """The SDK moves the day it names with each release; we name the one whose replies we read."""
    if "version" in sent.query:
        sent.query["version"] = "2024-03-13"


class Cloud(msgspec.Struct, frozen=True, kw_only=True):
    """An SDK, and the same calls in our words."""

    name: str
    provider: str
    sdk: str
    """The SDK's distribution, as pyproject.toml names it."""
    model: str
    embed: Callable[[str, str, str, Case], Read]
    """Makes the call through the SDK: address, key, model, case."""
    answer: Callable[[Request], Answer]
    cases: tuple[Case, ...]
    client: Mapping[str, Any] = {}
    """Our client_args; {url} stands for the server's address, and what is to be called gets the key."""
    base: str = ""
    keyed: bool = True
    secure: bool = False
    differences: tuple[Callable[[Sent], None], ...] = ()

    def __str__(self) -> str:
        """Name the line of the table."""
        return self.name


TITAN = Cloud(
    name="bedrock Titan v2",
    provider="bedrock",
    sdk="boto3",
    model="amazon.titan-embed-text-v2:0",
    embed=clouds.through_bedrock(clouds.titan),
    answer=cloud_replies.bedrock("titan v2"),
    cases=(*TEXTS, *WIDTHS, *ROLES, Case("own field", "Hello", extra={"embeddingTypes": ["float"]})),
    client=clouds.AWS,
    keyed=False,
)
VERTEX = Cloud(
    name="vertexai predict",
    provider="vertexai",
    sdk="google-genai",
    model="text-embedding-005",
    embed=clouds.through_vertex,
    answer=cloud_replies.vertex,
    cases=(*TEXTS, *WIDTHS, *ROLES, *POLICIES, Case("title", "Hello", input_type="document", extra={"title": "A"})),
    differences=(refused_by_predict, the_stable_api),
)
replace = msgspec.structs.replace
CLOUDS = (
    VERTEX,
    replace(VERTEX, name="vertexai, another publisher", model="intfloat/e5", cases=tuple(TEXTS[:1])),
    replace(
        VERTEX,
        name="vertexai, Google's credentials",
        embed=clouds.through_vertex_adc,
        cases=tuple(TEXTS[:2]),
        client={"project": "p-1", "location": "europe-west4", "credentials": clouds.google_credentials},
        keyed=False,
    ),
    # For two texts the SDK sends v1beta1's batchEmbedContents, which Google documents for another API alone.
    replace(VERTEX, name="vertexai embedContent", model="gemini-embedding-2", cases=(TEXTS[0], TEXTS[2], WIDTHS[0]),
            differences=(the_stable_api,)),
    TITAN,
    replace(TITAN, name="bedrock, an ARN", model=f"arn:aws:bedrock:eu-central-1::foundation-model/{TITAN.model}",
            cases=tuple(TEXTS[:2])),
    replace(
        TITAN,
        name="bedrock, keys of a session",
        embed=clouds.through_bedrock(clouds.titan, aws_session_token="a session/+="),
        client={**clouds.AWS, "aws_session_token": "a session/+="},
        cases=tuple(TEXTS[:1]),
    ),
    replace(TITAN, name="bedrock Titan v1", model="amazon.titan-embed-text-v1", cases=tuple(TEXTS),
            answer=cloud_replies.bedrock("titan v1")),
    replace(TITAN, name="bedrock, a bearer key", embed=clouds.through_bedrock_bearer, keyed=True, secure=True,
            client={"region_name": clouds.REGION}, cases=tuple(TEXTS[:2])),
    replace(
        TITAN,
        name="bedrock Cohere v3",
        model="cohere.embed-multilingual-v3",
        embed=clouds.through_bedrock(clouds.bedrock_cohere),
        answer=cloud_replies.bedrock("cohere v3"),
        cases=(*TEXTS, *ROLES[:2], *POLICIES, KINDS[0], Case("clustering", "Hello", input_type="clustering")),
    ),
    replace(
        TITAN,
        name="bedrock Cohere v4",
        model="eu.cohere.embed-v4:0",
        embed=clouds.through_bedrock(clouds.bedrock_cohere),
        answer=cloud_replies.bedrock("cohere v4"),
        cases=(*TEXTS, *WIDTHS, *ROLES, *KINDS, Case("own field", "Hello", extra={"max_tokens": 512})),
    ),
    replace(
        TITAN,
        name="bedrock Nova",
        model="amazon.nova-2-multimodal-embeddings-v1:0",
        embed=clouds.through_bedrock(clouds.nova),
        answer=cloud_replies.bedrock("nova"),
        cases=(*TEXTS, WIDTHS[0], *ROLES, *POLICIES, Case("its own word", "Hello", input_type="TEXT_RETRIEVAL")),
    ),
    replace(
        TITAN,
        name="sagemaker",
        provider="sagemaker",
    sdk="boto3",
        model="my-endpoint",
        embed=clouds.through_sagemaker,
        answer=cloud_replies.sagemaker,
        cases=(*TEXTS, Case("own field", "Hello", extra={"truncate": True})),
    ),
    Cloud(
        name="azure",
        provider="azure",
    sdk="azure-ai-inference",
        model="embed-v-4-0",
        embed=clouds.through_azure,
        answer=cloud_replies.azure,
        cases=(*TEXTS, *WIDTHS, *ROLES, *KINDS, Case("a field of the model", "Hello", extra={"truncate": "END"})),
        base="/models",
    ),
    Cloud(
        name="azure, Entra",
        provider="azure",
    sdk="azure-ai-inference",
        model="embed-v-4-0",
        embed=clouds.through_azure_entra,
        answer=cloud_replies.azure,
        cases=tuple(TEXTS),
        client={"credential": clouds.EntraCredential},
        base="/models",
        keyed=False,
        secure=True,
    ),
    Cloud(
        name="azureopenai, Entra",
        provider="azureopenai",
    sdk="openai",
        model="our-deployment",
        embed=clouds.through_azureopenai_entra,
        answer=replies.openai_shaped("azureopenai"),
        cases=tuple(TEXTS),
        client={"credential": clouds.EntraCredential, "api_version": "2024-10-21"},
        keyed=False,
        differences=(one_text_as_a_list,),
    ),
    Cloud(
        name="watsonx",
        provider="watsonx",
    sdk="ibm-watsonx-ai",
        model="ibm/granite-embedding-278m-multilingual",
        embed=clouds.through_watsonx,
        answer=cloud_replies.watsonx,
        cases=(*TEXTS, Case("own field", "Hello", extra={"parameters": {"truncate_input_tokens": 8}})),
        client={"project_id": "p-1", "auth_url": "{url}/identity/token"},
        differences=(no_login_of_a_program, a_day_of_the_api),
    ),
    Cloud(
        name="gigachat",
        provider="gigachat",
    sdk="gigachat",
        model="Embeddings",
        embed=clouds.through_gigachat,
        answer=cloud_replies.gigachat,
        cases=tuple(TEXTS),
        base="/v1",
        client={"auth_url": "{url}/oauth"},
    ),
)  # fmt: skip
