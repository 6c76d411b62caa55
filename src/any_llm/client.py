"""AnyLLM: one provider, one key, its connections. Use it in threads, in tasks, after a fork."""

from __future__ import annotations

import importlib
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from any_llm.checks import seconds
from any_llm.configuration import configure
from any_llm.constants import LLMProvider, split_model_provider
from any_llm.exceptions import EmbeddingsNotSupportedError
from any_llm.providers.table import ROWS, compatible, supported

if TYPE_CHECKING:
    from collections.abc import Mapping

    from any_llm.flow.job import Job
    from any_llm.models import ModelInfo
    from any_llm.providers.row import Row
    from any_llm.transport.asynchronous import AsyncTransport
    from any_llm.transport.blocking import BlockingTransport
    from any_llm.types.completion import CreateEmbeddingResponse
    from any_llm.types.provider import ProviderMetadata


class AnyLLM:
    """A reusable client. `AnyLLM.create("openai")` makes one; `with` or `close()` ends it."""

    row: ClassVar[Row]

    def __init__(self, api_key: Any = None, api_base: str | None = None, **client_args: Any) -> None:
        """Check the arguments; open nothing yet."""
        if not hasattr(type(self), "row"):
            raise TypeError("AnyLLM is made by AnyLLM.create(provider).")
        if not self.row.embedding:
            raise EmbeddingsNotSupportedError(self.row.name, self.row.reason, supported())
        self._configuration = configure(self.row, api_key, api_base, client_args)
        self._blocking: BlockingTransport | None = None
        self._asynchronous: AsyncTransport | None = None

    @classmethod
    def create(
        cls, provider: str | LLMProvider, api_key: Any = None, api_base: str | None = None, **client_args: Any
    ) -> AnyLLM:
        """Make a client.

        `client_args`: timeout (seconds a read), max_retries, max_concurrency, default_headers, default_query, proxy,
        verify, cert, ssl_context, and those of that provider's own SDK.
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
            normalize=normalize, batch_size=batch_size, extra_headers=extra_headers, extra_query=extra_query,
            extra_body=extra_body,
        )  # fmt: skip
        if self._blocking is None:
            from any_llm.transport.blocking import BlockingTransport  # noqa: PLC0415  # urllib3, for sync calls only

            self._blocking = BlockingTransport(self._network(), self._configuration.max_concurrency)
        return self._blocking.run(job, timeout=seconds("timeout", timeout), deadline=seconds("deadline", deadline))

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
            normalize=normalize, batch_size=batch_size, extra_headers=extra_headers, extra_query=extra_query,
            extra_body=extra_body,
        )  # fmt: skip
        if self._asynchronous is None:
            import asyncio  # noqa: PLC0415

            # aiohttp, for async calls only; imported off the loop, which it would hold for a tenth of a second.
            module = await asyncio.to_thread(importlib.import_module, "any_llm.transport.asynchronous")
            self._asynchronous = self._asynchronous or module.AsyncTransport(
                self._network(), self._configuration.max_concurrency
            )
        return await self._asynchronous.run(
            job, timeout=seconds("timeout", timeout), deadline=seconds("deadline", deadline)
        )

    def _job(self, model: str, inputs: object, kwargs: dict[str, Any], **options: Any) -> Job:
        from any_llm.arguments import job  # noqa: PLC0415  # msgspec and the flow, for calls only

        return job(self._configuration, model, inputs, kwargs, **options)

    def _network(self) -> Any:
        from any_llm.transport.network import Network  # noqa: PLC0415  # ssl, for calls only

        return Network(**self._configuration.network, connections=self._configuration.max_concurrency)

    def close(self) -> None:
        """Close the connections of embedding(). A later call opens new ones."""
        if self._blocking is not None:
            self._blocking.close()

    async def aclose(self) -> None:
        """Close the connections of embedding(), and those of aembedding() in this loop."""
        self.close()
        if self._asynchronous is not None:
            await self._asynchronous.close()

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
        return _provider_class(LLMProvider.from_string(provider))

    @classmethod
    def get_supported_providers(cls) -> list[str]:
        """Names of the providers that make embeddings."""
        return supported()

    @classmethod
    def get_provider_metadata(cls, provider: str | LLMProvider | None = None) -> ProviderMetadata:
        """Facts of a provider, or of this class's own."""
        from any_llm.metadata import metadata  # noqa: PLC0415

        if provider is None and not hasattr(cls, "row"):
            raise TypeError("get_provider_metadata needs the name of a provider.")
        return metadata(cls.row if provider is None else ROWS[LLMProvider.from_string(provider)])

    @classmethod
    def get_all_provider_metadata(cls) -> list[ProviderMetadata]:
        """Facts of every provider, those without embeddings too."""
        return [cls.get_provider_metadata(name) for name in ROWS]

    @classmethod
    def get_model_info(cls, model: str, provider: str | LLMProvider | None = None) -> ModelInfo | None:
        """Facts of "provider:model": widths, tokens, price, with sources. None: nothing is known of it."""
        from any_llm.models import model_info  # noqa: PLC0415  # reads the table of models

        if provider is None:
            provider, model = split_model_provider(model)
        return model_info(LLMProvider.from_string(provider), model)

    @classmethod
    def split_model_provider(cls, model: str) -> tuple[LLMProvider, str]:
        """Split "provider:model". Raises InvalidModelError (also ValueError) when there is nothing to split."""
        return split_model_provider(model)


@cache
def _provider_class(name: str) -> type[AnyLLM]:
    return _class_of(ROWS[name])


def _class_of(row: Row) -> type[AnyLLM]:
    return type(f"{row.name.capitalize()}Provider", (AnyLLM,), {"row": row})
