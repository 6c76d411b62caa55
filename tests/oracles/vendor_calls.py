"""How each of these vendors' SDKs is told to embed, and what it reads. Each is imported when it is first called."""

from __future__ import annotations

import base64
import json
import os
import struct
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oracles.calls import given, through_openai
from oracles.shape import KEY, Case, Oracle, Read

if TYPE_CHECKING:
    from collections.abc import Callable


def through_mixedbread(url: str, oracle: Oracle, case: Case) -> Read:
    """mixedbread.Mixedbread."""
    from mixedbread import Mixedbread

    with Mixedbread(api_key=KEY, base_url=url) as client:
        reply = client.embed(model=oracle.model, input=case.inputs, **given(dimensions=case.dimensions), **case.extra)
    return Read([item.embedding for item in reply.data], reply.usage.total_tokens)


def through_isaacus(url: str, oracle: Oracle, case: Case) -> Read:
    """isaacus.Isaacus. Its None for overflow_strategy is sent as null, and means: refuse."""
    from isaacus import Isaacus

    roles = {"document": "retrieval/document", "query": "retrieval/query"}
    policies = {"error": {"overflow_strategy": None}, "truncate": {"overflow_strategy": "drop_end"}}
    with Isaacus(api_key=KEY, base_url=url) as client:
        reply = client.embeddings.create(
            model=oracle.model,
            texts=case.texts,
            **given(task=roles.get(case.input_type or "", case.input_type), dimensions=case.dimensions),
            **policies.get(case.overflow or "", {}),
            **case.extra,
        )
    placed = sorted(reply.embeddings, key=lambda item: item.index)
    return Read([item.embedding for item in placed], reply.usage.input_tokens)


def through_perplexity(url: str, oracle: Oracle, case: Case) -> Read:
    """perplexity.Perplexity. It leaves the base64 to its caller: signed bytes, says the documentation."""
    from perplexity import Perplexity

    with Perplexity(api_key=KEY, base_url=url) as client:
        reply = client.embeddings.create(
            model=oracle.model, input=case.inputs, **given(dimensions=case.dimensions), **case.extra
        )
    packed = [base64.b64decode(item.embedding) for item in reply.data]
    return Read([list(map(float, struct.unpack(f"{len(one)}b", one))) for one in packed], reply.usage.total_tokens)


def through_nomic(url: str, oracle: Oracle, case: Case) -> Read:
    """nomic.embed. Its text() sends each of a few texts alone, so several go by the function below it."""
    from nomic import cli, dataset, embed

    roles = {None: "search_document", "document": "search_document", "query": "search_query"}
    options = {
        "task_type": roles.get(case.input_type, case.input_type),
        "dimensionality": case.dimensions,
        "long_text_mode": case.overflow or "truncate",
    }
    with tempfile.TemporaryDirectory() as folder:
        cli.nomic_base_path = Path(folder)
        (Path(folder) / "credentials").write_text(json.dumps({"token": KEY, "tenant": "production", "expires": None}))
        os.environ["ATLAS_API_PATH"] = url
        try:
            embed.atlas_class = dataset.AtlasClass()
        finally:
            del os.environ["ATLAS_API_PATH"]
    if len(case.texts) == 1:
        reply = embed.text(case.texts, model=oracle.model, **options)
    else:
        reply = embed.text_api_request(case.texts, oracle.model, **options)
    return Read(reply["embeddings"], reply["usage"]["total_tokens"])


def huggingface_options(case: Case) -> dict[str, Any]:
    """Write the call's options in the words of feature_extraction()."""
    truncate = {"error": False, "truncate": True}.get(case.overflow or "")
    return given(truncate=truncate, prompt_name=case.input_type, dimensions=case.dimensions, **case.extra)


def through_huggingface(url: str, oracle: Oracle, case: Case) -> Read:
    """huggingface_hub.InferenceClient through the router, whose address and whose hub are on this machine."""
    from huggingface_hub import InferenceClient, constants
    from huggingface_hub.inference._providers import get_provider_helper

    router = get_provider_helper("hf-inference", task="feature-extraction", model=oracle.model)
    before = router.base_url, constants.ENDPOINT
    router.base_url, constants.ENDPOINT = url, url.removesuffix(oracle.base)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # it doubts that bill_to helps a key that is not its own
            client = InferenceClient(provider="hf-inference", api_key=KEY, **oracle.client)
        with client:
            vectors = client.feature_extraction(case.inputs, model=oracle.model, **huggingface_options(case))
    finally:
        router.base_url, constants.ENDPOINT = before
    return Read(vectors.tolist(), None)


def through_huggingface_at(path: str) -> Callable[[str, Oracle, Case], Read]:
    """huggingface_hub.InferenceClient given an address in place of a model: TEI, and Inference Endpoints."""

    def through(url: str, oracle: Oracle, case: Case) -> Read:
        from huggingface_hub import InferenceClient

        with InferenceClient(api_key=KEY, **oracle.client) as client:
            vectors = client.feature_extraction(case.inputs, model=url + path, **huggingface_options(case))
        return Read(vectors.tolist(), None)

    return through


def through_lmstudio(url: str, oracle: Oracle, case: Case) -> Read:
    """openai.OpenAI, as LM Studio documents it. The zeros it reads are no count."""
    read = through_openai(url, oracle, case)
    assert read.tokens == 0
    return Read(read.vectors, None)
