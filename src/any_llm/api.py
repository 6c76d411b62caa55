"""embedding() and aembedding(): the functions users call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from any_llm.shared import client_for

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from any_llm.constants import LLMProvider
    from any_llm.types.completion import CreateEmbeddingResponse
    from any_llm.types.model import Model


def embedding(
    model: str,
    inputs: str | list[str],
    *,
    provider: str | LLMProvider | None = None,
    api_key: str | Callable[[], str] | Callable[[], Awaitable[str]] | None = None,
    api_base: str | None = None,
    client_args: dict[str, Any] | None = None,
    dimensions: int | None = None,
    dtype: Literal["float32", "int8", "uint8", "binary", "ubinary"] | None = None,
    input_type: Literal["query", "document", "classification", "clustering", "similarity"] | str | None = None,
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
    """Turn each input into a vector, with any provider.

    Args:
        model: the provider's name for the model; with `provider=` it is taken as it stands, else "provider:model".
        inputs: one text, or any number of them.
        provider: "openai", "cohere", "local", ...: AnyLLM.get_supported_providers() lists them.
        api_key: the key, or a callable that gives it anew for each request. Default: the provider's variable.
        api_base: what that provider's own SDK calls its base URL. Default: its variable, else its public address.
        client_args: the client's options: timeout, max_retries, max_concurrency, rpm and tpm (requests and tokens a
            minute), max_usd, cache, on_request and on_retry, default_headers, default_query, proxy, verify, cert,
            ssl_context, and those of that provider's own SDK.
        dimensions: width asked for. Where the host has no field for it, a model known to allow it is cut here.
        dtype: what a vector is made of, where the provider offers it: packed bits (binary, ubinary) stay packed.
        input_type: the texts' role, in these words or the provider's own.
        overflow: what to do with an input longer than the model reads. None: refuse it, wherever the provider can.
        normalize: True: unit length, done here if needed. None and False: as the model gives it.
        batch_size: at most so many inputs a request.
        on_error: what a bad input does: "raise" ends the call and names it; "collect" leaves its vector None, and
            `result.errors` says why.
        dedupe: send equal inputs once.
        timeout: seconds a read may take.
        deadline: seconds the whole call may take. Default: 60 (or `timeout`, if more) for a call of one request.
        extra_headers, extra_query, extra_body: added to each request of this call.
        **kwargs: fields of that provider's own API, by its own names, sent untouched.

    Returns:
        A response of OpenAI's shape: `data[i].embedding` belongs to `inputs[i]`; `to_numpy()` is (n, width), float32
        unless `dtype` asked for another kind.

    Raises:
        AnyLLMError: one of its kinds (any_llm.exceptions); never a wrong vector.
    """
    client, name = client_for(model, provider, api_key, api_base, client_args)
    return client.embedding(
        name, inputs, dimensions=dimensions, dtype=dtype, input_type=input_type, overflow=overflow,
        normalize=normalize, batch_size=batch_size, on_error=on_error, dedupe=dedupe, timeout=timeout,
        deadline=deadline, extra_headers=extra_headers, extra_query=extra_query, extra_body=extra_body, **kwargs,
    )  # fmt: skip


async def aembedding(
    model: str,
    inputs: str | list[str],
    *,
    provider: str | LLMProvider | None = None,
    api_key: str | Callable[[], str] | Callable[[], Awaitable[str]] | None = None,
    api_base: str | None = None,
    client_args: dict[str, Any] | None = None,
    dimensions: int | None = None,
    dtype: Literal["float32", "int8", "uint8", "binary", "ubinary"] | None = None,
    input_type: Literal["query", "document", "classification", "clustering", "similarity"] | str | None = None,
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
    """Turn each input into a vector, with any provider; the arguments, result and errors of embedding()."""
    client, name = client_for(model, provider, api_key, api_base, client_args)
    return await client.aembedding(
        name, inputs, dimensions=dimensions, dtype=dtype, input_type=input_type, overflow=overflow,
        normalize=normalize, batch_size=batch_size, on_error=on_error, dedupe=dedupe, timeout=timeout,
        deadline=deadline, extra_headers=extra_headers, extra_query=extra_query, extra_body=extra_body, **kwargs,
    )  # fmt: skip


def list_models(
    provider: str | LLMProvider,
    api_key: str | Callable[[], str] | Callable[[], Awaitable[str]] | None = None,
    api_base: str | None = None,
    client_args: dict[str, Any] | None = None,
    **kwargs: Any,
) -> Sequence[Model]:
    """Ask a provider which models it has.

    Args:
        provider, api_key, api_base, client_args: as in embedding().
        **kwargs: timeout, deadline, extra_headers and extra_query, as in embedding(), and parameters of that provider's
            own API, by its own names.

    Returns:
        What the provider lists, in its order: those that make embeddings where it can tell them apart, else all.
        `id` is the name that embedding() takes.

    Raises:
        ListModelsNotSupportedError: also a NotImplementedError; it has no such list.
        AnyLLMError: one of its kinds (any_llm.exceptions).
    """
    return client_for("list_models", provider, api_key, api_base, client_args)[0].list_models(**kwargs)


async def alist_models(
    provider: str | LLMProvider,
    api_key: str | Callable[[], str] | Callable[[], Awaitable[str]] | None = None,
    api_base: str | None = None,
    client_args: dict[str, Any] | None = None,
    **kwargs: Any,
) -> Sequence[Model]:
    """Ask a provider which models it has; the arguments, result and errors of list_models()."""
    return await client_for("list_models", provider, api_key, api_base, client_args)[0].alist_models(**kwargs)
