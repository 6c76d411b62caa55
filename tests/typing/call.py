"""What a type checker sees of a call, a client and its registry. Read by mypy --strict, never run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, assert_type

import any_llm
from any_llm import (
    AnyLLM,
    AnyLLMError,
    Chunk,
    CreateEmbeddingResponse,
    Embedding,
    Learnt,
    Limits,
    LLMProvider,
    Names,
    RateLimitError,
    RequestEvent,
    Row,
    aembed_iter,
    aembedding,
    alist_models,
    embed_iter,
    embedding,
    list_models,
    register_provider,
)
from any_llm.types.model import Model
from any_llm.types.provider import ProviderMetadata

if TYPE_CHECKING:
    import ssl

    from any_llm.wire import Batch, Call, Part, Refusal, Reply, Send


def key() -> str:
    """Give a key."""
    return "k"


async def later() -> str:
    """Give a key, later."""
    return "k"


def told(event: RequestEvent) -> None:
    """Hear of a request."""
    assert_type(event.wait, float | None)
    assert_type(event.inputs, int)


def calls(texts: list[str], context: ssl.SSLContext) -> None:
    """Every argument of the interface, as its documentation shows it."""
    assert_type(embedding("openai:m", "text"), CreateEmbeddingResponse)
    assert_type(embedding(model="m", inputs=texts, provider="openai"), CreateEmbeddingResponse)
    assert_type(any_llm.embedding("m", texts, provider=LLMProvider.OPENAI), CreateEmbeddingResponse)
    assert_type(embedding("fake:m", texts).data[0], Embedding)
    assert_type(embedding("fake:m", texts).data[0].embedding, list[float])
    embedding("m", texts, api_key=key, api_base="https://a.example", client_args={"ssl_context": context})
    embedding("m", texts, api_key=later)
    embedding("m", texts, dimensions=8, input_type="query", overflow="mean", normalize=True, batch_size=8)
    embedding("m", texts, input_type="RETRIEVAL_QUERY", timeout=5, deadline=60.5)
    embedding("m", texts, extra_headers={"a": "b"}, extra_query={"a": 1}, extra_body={"a": [1]})
    embedding("m", texts, truncate="END", encoding_format="base64")
    embedding("m", texts, provider=None, dimensions=None, input_type=None, overflow=None, normalize=None, timeout=None)


async def streams(texts: Iterator[str], later: AsyncIterator[str]) -> None:
    """Iterables in, chunks out."""
    assert_type(embed_iter(texts, "openai:m"), Iterator[Chunk])
    assert_type(aembed_iter(later, "m", provider="openai", chunk_size=8), AsyncIterator[Chunk])
    for chunk in embed_iter(["a"], "fake:m", on_error="collect", dedupe=False, truncate="END"):
        assert_type(chunk.start, int)
        assert_type(chunk.inputs, Sequence[str])
        assert_type(chunk.result, CreateEmbeddingResponse)
        assert_type(chunk.result.errors, Mapping[int, AnyLLMError])
        assert_type(chunk.result.requests.sent, int)
        chunk.result.to_numpy(missing="nan")
    assert_type(AnyLLM.create("openai").embed_iter(texts, "m", dimensions=8), Iterator[Chunk])
    async for _ in AnyLLM.create("openai", limits={"items": 8}).aembed_iter(later, "m"):
        pass


async def clients() -> None:
    """The async twin, the client and the registry."""
    assert_type(await aembedding("openai:m", "text", dimensions=8), CreateEmbeddingResponse)
    with AnyLLM.create("openai", api_key="k", timeout=5) as client:
        assert_type(client, AnyLLM)
        assert_type(client.embedding("m", ["a"], batch_size=8), CreateEmbeddingResponse)
    async with AnyLLM.create_openai_compatible("mine", "https://a.example", "k") as client:
        assert_type(await client.aembedding("m", "a"), CreateEmbeddingResponse)
        await client.aclose()
    assert_type(AnyLLM.get_supported_providers(), list[str])
    assert_type(AnyLLM.get_provider_metadata("openai"), ProviderMetadata)
    assert_type(AnyLLM.get_all_provider_metadata(), list[ProviderMetadata])
    assert_type(AnyLLM.get_provider_class("openai"), type[AnyLLM])
    assert_type(AnyLLM.split_model_provider("openai:m"), tuple[LLMProvider, str])
    assert_type(LLMProvider.from_string("openai"), LLMProvider)
    assert_type(AnyLLM.create("openai").list_models(limit=5), list[Model])
    assert_type(await AnyLLM.create("openai").alist_models(deadline=5), list[Model])
    assert_type(list_models("openai", "k", "https://a.example", {"timeout": 5}, after="m"), Sequence[Model])
    assert_type(await alist_models(LLMProvider.OPENAI), Sequence[Model])
    assert_type(list_models("local")[0].id, str)
    client = AnyLLM.create("openai", max_usd=5.0, on_request=print, on_retry=told)
    assert_type(client.spent_usd, float | None)
    assert_type(client.learnt, dict[str, Learnt])
    assert_type(client.learnt["m"].named.items, int | None)


class Own:
    """A shape of one's own."""

    def encode(self, call: Call, batch: Batch) -> Send:
        """Write."""
        raise NotImplementedError

    def decode(self, call: Call, reply: Reply) -> Part:
        """Read."""
        raise NotImplementedError

    def explain(self, reply: Reply) -> Refusal:
        """Explain."""
        raise NotImplementedError


def providers() -> None:
    """A provider of one's own."""
    row = Row(
        name="ours", title="Ours", kind="server", source="our wiki", read="2026-11-22", key_required=False,
        limits=Limits(items=8), names=Names(dimensions="width"), adapter=Own(),
    )  # fmt: skip
    assert_type(register_provider(row), LLMProvider)


def failures(error: AnyLLMError, limit: RateLimitError) -> None:
    """What an error carries."""
    assert_type(error.status_code, int | None)
    assert_type(error.provider_name, str | None)
    assert_type(error.original_exception, Exception | None)
    assert_type(error.index, int | None)
    assert_type(limit.retry_after, str | None)


def mistakes() -> None:
    """Each of these is an error: an ignore that is not needed is one too."""
    embedding("m", 3)  # type: ignore[arg-type]
    embedding("m", [1, 2])  # type: ignore[list-item]
    embedding("m")  # type: ignore[call-arg]
    embedding("m", "text", "openai")  # type: ignore[call-arg]
    embedding("m", "text", dimensions="8")  # type: ignore[arg-type]
    embedding("m", "text", overflow="cut")  # type: ignore[arg-type]
    embedding("m", "text", api_key=3)  # type: ignore[arg-type]
    embedding("m", "text", client_args=["timeout"])  # type: ignore[arg-type]
    embedding("m", "text").embeddings  # type: ignore[attr-defined]  # noqa: B018
    AnyLLM.create("openai").embed("m", "text")  # type: ignore[attr-defined]
    Row(name="ours", title="Ours", kind="servers", source="", read="")  # type: ignore[arg-type]
    register_provider("ours")  # type: ignore[arg-type]
    LLMProvider.OPNEAI  # type: ignore[attr-defined]  # noqa: B018
