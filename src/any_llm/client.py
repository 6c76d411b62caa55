"""AnyLLM: one provider, one key, its connections. Use it in threads, in tasks, after a fork."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Literal, Self

from any_llm.checks import number
from any_llm.chunks import CHUNK, achunks, chunks, readable
from any_llm.configuration import configure
from any_llm.connections import Connections
from any_llm.directory import Directory
from any_llm.exceptions import EmbeddingsNotSupportedError
from any_llm.loading import load, loading
from any_llm.providers.table import compatible
from any_llm.registry import row_of, supported

if TYPE_CHECKING:
    from collections.abc import Mapping

    from any_llm.constants import LLMProvider
    from any_llm.flow.job import Job
    from any_llm.flow.pages import Pages
    from any_llm.flow.stream import Stream
    from any_llm.providers.row import Row
    from any_llm.types.chunk import Chunk
    from any_llm.types.completion import CreateEmbeddingResponse
    from any_llm.types.identity import EmbeddingIdentity
    from any_llm.types.learnt import Learnt
    from any_llm.types.model import Model


class AnyLLM(Directory):
    """A reusable client. `AnyLLM.create("openai")` makes one; `with` or `close()` ends it."""

    def __init__(self, api_key: Any = None, api_base: str | None = None, **client_args: Any) -> None:
        """Check the arguments; open nothing yet."""
        if not hasattr(type(self), "row"):
            raise TypeError("AnyLLM is made by AnyLLM.create(provider).")
        if not self.row.embedding:
            raise EmbeddingsNotSupportedError(self.row.name, self.row.reason, supported())
        with loading():  # to check an address loads what knows about addresses
            self._configuration = configure(self.row, api_key, api_base, client_args)
        self._connections = Connections(self._configuration)

    @classmethod
    def create(
        cls, provider: str | LLMProvider, api_key: Any = None, api_base: str | None = None, **client_args: Any
    ) -> AnyLLM:
        """Make a client.

        `client_args`: timeout (seconds a read), max_retries, max_concurrency, rpm and tpm (requests and tokens a
        minute), max_usd (for all its calls), cache (True, or a file), on_request and on_retry (told of each request),
        default_headers, default_query, proxy, verify, cert, ssl_context, and those of that provider's own SDK.
        """
        return cls.get_provider_class(provider)(api_key=api_key, api_base=api_base, **client_args)

    @classmethod
    def create_openai_compatible(cls, name: str, api_base: str, api_key: Any = None, **client_args: Any) -> AnyLLM:
        """Make a client for any address that answers POST {api_base}/embeddings as OpenAI does."""
        return _class_of(compatible(name))(api_key=api_key, api_base=api_base, **client_args)

    def embedding(
        self,
        model: str,
        inputs: str | list[str],
        *,
        dimensions: int | None = None,
        dtype: Literal["float32", "int8", "uint8", "binary", "ubinary"] | None = None,
        input_type: str | None = None,
        overflow: Literal["error", "truncate", "mean"] | None = None,
        normalize: bool | None = None,
        batch_size: int | None = None,
        on_error: Literal["raise", "collect"] = "raise",
        dedupe: bool = True,
        timeout: float | None = None,
        deadline: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> CreateEmbeddingResponse:
        """Embed each input; see any_llm.embedding for the options."""
        job = self._job(
            model, inputs, kwargs, dimensions=dimensions, dtype=dtype, input_type=input_type, overflow=overflow,
            normalize=normalize, batch_size=batch_size, on_error=on_error, dedupe=dedupe,
            extra_headers=extra_headers, extra_query=extra_query, extra_body=extra_body,
        )  # fmt: skip
        return self._told(job, self._connections.run(job, timeout=timeout, deadline=deadline))

    async def aembedding(
        self,
        model: str,
        inputs: str | list[str],
        *,
        dimensions: int | None = None,
        dtype: Literal["float32", "int8", "uint8", "binary", "ubinary"] | None = None,
        input_type: str | None = None,
        overflow: Literal["error", "truncate", "mean"] | None = None,
        normalize: bool | None = None,
        batch_size: int | None = None,
        on_error: Literal["raise", "collect"] = "raise",
        dedupe: bool = True,
        timeout: float | None = None,  # noqa: ASYNC109  # seconds a read, as in embedding()
        deadline: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> CreateEmbeddingResponse:
        """Embed each input; see any_llm.embedding for the options."""
        job = self._job(
            model, inputs, kwargs, dimensions=dimensions, dtype=dtype, input_type=input_type, overflow=overflow,
            normalize=normalize, batch_size=batch_size, on_error=on_error, dedupe=dedupe,
            extra_headers=extra_headers, extra_query=extra_query, extra_body=extra_body,
        )  # fmt: skip
        return self._told(job, await self._connections.arun(job, timeout=timeout, deadline=deadline))

    def embed_iter(
        self,
        inputs: Iterable[str],
        model: str,
        *,
        chunk_size: int = CHUNK,
        timeout: float | None = None,
        deadline: float | None = None,
        **options: Any,
    ) -> Iterator[Chunk]:
        """Embed a stream; see any_llm.embed_iter. `options` are those of embedding(), and `ordered`."""
        stream, size = self._stream(model, inputs, (Iterable,), chunk_size, options)
        return self._connections.stream(stream, chunks(inputs, size), timeout=timeout, deadline=deadline)

    def aembed_iter(
        self,
        inputs: Iterable[str] | AsyncIterable[str],
        model: str,
        *,
        chunk_size: int = CHUNK,
        timeout: float | None = None,
        deadline: float | None = None,
        **options: Any,
    ) -> AsyncIterator[Chunk]:
        """Embed a stream; see any_llm.aembed_iter. `options` are those of embedding(), and `ordered`."""
        stream, size = self._stream(model, inputs, (Iterable, AsyncIterable), chunk_size, options)
        return self._connections.astream(stream, achunks(inputs, size), timeout=timeout, deadline=deadline)

    def _stream(
        self, model: str, inputs: object, kinds: tuple[type, ...], size: Any, options: dict[str, Any]
    ) -> tuple[Stream, int]:
        readable(inputs, *kinds)
        stream: Stream = load("any_llm.arguments").stream(self._configuration, model, options)
        return stream, number("chunk_size", size, least=1, default=CHUNK) or CHUNK

    def list_models(
        self,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> list[Model]:
        """Ask the provider which models it has; see any_llm.list_models."""
        job = self._listing(kwargs, extra_headers=extra_headers, extra_query=extra_query)
        return self._connections.run(job, timeout=timeout, deadline=deadline)

    async def alist_models(
        self,
        *,
        timeout: float | None = None,  # noqa: ASYNC109  # seconds a read, as in embedding()
        deadline: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> list[Model]:
        """Ask the provider which models it has; see any_llm.list_models."""
        job = self._listing(kwargs, extra_headers=extra_headers, extra_query=extra_query)
        return await self._connections.arun(job, timeout=timeout, deadline=deadline)

    def _job(self, model: str, inputs: object, kwargs: dict[str, Any], **options: Any) -> Job:
        job: Job = load("any_llm.arguments").job(self._configuration, model, inputs, options, kwargs)
        return job

    def _told(self, job: Job, made: CreateEmbeddingResponse) -> CreateEmbeddingResponse:
        load("any_llm.doubts").warn_of(job, made)  # of what is no error, and only the replies could tell
        return made

    def _listing(self, kwargs: dict[str, Any], **options: Any) -> Pages:
        pages: Pages = load("any_llm.listing").listing(self._configuration, kwargs, **options)
        return pages

    def identity(self, model: str, **options: Any) -> EmbeddingIdentity:
        """What vectors a call with these options would have; nothing is sent. A folder's model is loaded for it."""
        known: EmbeddingIdentity = load("any_llm.arguments").identity(self._configuration, model, options)
        return known

    @property
    def spent_usd(self) -> float | None:
        """USD that all its calls have cost, at list prices; at most, where nobody counted. None: a price is unknown."""
        usd: float | None = load("any_llm.price").spent(self._configuration)
        return usd

    @property
    def learnt(self) -> dict[str, Learnt]:
        """What this process has learnt of each model at this address with this key: limits, encoding, tokens."""
        return dict(load("any_llm.seeing.learnt").learnt(self._configuration.base, self._configuration.identity))

    def close(self) -> None:
        """Close the connections of embedding(). A later call opens new ones."""
        self._connections.close()

    async def aclose(self) -> None:
        """Close the connections of embedding(), and those of aembedding() in this loop."""
        await self._connections.aclose()

    def __enter__(self) -> Self:
        """Use as a context."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    async def __aenter__(self) -> Self:
        """Use as an async context."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close."""
        await self.aclose()

    def __repr__(self) -> str:
        """Name the provider; never the key, nor an address that may hold a login."""
        return f"AnyLLM({self.row.name!r})"

    @classmethod
    def get_provider_class(cls, provider: str | LLMProvider) -> type[AnyLLM]:
        """Resolve the class whose instances speak to that provider. Raises UnsupportedProviderError."""
        row = row_of(provider)
        known = _classes.get(row.name)
        if known is None or known.row is not row:
            known = _classes[row.name] = _class_of(row)
        return known


_classes: dict[str, type[AnyLLM]] = {}


def _class_of(row: Row) -> type[AnyLLM]:
    return type(f"{row.name.capitalize()}Provider", (AnyLLM,), {"row": row})
